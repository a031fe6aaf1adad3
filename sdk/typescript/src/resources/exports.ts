import { AssayError, WaitTimeoutError } from "../errors.js";
import type { PagePromise } from "../pages.js";
import { sleep } from "../retries.js";
import { path, type RequestOptions, type Transport } from "../transport.js";
import type { Export, ExportCreate, PageQuery } from "../types.js";

const LOOK_SECONDS = 1;

/** Datasets of jobs' delivered files. */
export class Exports {
  readonly #transport: Transport;

  /** @param transport - of the client. */
  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /** Begin an export; it is made in the background. */
  create(dataset: ExportCreate & { job_id: string }, options?: RequestOptions): Promise<Export> {
    const { job_id, ...format } = dataset;
    return this.#transport.json({ method: "POST", path: path`/v1/jobs/${job_id}/exports`, json: format }, options);
  }

  /** An export; its `download_url` is signed anew. */
  get(exportId: string, options?: RequestOptions): Promise<Export> {
    return this.#transport.json({ method: "GET", path: path`/v1/exports/${exportId}` }, options);
  }

  /** A job's exports, newest first. */
  list(query: PageQuery & { job_id: string }, options?: RequestOptions): PagePromise<Export> {
    const { job_id, ...page } = query;
    return this.#transport.pages(path`/v1/jobs/${job_id}/exports`, page, options);
  }

  /**
   * An export as soon as it can be downloaded.
   *
   * @param wait - how long; without end when absent.
   * @throws AssayError - it failed.
   * @throws WaitTimeoutError - the time was up before.
   */
  async wait(exportId: string, wait: { timeout_seconds?: number } = {}, options: RequestOptions = {}): Promise<Export> {
    const ends = Date.now() + (wait.timeout_seconds ?? Number.POSITIVE_INFINITY) * 1000;
    for (;;) {
      const made = await this.get(exportId, options);
      if (made.status === "completed") return made;
      if (made.status === "failed") throw new AssayError(`${exportId} failed: ${made.error ?? "no reason is given"}`);
      if (Date.now() >= ends) throw new WaitTimeoutError(`${exportId} is still ${made.status}`);
      await sleep(LOOK_SECONDS, options.signal);
    }
  }
}
