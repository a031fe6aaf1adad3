// The rows of a job's gallery: page after page, as far as somebody scrolls.
import { useEffect, useRef, useState } from "preact/hooks";
import { request } from "../../shared/api";
import type { ApiFailure } from "../../shared/failure";
import { asFailure } from "../../shared/loading";
import type { Page, Submission } from "../../shared/types";

export interface GalleryRow {
  id: string;
  file_id: string | null;
  status: Submission["status"];
  score: number | null;
  attempt: number;
  worker_id: string | null;
  created_at: string;
}

export interface Filter {
  status: string;
  score: number | null;
}

export interface GalleryRows {
  rows: GalleryRow[];
  isComplete: boolean;
  failure: ApiFailure | undefined;
  /** Load until there are so many rows, if there are so many. */
  wantUntil: (count: number) => void;
  retry: () => void;
}

interface Loaded {
  rows: GalleryRow[];
  /** Of the rows, those that were asked for since the last change; older ones are shown until they come. */
  fresh: number;
  cursor: string | null;
  isComplete: boolean;
}

const NOTHING: Loaded = { rows: [], fresh: 0, cursor: null, isComplete: false };

/**
 * @param turn another number asks for all rows anew
 */
export function useGalleryRows(jobId: string, { status, score }: Filter, turn: number): GalleryRows {
  const [loaded, setLoaded] = useState(NOTHING);
  const [failure, setFailure] = useState<ApiFailure>();
  const [wanted, setWanted] = useState(1);
  const shown = useRef("");

  useEffect(() => {
    const filter = [jobId, status, score].join();
    const isSame = filter === shown.current;
    shown.current = filter;
    setFailure(undefined);
    setWanted((before) => (isSame ? before : 1));
    setLoaded((before) => (isSame ? { ...NOTHING, rows: before.rows } : { ...NOTHING }));
  }, [jobId, status, score, turn]);

  const isWanted = !loaded.isComplete && !failure && loaded.fresh < wanted;
  useEffect(() => {
    if (!isWanted) return;
    const aborter = new AbortController();
    request<Page<GalleryRow>>("GET", "/web/jobs/{job_id}/gallery", {
      path: { job_id: jobId },
      query: { status, score, cursor: loaded.cursor },
      signal: aborter.signal,
    })
      .then((page) => setLoaded((before) => withPage(before, page)))
      .catch((error: unknown) => {
        if (!aborter.signal.aborted) setFailure(asFailure(error));
      });
    return () => aborter.abort();
  }, [loaded, isWanted]);

  return {
    rows: loaded.rows,
    isComplete: loaded.isComplete,
    failure,
    wantUntil: (count) => setWanted((before) => Math.max(before, count)),
    retry: () => setFailure(undefined),
  };
}

function withPage({ rows, fresh }: Loaded, page: Page<GalleryRow>): Loaded {
  const all = [...rows.slice(0, fresh), ...page.data];
  return { rows: all, fresh: all.length, cursor: page.next_cursor, isComplete: !page.has_more };
}
