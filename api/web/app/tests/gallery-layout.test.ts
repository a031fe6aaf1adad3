import { describe, expect, it } from "vitest";
import { layoutOf, moved, windowOf } from "../src/console/gallery/layout";

describe("the layout of the gallery", () => {
  it("has three columns on the narrowest phone, and more where there is room", () => {
    expect(layoutOf(328, 10).columns).toBe(3);
    expect(layoutOf(1200, 10).columns).toBe(7);
  });

  it("is as high as all of its rows", () => {
    const layout = layoutOf(1200, 10_000);
    expect(layout.height).toBeCloseTo(Math.ceil(10_000 / 7) * layout.rowHeight);
    expect(layoutOf(1200, 0).height).toBe(0);
  });

  it.each([
    ["at the top", 0],
    ["in the middle", 120_000],
    ["at the end", 1e9],
    ["above it", -5_000],
  ])("draws few rows %s", (_, top) => {
    const layout = layoutOf(1200, 10_000);
    const { from, to } = windowOf(layout, 10_000, top, 800);
    expect(from).toBeGreaterThanOrEqual(0);
    expect(to).toBeLessThanOrEqual(Math.ceil(10_000 / layout.columns));
    expect(to - from).toBeLessThanOrEqual(Math.ceil(800 / layout.rowHeight) + 7);
  });

  it("draws every row that is seen", () => {
    const layout = layoutOf(1200, 10_000);
    const top = 40_000;
    const { from, to } = windowOf(layout, 10_000, top, 800);
    expect(from * layout.rowHeight).toBeLessThanOrEqual(top);
    expect(to * layout.rowHeight).toBeGreaterThanOrEqual(top + 800);
  });

  it.each([
    [0, "ArrowRight", 1],
    [0, "ArrowLeft", null],
    [0, "ArrowUp", null],
    [8, "ArrowUp", 1],
    [1, "ArrowDown", 8],
    [18, "ArrowDown", null],
    [5, "End", 19],
    [5, "Home", 0],
    [5, "x", null],
  ])("moves the focus from %i by %s to %s", (at, key, to) => {
    expect(moved(at, key, 7, 20)).toBe(to);
  });
});
