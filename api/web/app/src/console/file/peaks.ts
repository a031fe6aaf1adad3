/** As many bars as there is room for, each the loudest of its part. */
export function resampled(peaks: number[], count: number): number[] {
  if (!peaks.length) return [];
  return Array.from({ length: count }, (_, index) => {
    const from = Math.floor((index * peaks.length) / count);
    const to = Math.max(from + 1, Math.floor(((index + 1) * peaks.length) / count));
    return Math.max(...peaks.slice(from, to));
  });
}
