import { describe, expect, it } from "vitest";
import { nearestFrame, wordAt, wordsOf } from "../src/console/file/annotations";
import { resampled } from "../src/console/file/peaks";

const word = (text: string, start_seconds: number, end_seconds: number) => ({
  word: text,
  start_seconds,
  end_seconds,
  confidence: 1,
});

describe("a transcript", () => {
  const words = [word("all", 0, 0.5), word("been", 0.5, 1), word("used", 2, 3)];

  it.each([
    [0, 0],
    [0.5, 1],
    [1.5, -1],
    [2.9, 2],
    [3, -1],
    [-1, -1],
  ])("at %f s is at word %i", (seconds, index) => expect(wordAt(words, seconds)).toBe(index));

  it("takes a segment without words as one", () => {
    const segment = { start_seconds: 0, end_seconds: 2, text: "all been", words: [] };
    expect(wordsOf([segment, { ...segment, words }]).map((one) => one.word)).toEqual([
      "all been",
      "all",
      "been",
      "used",
    ]);
  });
});

describe("frames and waveforms", () => {
  it("finds the nearest frame", () => {
    expect(nearestFrame([0, 1, 2], 1.4)).toBe(1);
    expect(nearestFrame([], 1)).toBe(-1);
  });

  it("keeps the loudest of each part", () => {
    expect(resampled([1, 9, 2, 3], 2)).toEqual([9, 3]);
    expect(resampled([5], 3)).toEqual([5, 5, 5]);
    expect(resampled([], 3)).toEqual([]);
  });
});
