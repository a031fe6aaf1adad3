import { expect, test } from "vitest";
import { toInt16, wavOf } from "../src/capture/record/wav";

test("samples become 16 bits, and what is beyond full scale clips", () => {
  expect([...toInt16(Float32Array.from([0, 0.5, -0.5, 1, -1, 3, -3]))]).toEqual([
    0, 16384, -16383, 32767, -32767, 32767, -32767,
  ]);
});

test("a WAV file says what is in it", async () => {
  const blob = wavOf([Int16Array.from([1, 2]), Int16Array.from([3])], 48_000);
  expect(blob.type).toBe("audio/wav");
  const bytes = await blob.arrayBuffer();
  const view = new DataView(bytes);
  const text = (at: number) => String.fromCharCode(...new Uint8Array(bytes, at, 4));
  expect([text(0), text(8), text(12), text(36)]).toEqual(["RIFF", "WAVE", "fmt ", "data"]);
  expect(bytes.byteLength).toBe(44 + 6);
  expect(view.getUint32(4, true)).toBe(bytes.byteLength - 8);
  expect([view.getUint16(20, true), view.getUint16(22, true), view.getUint16(34, true)]).toEqual([1, 1, 16]);
  expect([view.getUint32(24, true), view.getUint32(28, true), view.getUint32(40, true)]).toEqual([48_000, 96_000, 6]);
  expect([44, 46, 48].map((at) => view.getInt16(at, true))).toEqual([1, 2, 3]);
});
