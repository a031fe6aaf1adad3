import { ApiError, AssayError, WaitTimeoutError } from "./errors.js";
import { sleep, withRetries } from "./retries.js";
import type { RequestOptions, Transport } from "./transport.js";
import type { Upload } from "./types.js";

/** A file's content: a `File` or `Blob`, its bytes, or, in Node, its path. */
export type FileContent = Blob | Uint8Array | string;

/** Content with the name that the server is told. */
export interface NamedContent {
  blob: Blob;
  filename: string;
}

/** How long to wait for a verdict. */
export interface VerdictWait {
  /** 600 when absent. */
  timeout_seconds?: number;
}

/** Of links that are slower than this an upload is given up. */
const SLOWEST_BYTES_PER_SECOND = 50_000;
const DEFAULT_VERDICT_SECONDS = 600;
const FIRST_LOOK_SECONDS = 0.1;
const LAST_LOOK_SECONDS = 2;
const DECIDED: ReadonlySet<string> = new Set([
  "approved",
  "rejected",
  "retry_pending",
  "needs_review",
  "expired",
  "surplus",
]);

/**
 * Content as a blob, with the name given, or its own, or `file`.
 *
 * @throws TypeError - a path in a browser.
 */
export async function named(content: FileContent, filename?: string): Promise<NamedContent> {
  if (typeof content === "string") {
    const opened = await (await onNode("a path")).openFile(content);
    return { blob: opened.blob, filename: filename ?? opened.filename };
  }
  const blob = content instanceof Blob ? content : new Blob([content.slice()]);
  const own = "name" in blob && typeof blob.name === "string" ? blob.name : "";
  return { blob, filename: filename ?? (own || "file") };
}

/** The part of this package that needs a file system. */
export async function onNode(what: string): Promise<typeof import("./node.js")> {
  if (typeof process === "undefined" || !process.versions?.node) {
    throw new AssayError(`${what} needs the file system of Node`);
  }
  return import("./node.js");
}

/**
 * Send bytes to where a slot wants them.
 *
 * @param mayBeThere - whether an earlier run may have sent these very bytes, so that the first try may find them.
 * @throws ApiError - the store refused them: too many, too late, or somebody was there before.
 */
export async function putBytes(
  transport: Transport,
  upload: Upload,
  blob: Blob,
  options: RequestOptions = {},
  mayBeThere = false,
): Promise<void> {
  const init: RequestInit = {
    method: upload.method,
    headers: headersOf(upload),
    // Without a type of its own, which the store would hold against what was signed.
    body: blob.slice(),
    redirect: "error",
    credentials: "omit",
    signal: options.signal ?? null,
  };
  const seconds = options.timeoutSeconds ?? transport.timeoutSeconds + blob.size / SLOWEST_BYTES_PER_SECOND;
  const persistence = { maxRetries: options.maxRetries ?? transport.maxRetries, signal: options.signal };
  await withRetries(persistence, async (retry) => {
    try {
      await transport.fetchOnce(upload.url, init, seconds, async (response) => void (await response.text()));
    } catch (error) {
      if (!((mayBeThere || retry > 0) && isThere(error))) throw error;
    }
  });
}

/**
 * Look at a submission until it is decided.
 *
 * @param read - reads it.
 * @throws WaitTimeoutError - it is still not decided.
 */
export async function untilDecided<T extends { id: string; status: string }>(
  read: () => Promise<T>,
  wait: VerdictWait,
  signal: AbortSignal | undefined,
): Promise<T> {
  const ends = Date.now() + (wait.timeout_seconds ?? DEFAULT_VERDICT_SECONDS) * 1000;
  for (let pause = FIRST_LOOK_SECONDS; ; pause = Math.min(LAST_LOOK_SECONDS, pause * 1.5)) {
    const submission = await read();
    if (DECIDED.has(submission.status)) return submission;
    if (Date.now() >= ends) throw new WaitTimeoutError(`${submission.id} is still ${submission.status}`);
    await sleep(pause, signal);
  }
}

/** All that were signed but the length, which only the platform may say. */
function headersOf(upload: Upload): Headers {
  const headers = new Headers(upload.headers);
  headers.delete("Content-Length");
  return headers;
}

/** The store takes a file once; to an earlier try, whose answer was lost, it may be what that one brought. */
function isThere(error: unknown): boolean {
  return error instanceof ApiError && (error.status === 409 || error.status === 412);
}
