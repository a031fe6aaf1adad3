import { formatAge, formatTime } from "../format";

/** How long ago, and the exact time for who points at it. */
export function Age({ of }: { of: string }) {
  return (
    <time class="muted" dateTime={of} title={formatTime(of)}>
      {formatAge(of)}
    </time>
  );
}
