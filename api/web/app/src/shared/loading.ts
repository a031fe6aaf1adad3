// What a page shows while it loads, when that fails, and when more can be had.
import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import { ApiFailure } from "./failure";
import type { Page } from "./types";

export interface Loaded<T> {
  data: T | undefined;
  failure: ApiFailure | undefined;
  isLoading: boolean;
  reload: () => void;
  /** Put in what a request has answered with. */
  set: (data: T) => void;
}

/** Load once, and again whenever a value of `on` changes. Older answers are thrown away. */
export function useLoaded<T>(load: (signal: AbortSignal) => Promise<T>, on: unknown[]): Loaded<T> {
  const [data, setData] = useState<T>();
  const [failure, setFailure] = useState<ApiFailure>();
  const [isLoading, setLoading] = useState(true);
  const [turn, setTurn] = useState(0);
  useEffect(() => {
    const aborter = new AbortController();
    setLoading(true);
    load(aborter.signal)
      .then((found) => {
        if (aborter.signal.aborted) return;
        setData(found);
        setFailure(undefined);
        setLoading(false);
      })
      .catch((error: unknown) => {
        if (aborter.signal.aborted) return;
        setFailure(asFailure(error));
        setLoading(false);
      });
    return () => aborter.abort();
  }, [...on, turn]);
  return { data, failure, isLoading, reload: () => setTurn((n) => n + 1), set: setData };
}

export interface Pages<T> {
  items: T[];
  failure: ApiFailure | undefined;
  isLoading: boolean;
  hasMore: boolean;
  more: () => void;
  reload: () => void;
  /** Replace an item, or leave it out by answering `null`. */
  update: (change: (item: T) => T | null) => void;
}

/** A list, page by page. */
export function usePages<T>(
  load: (cursor: string | undefined, signal: AbortSignal) => Promise<Page<T>>,
  on: unknown[],
): Pages<T> {
  const [items, setItems] = useState<T[]>([]);
  const [failure, setFailure] = useState<ApiFailure>();
  const [isLoading, setLoading] = useState(true);
  const [cursor, setCursor] = useState<string | null>(null);
  const [turn, setTurn] = useState(0);
  const aborter = useRef<AbortController | null>(null);

  const fetchPage = useCallback(
    async (from: string | undefined) => {
      aborter.current?.abort();
      const mine = (aborter.current = new AbortController());
      setLoading(true);
      setFailure(undefined);
      try {
        const page = await load(from, mine.signal);
        if (mine.signal.aborted) return;
        setItems((before) => (from === undefined ? page.data : [...before, ...page.data]));
        setCursor(page.next_cursor);
      } catch (error) {
        if (mine.signal.aborted) return;
        setFailure(asFailure(error));
      }
      setLoading(false);
    },
    [...on, turn],
  );
  useEffect(() => {
    setItems([]);
    setCursor(null);
    void fetchPage(undefined);
    return () => aborter.current?.abort();
  }, [fetchPage]);

  return {
    items,
    failure,
    isLoading,
    hasMore: cursor !== null,
    more: () => {
      if (!isLoading && cursor !== null) void fetchPage(cursor);
    },
    reload: () => setTurn((n) => n + 1),
    update: (change) => setItems((all) => all.map(change).filter((item): item is Awaited<T> & T => item !== null)),
  };
}

/** Any error as one that a page can show; a fault of our own code is told to the browser's console too. */
export function asFailure(error: unknown): ApiFailure {
  if (error instanceof ApiFailure) return error;
  reportError(error);
  return new ApiFailure(error instanceof Error ? error.message : String(error), 0, "fault", null);
}
