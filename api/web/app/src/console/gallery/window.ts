// Which rows of the gallery exist, as the page scrolls and changes its width.
import { useLayoutEffect, useState } from "preact/hooks";
import { layoutOf, windowOf, type Layout } from "./layout";

/** How long the page has to stand still before what was passed by is drawn; in frames, which a busy machine has fewer of. */
const SETTLED_FRAMES = 6;
/** Of the window's height, in one frame: faster than anybody looks. */
const PASSING_SHARE = 0.25;

interface View {
  /** How far the window's upper edge is below the grid's. */
  top: number;
  height: number;
}

interface Measured {
  width: number;
  /** Of the grid, in the document. */
  top: number;
}

export interface Rows {
  layout: Layout | null;
  from: number;
  to: number;
  /** The page scrolls so fast that new tiles stay empty. */
  isPassing: boolean;
}

const NONE: Rows = { layout: null, from: 0, to: 0, isPassing: false };

/** A frame of scrolling draws nothing while the same rows exist; it reads no layout, which would be made for it anew. */
export function useWindow(box: { current: HTMLElement | null }, count: number): Rows {
  const measured = useMeasured(box);
  const [rows, setRows] = useState(NONE);
  const width = measured?.width ?? 0;
  const top = measured?.top ?? 0;
  useLayoutEffect(() => {
    if (!width) return setRows(NONE);
    const layout = layoutOf(width, count);
    return followScrolling(top, (view, isPassing) =>
      setRows((before) => {
        const next = { layout, ...windowOf(layout, count, view.top, view.height), isPassing };
        return isSame(before, next) ? before : next;
      }),
    );
  }, [width, top, count]);
  return rows;
}

function isSame(one: Rows, other: Rows): boolean {
  const isLaidOutSo = one.layout?.height === other.layout?.height && one.layout?.tileWidth === other.layout?.tileWidth;
  return isLaidOutSo && one.from === other.from && one.to === other.to && one.isPassing === other.isPassing;
}

/** Calls at once, in each frame in which the page scrolls, and until it stands still again; ends with the answer. */
function followScrolling(top: number, see: (view: View, isPassing: boolean) => void): () => void {
  let frame = 0;
  let last = scrollY;
  let stillFrames = SETTLED_FRAMES;
  const look = () => {
    const isFast = Math.abs(scrollY - last) > innerHeight * PASSING_SHARE;
    last = scrollY;
    stillFrames = isFast ? 0 : stillFrames + 1;
    see({ top: scrollY - top, height: innerHeight }, stillFrames < SETTLED_FRAMES);
  };
  const turn = () => {
    frame = 0;
    look();
    if (stillFrames < SETTLED_FRAMES) next();
  };
  const next = () => (frame ||= requestAnimationFrame(turn));
  look();
  addEventListener("scroll", next, { passive: true });
  addEventListener("resize", next);
  return () => {
    cancelAnimationFrame(frame);
    removeEventListener("scroll", next);
    removeEventListener("resize", next);
  };
}

/** Measured when something has changed its size, the grid itself or what stands above it. */
function useMeasured(box: { current: HTMLElement | null }): Measured | undefined {
  const [measured, setMeasured] = useState<Measured>();
  useLayoutEffect(() => {
    const grid = box.current;
    if (!grid) return;
    const observer = new ResizeObserver(() => {
      const { width, top } = grid.getBoundingClientRect();
      setMeasured({ width, top: top + scrollY });
    });
    observer.observe(grid);
    observer.observe(document.body);
    return () => observer.disconnect();
  }, [box.current === null]);
  return measured;
}
