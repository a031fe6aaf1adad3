import { ApiError, ConnectionError, IdempotencyConflictError } from "./errors.js";

const BASE_SECONDS = 0.5;
const LONGEST_SECONDS = 8;
/** A server that asks for a longer pause is not waited for: the caller knows better what to do meanwhile. */
const LONGEST_ASKED_SECONDS = 60;
const RETRIED_STATUSES: ReadonlySet<number> = new Set([429, 502, 503, 504]);

/** Whether the same request may succeed if it is sent again. */
export function isTransient(error: unknown): boolean {
  if (error instanceof ConnectionError || error instanceof IdempotencyConflictError) return true;
  return error instanceof ApiError && RETRIED_STATUSES.has(error.status);
}

/** How Node names connections that never came to be; of a browser's nothing is known but that they failed. */
const UNCONNECTED: ReadonlySet<unknown> = new Set([
  "EAI_AGAIN",
  "ECONNREFUSED",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "ENOTFOUND",
  "UND_ERR_CONNECT_TIMEOUT",
]);
/** Of a server that has done nothing, but for the codes of {@link BEGUN}. */
const SENT_AWAY: ReadonlySet<number> = new Set([429, 503]);

const BEGUN: ReadonlySet<string> = new Set(["engine_failed", "out_of_memory"]);

/** Whether the server has done nothing of the request, and may do it later. */
export function wasNotBegun(error: unknown): boolean {
  if (error instanceof ApiError) return SENT_AWAY.has(error.status) && !BEGUN.has(error.code);
  // Ours, of `fetch`'s, of what Node met with.
  const met = error instanceof ConnectionError && error.cause instanceof Error ? error.cause.cause : null;
  return met instanceof Error && "code" in met && UNCONNECTED.has(met.code);
}

/**
 * How long to wait before the next try, or `null` if there should be none.
 *
 * Full jitter (Brooker, "Exponential Backoff And Jitter", 2015): evenly between nothing and a bound that doubles
 * from half a second up to eight. What the server asks for comes first, with the jitter on top, so that those who
 * were sent away together do not come back together.
 *
 * @param retry - how many retries there have been.
 * @param random - in [0, 1).
 */
export function pauseSeconds(error: unknown, retry: number, maxRetries: number, random: number): number | null {
  if (retry >= maxRetries || !isTransient(error)) return null;
  const jitter = random * Math.min(LONGEST_SECONDS, BASE_SECONDS * 2 ** retry);
  const asked = error instanceof ApiError ? (error.retryAfterSeconds ?? 0) : 0;
  return asked > LONGEST_ASKED_SECONDS ? null : asked + jitter;
}

/** When to give up. */
export interface Persistence {
  /** Tries after the first. */
  maxRetries: number;
  /** Ends the pauses too. */
  signal?: AbortSignal | undefined;
  /** Whether an error may be followed by another try at all; {@link isTransient} when absent. */
  mayRepeat?: ((error: unknown) => boolean) | undefined;
}

/**
 * The first success of an action.
 *
 * @param action - gets the number of failures before it.
 */
export async function withRetries<T>(persistence: Persistence, action: (retry: number) => Promise<T>): Promise<T> {
  for (let retry = 0; ; retry += 1) {
    try {
      return await action(retry);
    } catch (error) {
      await pauseOrThrow(error, retry, persistence);
    }
  }
}

/** Wait for the next try; throws the error if there should be none. */
export async function pauseOrThrow(error: unknown, retry: number, persistence: Persistence): Promise<void> {
  const seconds = pauseSeconds(error, retry, persistence.maxRetries, Math.random());
  if (seconds === null || persistence.mayRepeat?.(error) === false) throw error;
  await sleep(seconds, persistence.signal);
}

/** Let some time pass; throws the signal's reason as soon as it is aborted. */
export function sleep(seconds: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = (): void => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", stop);
      resolve();
    }, seconds * 1000);
    if (signal?.aborted) stop();
    else signal?.addEventListener("abort", stop, { once: true });
  });
}
