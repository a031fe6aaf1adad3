import { Icon } from "../../shared/components/icon";
import { strings } from "../../strings";

const TEXT = strings.console.file;
const DIMENSIONS = ["relevance", "quality", "completeness"] as const;
const BEST = 5;

export interface Deduction {
  code: string;
  dimension: string;
  stars: number;
  value: number | null;
  limit: number | null;
  message: string;
}

/** `score_breakdown`, as far as this page knows it. */
export interface ScoreBreakdown {
  relevance: number;
  quality: number;
  completeness: number;
  feedback: string | null;
  deductions: Deduction[];
  evidence: Record<string, unknown>;
}

/** `null` for a file that the engine has not scored. */
export function breakdownOf(given: unknown): ScoreBreakdown | null {
  const found = given as (Partial<ScoreBreakdown> & { evidence?: Record<string, unknown> }) | null;
  if (!found || typeof found.relevance !== "number") return null;
  const { deductions, ...evidence } = found.evidence ?? {};
  return {
    relevance: found.relevance,
    quality: found.quality ?? 0,
    completeness: found.completeness ?? 0,
    feedback: found.feedback ?? null,
    deductions: (deductions as Deduction[] | undefined) ?? [],
    evidence,
  };
}

/** Three bars, and every reason for which stars were taken, with its numbers. */
export function Breakdown({ breakdown }: { breakdown: ScoreBreakdown | null }) {
  if (!breakdown) return <p class="muted">{TEXT.noScore}</p>;
  return (
    <div class="stack">
      <dl class="dimensions">
        {DIMENSIONS.map((name) => (
          <div key={name}>
            <dt>{TEXT.dimensions[name]}</dt>
            <dd class="numeric" aria-label={TEXT.outOf(breakdown[name].toFixed(1))}>
              {breakdown[name].toFixed(1)}
            </dd>
            <dd class="bar" aria-hidden="true">
              <span class={toneOf(breakdown[name])} style={{ width: `${(100 * breakdown[name]) / BEST}%` }} />
            </dd>
          </div>
        ))}
      </dl>
      <div class="stack-s">
        <h3>{TEXT.reasons}</h3>
        {breakdown.deductions.length ? (
          <ul class="deductions">
            {breakdown.deductions.map((one, index) => (
              <li key={index}>
                <span class="deduction-stars numeric">{TEXT.minus(one.stars.toFixed(1))}</span>
                <span class="stack-s">
                  <span class="wrap-anywhere">{one.message}</span>
                  <code class="muted">
                    {one.code}
                    {one.value !== null && ` · ${readable(one.value)}`}
                    {one.value !== null && one.limit !== null && ` / ${readable(one.limit)}`}
                  </code>
                </span>
              </li>
            ))}
          </ul>
        ) : (
          <p class="muted row">
            <Icon name="check" size={18} /> {TEXT.noReasons}
          </p>
        )}
      </div>
      {breakdown.feedback && (
        <div class="stack-s">
          <h3>{TEXT.feedback}</h3>
          <p class="wrap-anywhere">{breakdown.feedback}</p>
        </div>
      )}
    </div>
  );
}

/** A measured number, to three significant digits. */
export function readable(value: number): string {
  return Number.isInteger(value) ? String(value) : String(Number(value.toPrecision(3)));
}

function toneOf(value: number): string {
  return value >= 3.5 ? "bar-ok" : value >= 2.5 ? "bar-warn" : "bar-bad";
}
