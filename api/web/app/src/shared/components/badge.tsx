import type { ComponentChildren } from "preact";
import { strings } from "../../strings";

export type Tone = "neutral" | "ok" | "warn" | "bad" | "info";

export function Badge({ tone = "neutral", children }: { tone?: Tone; children: ComponentChildren }) {
  return <span class={tone === "neutral" ? "badge" : `badge badge-${tone}`}>{children}</span>;
}

const STAR = "M12 2.6l2.9 5.9 6.5.9-4.7 4.6 1.1 6.5-5.8-3.1-5.8 3.1 1.1-6.5-4.7-4.6 6.5-.9z";

export function Stars({ count }: { count: number }) {
  return (
    <span class="stars" role="img" aria-label={strings.stars(count)}>
      {[1, 2, 3, 4, 5].map((place) => (
        <svg key={place} viewBox="0 0 24 24" class={place <= count ? undefined : "star-empty"} aria-hidden="true">
          <path d={STAR} fill={place <= count ? "currentColor" : "none"} stroke="currentColor" stroke-width="1.5" />
        </svg>
      ))}
    </span>
  );
}
