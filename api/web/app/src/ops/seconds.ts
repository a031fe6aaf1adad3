const TOGETHER = "\u00a0";

/** `–`, `4 ms`, `0.25 s`, `12 s`; a number and its unit stay together. */
export function formatSeconds(seconds: number | null): string {
  if (seconds === null) return "–";
  if (seconds < 0.1) return `${Math.round(seconds * 1000)}${TOGETHER}ms`;
  return seconds < 10 ? `${seconds.toFixed(2)}${TOGETHER}s` : `${Math.round(seconds)}${TOGETHER}s`;
}
