// A WAV file out of samples: 16 bits, one channel.

const HEADER_BYTES = 44;
const BYTES_PER_SAMPLE = 2;

/** @param rateHz - samples in a second */
export function wavOf(blocks: readonly Int16Array[], rateHz: number): Blob {
  const dataBytes = blocks.reduce((sum, block) => sum + block.byteLength, 0);
  return new Blob([header(dataBytes, rateHz), ...(blocks as Int16Array<ArrayBuffer>[])], { type: "audio/wav" });
}

/** Full scale is ±1; what is beyond clips. */
export function toInt16(samples: Float32Array): Int16Array {
  return Int16Array.from(samples, (value) => Math.round(Math.max(-1, Math.min(1, value)) * 32767));
}

function header(dataBytes: number, rateHz: number): ArrayBuffer {
  const view = new DataView(new ArrayBuffer(HEADER_BYTES));
  const text = (at: number, name: string) =>
    [...name].forEach((letter, n) => view.setUint8(at + n, letter.charCodeAt(0)));
  text(0, "RIFF");
  view.setUint32(4, HEADER_BYTES - 8 + dataBytes, true);
  text(8, "WAVEfmt ");
  view.setUint32(16, 16, true);
  view.setUint16(20, 1, true); // PCM
  view.setUint16(22, 1, true); // one channel
  view.setUint32(24, rateHz, true);
  view.setUint32(28, rateHz * BYTES_PER_SAMPLE, true);
  view.setUint16(32, BYTES_PER_SAMPLE, true);
  view.setUint16(34, 8 * BYTES_PER_SAMPLE, true);
  text(36, "data");
  view.setUint32(40, dataBytes, true);
  return view.buffer;
}
