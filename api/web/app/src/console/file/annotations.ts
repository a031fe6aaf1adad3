// The annotations of a file, as API.md has them. A file of another engine may lack any of them.

/** `[x_min, y_min, x_max, y_max]` in pixels of the picture. */
export type Box = [number, number, number, number];

export interface Label {
  label: string;
  confidence: number;
  box?: Box | null;
}

export interface ReadWord {
  text: string;
  confidence: number;
  box: Box;
}

export interface HeardWord {
  word: string;
  start_seconds: number;
  end_seconds: number;
  confidence: number | null;
}

export interface Segment {
  start_seconds: number;
  end_seconds: number;
  text: string;
  words: HeardWord[];
}

export interface Scene {
  start_seconds: number;
  end_seconds: number;
  labels: string[];
}

export interface Keyframe {
  at_seconds: number;
  object_labels: Label[];
  ocr_text: string | null;
}

export interface Annotations {
  object_labels?: Label[];
  ocr_text?: string | null;
  ocr_words?: ReadWord[];
  scene_classification?: string | null;
  color_palette?: string[];
  face_count?: number | null;
  transcript?: string | null;
  segments?: Segment[];
  language?: string | null;
  scenes?: Scene[];
  keyframes?: Keyframe[];
  models?: unknown;
}

/** The word that is heard at a time, by its index among all; -1 between words. */
export function wordAt(words: HeardWord[], seconds: number): number {
  let low = 0;
  let high = words.length - 1;
  while (low <= high) {
    const middle = (low + high) >> 1;
    const word = words[middle]!;
    if (seconds < word.start_seconds) high = middle - 1;
    else if (seconds >= word.end_seconds) low = middle + 1;
    else return middle;
  }
  return -1;
}

/** Segments without words (of a recognizer that has none) are one word each. */
export function wordsOf(segments: Segment[]): HeardWord[] {
  return segments.flatMap((segment) =>
    segment.words.length
      ? segment.words
      : [
          {
            word: segment.text,
            start_seconds: segment.start_seconds,
            end_seconds: segment.end_seconds,
            confidence: null,
          },
        ],
  );
}

/** The index of the frame nearest to a time. */
export function nearestFrame(frames: number[], seconds: number): number {
  let best = -1;
  frames.forEach((at, index) => {
    if (best < 0 || Math.abs(at - seconds) < Math.abs(frames[best]! - seconds)) best = index;
  });
  return best;
}
