// Recording a stream into one file: by the browser's MediaRecorder, or sample by sample into a WAV.
import type { Recording } from "./formats";
import { toInt16, wavOf } from "./wav";

export interface Recorder {
  /** The whole recording. */
  stop: () => Promise<Blob>;
}

interface Piece {
  samples: Float32Array;
  isLast: boolean;
}

const PIECE_MS = 1_000;
const AUDIO_BITS = 128_000;
const VIDEO_BITS = 4_000_000;
const WORKLET = "/capture/pcm.js";

/** Begin. `onFault` is called when the recording breaks off by itself. */
export async function startRecording(
  stream: MediaStream,
  { mimeType }: Recording,
  context: AudioContext | null,
  onFault: () => void,
): Promise<Recorder> {
  if (mimeType !== null) return recordMedia(stream, mimeType, onFault);
  if (!context) throw new Error("samples come from an audio context");
  return recordSamples(stream, context);
}

function recordMedia(stream: MediaStream, mimeType: string, onFault: () => void): Recorder {
  const pieces: Blob[] = [];
  const recorder = new MediaRecorder(stream, {
    mimeType,
    audioBitsPerSecond: AUDIO_BITS,
    videoBitsPerSecond: VIDEO_BITS,
  });
  recorder.ondataavailable = ({ data }) => data.size && pieces.push(data);
  recorder.onerror = onFault;
  recorder.start(PIECE_MS);
  const stop = () =>
    new Promise<Blob>((resolve) => {
      const finish = () => resolve(new Blob(pieces, { type: mimeType.split(";")[0] ?? mimeType }));
      recorder.onstop = finish;
      if (recorder.state === "inactive") finish();
      else recorder.stop();
    });
  return { stop };
}

async function recordSamples(stream: MediaStream, context: AudioContext): Promise<Recorder> {
  await context.audioWorklet.addModule(WORKLET);
  const blocks: Int16Array[] = [];
  const source = context.createMediaStreamSource(stream);
  const tap = new AudioWorkletNode(context, "pcm", { numberOfOutputs: 0 });
  const whole = new Promise<Blob>((resolve) => {
    tap.port.onmessage = ({ data: { samples, isLast } }: MessageEvent<Piece>) => {
      blocks.push(toInt16(samples));
      if (isLast) resolve(wavOf(blocks, context.sampleRate));
    };
  });
  source.connect(tap);
  return {
    stop: () => {
      source.disconnect(tap);
      tap.port.postMessage("flush");
      return whole;
    },
  };
}
