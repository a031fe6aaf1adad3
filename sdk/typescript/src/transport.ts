import { Deadline } from "./deadline.js";
import { ApiError, AssayError, apiError } from "./errors.js";
import { PagePromise, type ListAnswer } from "./pages.js";
import { wasNotBegun, withRetries } from "./retries.js";

/** Where the server is and how patiently it is asked. */
export interface TransportOptions {
  /** Of the server, for example `https://assay.example.com`; `http://127.0.0.1:8000` when absent. */
  baseUrl?: string;
  /** Tries after the first, 4 when absent. */
  maxRetries?: number;
  /** How long one try may take, 60 when absent. */
  timeoutSeconds?: number;
  /** Sends the requests; the platform's `fetch` when absent. */
  fetch?: typeof globalThis.fetch;
}

/** What one call may do otherwise than its client. */
export interface RequestOptions {
  /** Of a call that creates or changes something; made for every call when absent, and kept across its retries. */
  idempotencyKey?: string;
  /** Ends the call, its pauses too. */
  signal?: AbortSignal;
  /** How long one try may take. */
  timeoutSeconds?: number;
  /** Tries after the first. */
  maxRetries?: number;
}

/** Values of a query; `undefined` and `null` are left out. */
export type Query = Readonly<Record<string, string | number | boolean | null | undefined>>;

/** One request of the API. */
export interface Call {
  method: "GET" | "POST" | "PATCH" | "DELETE";
  /** Made with {@link path}. */
  path: string;
  query?: Query;
  /** Sent as JSON. */
  json?: unknown;
  /** Sent as `multipart/form-data`. */
  form?: FormData;
  headers?: Readonly<Record<string, string>>;
  /** How long one try may take, where that is longer than what the client says. */
  timeoutSeconds?: number;
  /** Whether the server does it anew whenever it comes, so that it must not be sent again while that may go on. */
  isDoneAnew?: boolean;
}

/** A request whose every try is the same. */
interface Prepared {
  url: string;
  init: RequestInit;
  timeoutSeconds: number;
}

/** A response whose whole body has arrived. */
interface Answer {
  status: number;
  headers: Headers;
  text: string;
}

const DEFAULT_BASE_URL = "http://127.0.0.1:8000";
const DEFAULT_MAX_RETRIES = 4;
const DEFAULT_TIMEOUT_SECONDS = 60;
const ID = /^[A-Za-z0-9_-]+$/;

/** A path with ids in it; anything else than an id would lead to another route. */
export function path(parts: TemplateStringsArray, ...ids: string[]): string {
  const wrong = ids.find((id) => typeof id !== "string" || !ID.test(id));
  if (wrong !== undefined) throw new TypeError(`${JSON.stringify(wrong)} is not an id`);
  return String.raw({ raw: parts }, ...ids);
}

/** Sends requests with a token, again where that may help, and reads the answers. */
export class Transport {
  readonly maxRetries: number;
  readonly timeoutSeconds: number;
  readonly #token: string | null;
  readonly #baseUrl: string;
  readonly #fetch: typeof globalThis.fetch;

  /** @param token - an API key or a worker's token; `null` for what needs none. */
  constructor(token: string | null, options: TransportOptions) {
    this.#token = token;
    this.#baseUrl = (options.baseUrl ?? DEFAULT_BASE_URL).replace(/\/+$/, "");
    this.maxRetries = options.maxRetries ?? DEFAULT_MAX_RETRIES;
    this.timeoutSeconds = options.timeoutSeconds ?? DEFAULT_TIMEOUT_SECONDS;
    // Browsers want it called as a method of the window.
    this.#fetch = options.fetch ?? globalThis.fetch.bind(globalThis);
  }

  /** The resource that a call is answered with. */
  async json<T>(call: Call, options: RequestOptions = {}): Promise<T> {
    const answer = await this.#send(call, options);
    try {
      return JSON.parse(answer.text);
    } catch (error) {
      throw new AssayError(`the answer of ${this.#baseUrl} is not JSON; is this an Assay server?`, { cause: error });
    }
  }

  /** A call that is answered with nothing. */
  async empty(call: Call, options: RequestOptions = {}): Promise<void> {
    await this.#send(call, options);
  }

  /** A list, page by page. */
  pages<T>(listPath: string, query: Query = {}, options: RequestOptions = {}): PagePromise<T> {
    return new PagePromise((cursor) => {
      const asked = cursor === null ? query : { ...query, cursor };
      return this.json<ListAnswer<T>>({ method: "GET", path: listPath, query: asked }, options);
    });
  }

  /**
   * One try of a request that is not of the API: to the object store, which must not see the token.
   *
   * @param read - reads the response; `touch` begins the time anew, for what comes in pieces.
   */
  async fetchOnce<T>(
    url: string,
    init: RequestInit,
    timeoutSeconds: number,
    read: (response: Response, touch: () => void) => Promise<T>,
  ): Promise<T> {
    const deadline = new Deadline(timeoutSeconds, init.signal ?? null);
    try {
      const response = await this.#fetch(url, { ...init, signal: deadline.signal });
      if (!response.ok) throw apiError(response.status, response.headers, await response.text());
      return await read(response, deadline.restart);
    } catch (error) {
      throw deadline.explain(error);
    } finally {
      deadline.clear();
    }
  }

  async #send(call: Call, options: RequestOptions): Promise<Answer> {
    const { url, init, timeoutSeconds } = this.#prepare(call, options);
    const mayRepeat = call.isDoneAnew ? wasNotBegun : undefined;
    const persistence = { maxRetries: options.maxRetries ?? this.maxRetries, signal: options.signal, mayRepeat };
    return withRetries(persistence, async (retry) => {
      try {
        return await this.fetchOnce(url, init, timeoutSeconds, readAnswer);
      } catch (error) {
        if (wasDeletedBefore(call, retry, error)) return { status: 204, headers: new Headers(), text: "" };
        throw error;
      }
    });
  }

  #prepare(call: Call, options: RequestOptions): Prepared {
    const init: RequestInit = {
      method: call.method,
      headers: this.#headers(call, options),
      // A redirected POST becomes a GET, whose answer means something else.
      redirect: "manual",
      cache: "no-store",
      credentials: "omit",
      signal: options.signal ?? null,
      body: call.form ?? (call.json === undefined ? null : JSON.stringify(call.json)),
    };
    const url = new URL(this.#baseUrl + call.path);
    for (const [name, value] of Object.entries(call.query ?? {})) {
      if (value !== undefined && value !== null) url.searchParams.set(name, String(value));
    }
    const timeoutSeconds = options.timeoutSeconds ?? Math.max(call.timeoutSeconds ?? 0, this.timeoutSeconds);
    return { url: url.href, init, timeoutSeconds };
  }

  #headers(call: Call, options: RequestOptions): Headers {
    const headers = new Headers(call.headers);
    headers.set("Accept", "application/json");
    if (this.#token !== null) headers.set("Authorization", `Bearer ${this.#token}`);
    if (call.json !== undefined) headers.set("Content-Type", "application/json");
    if (call.method === "POST") headers.set("Idempotency-Key", options.idempotencyKey ?? newKey());
    return headers;
  }
}

async function readAnswer(response: Response): Promise<Answer> {
  return { status: response.status, headers: response.headers, text: await response.text() };
}

/** The answer of an earlier try was lost, and what it deleted cannot be found again. */
function wasDeletedBefore(call: Call, retry: number, error: unknown): boolean {
  return call.method === "DELETE" && retry > 0 && error instanceof ApiError && error.status === 404;
}

/** 128 random bits. Not `randomUUID`, which browsers have on secure origins only. */
function newKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
