import { AssayError, ConnectionError, TimeoutError } from "./errors.js";

const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** The time that a try may take, as a signal; ended by the caller's own signal too. */
export class Deadline {
  readonly signal: AbortSignal;
  readonly #controller = new AbortController();
  readonly #caller: AbortSignal | null;
  readonly #seconds: number;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** @param caller - the caller's own signal. */
  constructor(seconds: number, caller: AbortSignal | null) {
    this.#seconds = seconds;
    this.#caller = caller;
    this.signal = caller === null ? this.#controller.signal : AbortSignal.any([caller, this.#controller.signal]);
    this.restart();
  }

  /** Begin the time anew. */
  readonly restart = (): void => {
    this.clear();
    // A longer timer than 32 bits of milliseconds ends at once.
    if (this.#seconds * 1000 > LONGEST_TIMER_MS) return;
    this.#timer = setTimeout(() => this.#controller.abort(), this.#seconds * 1000);
  };

  /** The try has ended; the timer would keep the process alive. */
  clear(): void {
    clearTimeout(this.#timer);
  }

  /** What an error of `fetch` means; what is not one stays as it is. */
  explain(error: unknown): unknown {
    if (error instanceof AssayError) return error;
    if (this.#caller?.aborted) return this.#caller.reason;
    if (this.#controller.signal.aborted) return new TimeoutError(`no answer within ${this.#seconds} s`);
    // The specification of fetch knows no other error for what the network does.
    if (error instanceof TypeError)
      return new ConnectionError(`the connection failed: ${error.message}`, { cause: error });
    return error;
  }
}
