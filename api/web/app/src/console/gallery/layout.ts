// Where the tiles of a virtualised grid are. Pure, so that it can be tested without a page.

export interface Layout {
  columns: number;
  tileWidth: number;
  /** From one row to the next. */
  rowHeight: number;
  /** Of all rows together. */
  height: number;
}

export interface Window {
  /** First row that is drawn. */
  from: number;
  /** Behind the last one. */
  to: number;
}

const LEAST_TILE_PIXELS = 150;
const LEAST_COLUMNS = 3;
export const GAP_PIXELS = 8;
/** Below the square picture: status and stars. */
export const CAPTION_PIXELS = 34;
/** Drawn above and below what is seen, so that a scroll does not show gaps. */
const OVERSCAN_ROWS = 3;

export function layoutOf(width: number, count: number): Layout {
  const columns = Math.max(LEAST_COLUMNS, Math.floor((width + GAP_PIXELS) / (LEAST_TILE_PIXELS + GAP_PIXELS)));
  const tileWidth = Math.max(1, (width - GAP_PIXELS * (columns - 1)) / columns);
  const rowHeight = rowHeightOf(tileWidth);
  return { columns, tileWidth, rowHeight, height: Math.ceil(count / columns) * rowHeight };
}

export function rowHeightOf(tileWidth: number): number {
  return tileWidth + CAPTION_PIXELS + GAP_PIXELS;
}

/**
 * The rows to draw.
 *
 * @param top how far the viewport's upper edge is below the grid's
 * @param viewport its height
 */
export function windowOf(layout: Layout, count: number, top: number, viewport: number): Window {
  const rows = Math.ceil(count / layout.columns);
  const first = Math.floor(top / layout.rowHeight) - OVERSCAN_ROWS;
  const last = Math.ceil((top + viewport) / layout.rowHeight) + OVERSCAN_ROWS;
  const from = Math.min(rows, Math.max(0, first));
  return { from, to: Math.max(from, Math.min(rows, last)) };
}

/** Where the focus goes by a key, `null` for keys that mean nothing here. */
export function moved(at: number, key: string, columns: number, count: number): number | null {
  const steps: Record<string, number> = {
    ArrowLeft: at - 1,
    ArrowRight: at + 1,
    ArrowUp: at - columns,
    ArrowDown: at + columns,
    Home: 0,
    End: count - 1,
  };
  const to = steps[key];
  return to === undefined || to < 0 || to >= count ? null : to;
}
