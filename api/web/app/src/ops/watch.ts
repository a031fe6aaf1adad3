// Asks the server every two seconds, and not at all while nobody looks.
import { signal } from "@preact/signals";
import { api } from "../shared/api";
import type { ApiFailure } from "../shared/failure";
import { asFailure } from "../shared/loading";
import { keep, type Sample } from "./series";

const EVERY_MS = 2_000;

/** Oldest first. */
export const samples = signal<readonly Sample[]>([]);
export const failure = signal<ApiFailure | null>(null);
export const isPaused = signal(false);
/** When batches were changed from this page, by role; seconds since 1970. */
export const changes = signal<ReadonlyMap<string, number[]>>(new Map());

/** Begin to watch; returns what ends it. */
export function watch(): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const aborter = new AbortController();
  const turn = async () => {
    clearTimeout(timer);
    if (document.hidden) return;
    await look(aborter.signal);
    if (!aborter.signal.aborted && !document.hidden) timer = setTimeout(() => void turn(), EVERY_MS);
  };
  const onSeen = () => {
    isPaused.value = document.hidden;
    void turn();
  };
  document.addEventListener("visibilitychange", onSeen);
  void turn();
  return () => {
    aborter.abort();
    clearTimeout(timer);
    document.removeEventListener("visibilitychange", onSeen);
  };
}

/** One look now, for example after a change. */
export async function look(signal?: AbortSignal): Promise<void> {
  try {
    const overview = await api.get("/v1/ops/overview", signal ? { signal } : {});
    samples.value = keep(samples.value, overview);
    failure.value = null;
  } catch (error) {
    if (signal?.aborted) return;
    failure.value ??= asFailure(error); // the first one: else a screen reader would read it out every two seconds
  }
}

export function noteChange(role: string): void {
  const at = samples.value.at(-1)?.at ?? Date.now() / 1000;
  changes.value = new Map(changes.value).set(role, [...(changes.value.get(role) ?? []), at]);
}
