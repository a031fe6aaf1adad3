import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { startRecording, type Recorder } from "../src/capture/record/recorder";
import { endOf } from "../src/capture/use-recording";

/** As browsers have it: inactive at once when it is stopped, and the last piece comes a moment later. */
class FakeMediaRecorder {
  state = "inactive";
  ondataavailable: (event: { data: Blob }) => void = () => undefined;
  onstop: () => void = () => undefined;

  constructor() {
    recorders.push(this);
  }

  start() {
    this.state = "recording";
  }

  stop() {
    if (this.state === "inactive") throw new DOMException("it is inactive", "InvalidStateError");
    this.breakOff();
  }

  breakOff() {
    this.state = "inactive";
    setTimeout(() => {
      this.ondataavailable({ data: new Blob(["last"]) });
      this.onstop();
    }, 100);
  }
}

/** Its audio thread answers a flush with what it has. */
class FakeWorklet {
  port = { onmessage: (_: unknown) => undefined as void, postMessage: () => this.say(true) };

  constructor() {
    worklets.push(this);
  }

  say(isLast: boolean) {
    this.port.onmessage({ data: { samples: new Float32Array(4_000), isLast } });
  }
}

let recorders: FakeMediaRecorder[];
let worklets: FakeWorklet[];
const onEnd = vi.fn();

beforeEach(() => {
  recorders = [];
  worklets = [];
  onEnd.mockReset();
  vi.useFakeTimers();
  vi.stubGlobal("MediaRecorder", FakeMediaRecorder);
  vi.stubGlobal("AudioWorkletNode", FakeWorklet);
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

function record(mimeType: string | null, track = new EventTarget()): Promise<Recorder> {
  const source = {
    connect: () => undefined,
    disconnect: vi.fn().mockReturnValueOnce(undefined).mockImplementation(fail),
  };
  const context = {
    sampleRate: 8_000,
    audioWorklet: { addModule: () => Promise.resolve() },
    createMediaStreamSource: () => source,
  };
  const stream = { getTracks: () => [track] };
  const recording = { format: "m4a", mimeType };
  return startRecording(stream as unknown as MediaStream, recording, context as unknown as AudioContext, onEnd);
}

function fail() {
  throw new DOMException("it is not connected", "InvalidAccessError");
}

async function ended(): Promise<[string, number]> {
  expect(onEnd).toHaveBeenCalledOnce();
  const [content, seconds] = onEnd.mock.calls[0] as [Blob, number];
  return [await content.text(), seconds];
}

test("a recording ends once, with all its pieces, however often it is stopped", async () => {
  const recorder = await record("audio/mp4;codecs=opus");
  recorders[0]!.ondataavailable({ data: new Blob(["first, "]) });
  vi.advanceTimersByTime(3_000);
  recorder.stop();
  recorder.stop();
  vi.advanceTimersByTime(1_000);
  recorder.stop();
  expect(await ended()).toEqual(["first, last", 3]);
});

test("a recording that ends by itself is what there was until then", async () => {
  await record("video/mp4");
  recorders[0]!.ondataavailable({ data: new Blob(["first, "]) });
  vi.advanceTimersByTime(1_900);
  recorders[0]!.breakOff();
  vi.advanceTimersByTime(100);
  expect(await ended()).toEqual(["first, last", 2]);
});

test("samples end with their track, and are as long as they are many", async () => {
  const track = new EventTarget();
  const recorder = await record(null, track);
  worklets[0]!.say(false);
  worklets[0]!.say(false);
  track.dispatchEvent(new Event("ended"));
  recorder.stop();
  expect((await ended())[1]).toBe(1.5);
});

test.each([
  [60, 59.5],
  [10, 9.5],
  [1, 0.5],
  [0.6, 0.3],
])("a recording of at most %d s ends after %d s", (longest, end) => {
  expect(endOf(longest)).toBe(end);
});
