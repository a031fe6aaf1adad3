import { useMemo } from "preact/hooks";
import { formatDuration } from "../../shared/format";
import { strings } from "../../strings";
import { wordAt, wordsOf, type Segment } from "./annotations";

const TEXT = strings.console.file;

/** What was said, word by word; the one that is heard is lit, and a click goes to it. */
export function Transcript({
  segments,
  atSeconds,
  onSeek,
}: {
  segments: Segment[];
  atSeconds: number;
  onSeek: (seconds: number) => void;
}) {
  const words = useMemo(() => wordsOf(segments), [segments]);
  const current = wordAt(words, atSeconds);
  if (!words.length) return <p class="muted">{TEXT.noTranscript}</p>;
  return (
    <p class="transcript">
      {words.map((word, index) => (
        <button
          key={index}
          type="button"
          class={index === current ? "word word-lit" : "word"}
          aria-label={TEXT.seek(word.word, formatDuration(word.start_seconds))}
          aria-current={index === current ? "true" : undefined}
          onClick={() => onSeek(word.start_seconds)}
        >
          {word.word}
        </button>
      ))}
    </p>
  );
}
