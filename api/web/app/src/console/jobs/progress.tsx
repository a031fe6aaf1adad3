/** How much of something is done. */
export function ProgressBar({ value, max, label }: { value: number; max: number; label: string }) {
  return (
    <span
      class="bar"
      role="progressbar"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={max}
      aria-valuenow={value}
      style={{ display: "block" }}
    >
      <span style={{ width: `${max ? Math.min(100, (100 * value) / max) : 0}%` }} />
    </span>
  );
}
