import { useEffect, useState } from "preact/hooks";
import { formatDuration } from "../shared/format";
import { strings } from "../strings";

const URGENT_SECONDS = 300;

/** The time, told anew every so often. */
export function useNow(everyMs: number): number {
  const [now, setNow] = useState(Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), everyMs);
    return () => clearInterval(timer);
  }, [everyMs]);
  return now;
}

/** How long a place is still held. Only its label is read out: a clock that ticks aloud is no help. */
export function Countdown({ until }: { until: string }) {
  const seconds = (new Date(until).getTime() - useNow(1000)) / 1000;
  const look = seconds < URGENT_SECONDS ? "countdown countdown-urgent" : "countdown";
  return (
    <span class={look} role="timer" aria-live="off">
      <span class="small">{seconds > 0 ? strings.capture.slot.left : strings.capture.slot.over}</span>
      <strong class="numeric">{formatDuration(seconds)}</strong>
    </span>
  );
}
