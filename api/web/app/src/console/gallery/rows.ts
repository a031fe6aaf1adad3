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

export function useGalleryRows(jobId: string, { status, score }: Filter, turn: number): GalleryRows {
  const [rows, setRows] = useState<GalleryRow[]>([]);
  const [isComplete, setComplete] = useState(false);
  const [failure, setFailure] = useState<ApiFailure>();
  const [wanted, setWanted] = useState(1);
  const cursor = useRef<string | null>(null);
  const [generation, setGeneration] = useState(0);

  useEffect(() => {
    cursor.current = null;
    setRows([]);
    setComplete(false);
    setFailure(undefined);
    setWanted(1);
    setGeneration((n) => n + 1);
  }, [jobId, status, score, turn]);

  useEffect(() => {
    if (!generation || isComplete || failure || rows.length >= wanted) return;
    const aborter = new AbortController();
    request<Page<GalleryRow>>("GET", "/web/jobs/{job_id}/gallery", {
      path: { job_id: jobId },
      query: { status, score, cursor: cursor.current },
      signal: aborter.signal,
    })
      .then((page) => {
        cursor.current = page.next_cursor;
        setRows((before) => [...before, ...page.data]);
        setComplete(!page.has_more);
      })
      .catch((error: unknown) => {
        if (!aborter.signal.aborted) setFailure(asFailure(error));
      });
    return () => aborter.abort();
  }, [generation, rows.length, isComplete, failure, rows.length >= wanted]);

  return {
    rows,
    isComplete,
    failure,
    wantUntil: (count) => setWanted((before) => Math.max(before, count)),
    retry: () => setFailure(undefined),
  };
}
