import { crc32, deflateSync } from "node:zlib";

const WIDTH = 96;
const HEIGHT = 64;
const BLOCK = 8;

/** A PNG of random blocks that the scripted engine gives so many stars; another seed is another picture. */
export function picture(stars: number, seed = 0, padding_bytes = 0): Buffer<ArrayBuffer> {
  const header = Buffer.from([0, 0, 0, WIDTH, 0, 0, 0, HEIGHT, 8, 2, 0, 0, 0]);
  return Buffer.concat([
    Buffer.from("89504e470d0a1a0a", "hex"),
    chunk("IHDR", header),
    chunk("tEXt", Buffer.from(`stars\0${stars}`, "latin1")),
    ...(padding_bytes > 0 ? [chunk("paDd", Buffer.alloc(padding_bytes, seed))] : []),
    chunk("IDAT", deflateSync(pixels(seed))),
    chunk("IEND", Buffer.alloc(0)),
  ]);
}

function pixels(seed: number): Buffer {
  const random = randoms(seed);
  const blocks = Array.from({ length: (WIDTH * HEIGHT * 3) / BLOCK ** 2 }, () => Math.floor(random() * 256));
  const rows: number[] = [];
  for (let y = 0; y < HEIGHT; y += 1) {
    rows.push(0);
    for (let x = 0; x < WIDTH; x += 1) {
      const at = 3 * (Math.floor(y / BLOCK) * (WIDTH / BLOCK) + Math.floor(x / BLOCK));
      rows.push(...blocks.slice(at, at + 3));
    }
  }
  return Buffer.from(rows);
}

function chunk(name: string, data: Buffer): Buffer {
  const named = Buffer.concat([Buffer.from(name, "latin1"), data]);
  const frame = Buffer.alloc(8);
  frame.writeUInt32BE(data.length, 0);
  frame.writeUInt32BE(crc32(named), 4);
  return Buffer.concat([frame.subarray(0, 4), named, frame.subarray(4)]);
}

/** Mulberry32. */
function randoms(seed: number): () => number {
  let state = (seed + 1) * 0x9e3779b9;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
