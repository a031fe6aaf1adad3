// Recording a stream into one file: by the browser's MediaRecorder, or sample by sample into a WAV.
import type { Recording } from "./formats";
import { toInt16, wavOf } from "./wav";

export interface Recorder {
  /** Asked again, it does nothing. */
  stop: () => void;
}

/** The whole recording. Called once: after `stop`, or when it ends by itself, as when the microphone is pulled out. */
type OnEnd = (content: Blob, seconds: number) => void;

interface Piece {
  samples: Float32Array;
  isLast: boolean;
}

const PIECE_MS = 1_000;
const AUDIO_BITS = 128_000;
const VIDEO_BITS = 4_000_000;
const WORKLET = "/capture/pcm.js";

/** Begin. */
export async function startRecording(
  stream: MediaStream,
  { mimeType }: Recording,
  context: AudioContext | null,
  onEnd: OnEnd,
): Promise<Recorder> {
  if (mimeType !== null) return recordMedia(stream, mimeType, onEnd);
  if (!context) throw new Error("samples come from an audio context");
  return recordSamples(stream, context, onEnd);
}

function recordMedia(stream: MediaStream, mimeType: string, onEnd: OnEnd): Recorder {
  const pieces: Blob[] = [];
  const recorder = new MediaRecorder(stream, {
    mimeType,
    audioBitsPerSecond: AUDIO_BITS,
    videoBitsPerSecond: VIDEO_BITS,
  });
  let stoppedAt: number | null = null;
  recorder.ondataavailable = ({ data }) => pieces.push(data);
  // An error is followed by what was recorded until then, and by this.
  recorder.onstop = () => {
    const seconds = ((stoppedAt ?? performance.now()) - startedAt) / 1000;
    onEnd(new Blob(pieces, { type: mimeType.split(";")[0] ?? mimeType }), seconds);
  };
  recorder.start(PIECE_MS);
  const startedAt = performance.now();
  const stop = () => {
    if (recorder.state === "inactive") return;
    stoppedAt = performance.now();
    recorder.stop();
  };
  return { stop };
}

async function recordSamples(stream: MediaStream, context: AudioContext, onEnd: OnEnd): Promise<Recorder> {
  await context.audioWorklet.addModule(WORKLET);
  const blocks: Int16Array[] = [];
  const source = context.createMediaStreamSource(stream);
  const tap = new AudioWorkletNode(context, "pcm", { numberOfOutputs: 0 });
  let isEnding = false;
  const stop = () => {
    if (isEnding) return;
    isEnding = true;
    source.disconnect(tap);
    tap.port.postMessage("flush");
  };
  tap.port.onmessage = ({ data: { samples, isLast } }: MessageEvent<Piece>) => {
    blocks.push(toInt16(samples));
    if (!isLast) return;
    const count = blocks.reduce((sum, block) => sum + block.length, 0);
    onEnd(wavOf(blocks, context.sampleRate), count / context.sampleRate);
  };
  // The samples of a track that has ended go on as silence.
  for (const track of stream.getTracks()) track.addEventListener("ended", stop);
  source.connect(tap);
  return { stop };
}
