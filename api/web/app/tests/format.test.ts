import { describe, expect, it } from "vitest";
import { formatAge, formatBytes, formatCredits, formatDuration, formatMoney } from "../src/shared/format";

describe("formats", () => {
  it.each([
    [0, "0 B"],
    [999, "999 B"],
    [1_500, "1.5 KB"],
    [123_400_000, "123 MB"],
    [2_000_000_000_000, "2.0 TB"],
  ])("%i bytes are %s", (bytes, text) => expect(formatBytes(bytes)).toBe(text));

  it.each([
    [0, "0:00"],
    [65.9, "1:05"],
    [3_725, "1:02:05"],
    [-1, "0:00"],
  ])("%f seconds are %s", (seconds, text) => expect(formatDuration(seconds)).toBe(text));

  it("tells credits and what they cost", () => {
    expect(formatCredits(1)).toBe("1 credit");
    expect(formatCredits(-12_345)).toBe("-12,345 credits");
    expect(formatMoney(12_345)).toBe("$123.45");
  });

  const now = Date.parse("2026-05-04T12:00:00Z");
  it.each([
    ["2026-05-04T11:59:40Z", "now"],
    ["2026-05-04T11:57:00Z", "3 minutes ago"],
    ["2026-05-04T14:00:00Z", "in 2 hours"],
    ["2026-05-03T12:00:00Z", "yesterday"],
    ["2026-01-01T12:00:00Z", "Jan 1, 2026"],
  ])("%s is %s", (iso, text) => expect(formatAge(iso, now)).toBe(text));
});
