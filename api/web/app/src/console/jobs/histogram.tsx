import { formatNumber } from "../../shared/format";
import { strings } from "../../strings";

const STARS = [1, 2, 3, 4, 5];

interface HistogramProps {
  /** `"1"` to `"5"`. */
  counts: Record<string, number>;
  chosen: number | null;
  onChoice: (stars: number) => void;
}

/** How many files have how many stars; a bar is a button that shows its files. */
export function Histogram({ counts, chosen, onChoice }: HistogramProps) {
  const highest = Math.max(1, ...STARS.map((stars) => counts[stars] ?? 0));
  return (
    <div class="histogram">
      {STARS.map((stars) => {
        const count = counts[stars] ?? 0;
        return (
          <button
            key={stars}
            type="button"
            class="histogram-bar"
            aria-pressed={stars === chosen}
            onClick={() => onChoice(stars)}
          >
            <span class="small numeric">
              {formatNumber(count)}
              <span class="visually-hidden"> {strings.console.job.filesWith} </span>
            </span>
            <span class={`histogram-fill histogram-${stars}`} style={{ height: `${(count / highest) * 100}%` }} />
            <span class="small muted numeric">{stars} ★</span>
          </button>
        );
      })}
    </div>
  );
}
