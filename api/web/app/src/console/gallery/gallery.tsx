import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { EmptyState, FailureState } from "../../shared/components/states";
import type { Job } from "../../shared/types";
import { strings } from "../../strings";
import { moved, type Layout } from "./layout";
import { keepOrder } from "./order";
import { useGalleryRows, type Filter } from "./rows";
import { Tile } from "./tile";
import { useWindow } from "./window";

interface GalleryProps {
  job: Job;
  filter: Filter;
  /** How many files the filter has, where that is known. */
  total: number | null;
  /** Another number loads anew. */
  turn: number;
}

/** Any number of files: only the rows that are seen exist, and pages are fetched as they come into view. */
export function Gallery({ job, filter, total, turn }: GalleryProps) {
  const box = useRef<HTMLUListElement>(null);
  const { rows, isComplete, failure, wantUntil, retry } = useGalleryRows(job.id, filter, turn);
  // One more than there are: what comes into view is asked for.
  const count = isComplete ? rows.length : Math.max(total ?? 0, rows.length + 1);
  const { layout, from, to, isPassing } = useWindow(box, count);
  const [focused, setFocused] = useState(0);
  const wanted = useRef<number | null>(null);
  const columns = layout?.columns ?? 1;

  useEffect(() => wantUntil(Math.min(count, to * columns) || 1), [to, columns, count]);
  useEffect(() => keepOrder(rows.map((row) => row.id)), [rows]);

  const move = (event: KeyboardEvent) => {
    const next = moved(focused, event.key, columns, Math.min(count, rows.length));
    if (next === null || !layout) return;
    event.preventDefault();
    setFocused(next);
    wanted.current = next;
    scrollToRow(box.current!, layout, Math.floor(next / columns));
  };
  // The tile may exist only some frames later, once the page has scrolled there.
  useLayoutEffect(() => {
    const tile = box.current?.querySelector<HTMLElement>(`[data-index="${wanted.current}"]`);
    if (wanted.current === null || !tile) return;
    tile.focus({ preventScroll: true });
    wanted.current = null;
  });

  // One tile can be reached by Tab: the one that had the focus last, or the first that exists.
  const isThere = focused >= from * columns && focused < to * columns;
  const tabbable = isThere ? focused : from * columns;
  if (failure && !rows.length) return <FailureState failure={failure} onRetry={retry} />;
  if (isComplete && !rows.length) return <NoFiles isFiltered={Boolean(filter.status || filter.score)} />;
  const shown = Array.from(
    { length: Math.max(0, Math.min(count, to * columns) - from * columns) },
    (_, n) => n + from * columns,
  );
  return (
    <>
      <ul ref={box} class="gallery" style={{ height: `${layout?.height ?? 0}px` }} onKeyDown={move}>
        {layout &&
          shown.map((index) => (
            <Tile
              key={index}
              row={rows[index]}
              index={index}
              of={count}
              kind={job.content_type}
              columns={layout.columns}
              width={layout.tileWidth}
              isPassing={isPassing}
              isFocusable={index === tabbable}
              onFocus={() => setFocused(index)}
            />
          ))}
      </ul>
      {failure && <FailureState failure={failure} onRetry={retry} />}
    </>
  );
}

function NoFiles({ isFiltered }: { isFiltered: boolean }) {
  const text = strings.console.job;
  return (
    <EmptyState icon="inbox" title={isFiltered ? text.emptyFiltered : text.empty}>
      {!isFiltered && <p>{text.emptyLead}</p>}
    </EmptyState>
  );
}

/** Only as far as the row needs, with room for the bars at the screen's edges. */
function scrollToRow(box: HTMLElement, layout: Layout, row: number): void {
  const margin = 72;
  const top = box.getBoundingClientRect().top + row * layout.rowHeight;
  if (top < margin) scrollBy(0, top - margin);
  else if (top + layout.rowHeight > innerHeight - margin) scrollBy(0, top + layout.rowHeight - innerHeight + margin);
}
