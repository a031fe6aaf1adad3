import type { PagePromise } from "./pages.js";
import { path, Transport, type RequestOptions, type TransportOptions } from "./transport.js";
import type {
  PageQuery,
  PartedUpload,
  Submit,
  WorkerJob,
  WorkerSelf,
  WorkerSubmission,
  WorkerSubmissionListQuery,
} from "./types.js";
import { named, putBytes, untilDecided, type FileContent, type VerdictWait } from "./uploads.js";

/** Which worker, and where. */
export interface AssayWorkerOptions extends TransportOptions {
  /** `wk_…`. It opens what this one worker may see and do, so that it may be in the worker's own browser. */
  token: string;
}

/** What to say of a captured file, and how long to wait for its verdict. */
export interface Capture extends VerdictWait {
  /** The file's own name when absent. */
  filename?: string;
  /** ISO 8601 with an offset. */
  captured_at?: string;
  /** Of the file: an upload that arrives otherwise is not scored. */
  sha256?: string;
}

/** A worker's side of Assay: take a job, capture a file, hear how good it is. In Node and in browsers. */
export class AssayWorker {
  readonly #transport: Transport;

  /** @param options - the token, and where the server is. */
  constructor(options: AssayWorkerOptions) {
    if (!options.token) throw new TypeError("token is missing");
    this.#transport = new Transport(options.token, options);
  }

  /** Who I am, what I earned, how many strikes I have. */
  me(options?: RequestOptions): Promise<WorkerSelf> {
    return this.#transport.json({ method: "GET", path: path`/v1/worker/me` }, options);
  }

  /** Jobs with open slots, newest first. */
  jobs(query?: PageQuery, options?: RequestOptions): PagePromise<WorkerJob> {
    return this.#transport.pages(path`/v1/worker/jobs`, query, options);
  }

  /** One active job. */
  job(jobId: string, options?: RequestOptions): Promise<WorkerJob> {
    return this.#transport.json({ method: "GET", path: path`/v1/worker/jobs/${jobId}` }, options);
  }

  /** My submissions, newest first. */
  submissions(query?: WorkerSubmissionListQuery, options?: RequestOptions): PagePromise<WorkerSubmission> {
    return this.#transport.pages(path`/v1/worker/submissions`, query, options);
  }

  /** One of my submissions: its score, the reasons, and what to do better. */
  submission(submissionId: string, options?: RequestOptions): Promise<WorkerSubmission> {
    return this.#transport.json({ method: "GET", path: path`/v1/worker/submissions/${submissionId}` }, options);
  }

  /** Take a slot of a job; the answer's `upload` says where to send the file, and until when. */
  accept(jobId: string, options?: RequestOptions): Promise<WorkerSubmission> {
    return this.#transport.json({ method: "POST", path: path`/v1/worker/jobs/${jobId}/accept` }, options);
  }

  /** Send the file of a slot that {@link accept} or {@link retry} gave. */
  async upload(submission: WorkerSubmission, file: FileContent, options?: RequestOptions): Promise<void> {
    if (!submission.upload) throw new TypeError(`${submission.id} waits for no file`);
    await putBytes(this.#transport, submission.upload, (await named(file)).blob, options);
  }

  /** Send a large file in parts, so that a broken connection costs one of them; an earlier upload's parts go. */
  beginPartedUpload(submissionId: string, sizeBytes: number, options?: RequestOptions): Promise<PartedUpload> {
    const to = path`/v1/worker/submissions/${submissionId}/parted_upload`;
    return this.#transport.json({ method: "POST", path: to, json: { size_bytes: sizeBytes } }, options);
  }

  /** What of it is there, and where the next parts go; once nothing is missing, {@link submit} the file. */
  partedUpload(submissionId: string, options?: RequestOptions): Promise<PartedUpload> {
    return this.#transport.json(
      { method: "GET", path: path`/v1/worker/submissions/${submissionId}/parted_upload` },
      options,
    );
  }

  /** Say that the file is uploaded; it is scored next. */
  submit(submissionId: string, told: Submit = {}, options?: RequestOptions): Promise<WorkerSubmission> {
    const call = { method: "POST", path: path`/v1/worker/submissions/${submissionId}/submit`, json: told } as const;
    return this.#transport.json(call, options);
  }

  /** Take the second attempt, after 2 stars; the answer has a new `upload`. */
  retry(submissionId: string, options?: RequestOptions): Promise<WorkerSubmission> {
    return this.#transport.json({ method: "POST", path: path`/v1/worker/submissions/${submissionId}/retry` }, options);
  }

  /**
   * A submission as soon as it is decided.
   *
   * @throws WaitTimeoutError - the time was up before.
   */
  wait(submissionId: string, wait: VerdictWait = {}, options: RequestOptions = {}): Promise<WorkerSubmission> {
    return untilDecided(() => this.submission(submissionId, options), wait, options.signal);
  }

  /**
   * Take a slot, send the file, submit it, and wait for the verdict. With an `idempotencyKey` of your own a repeated
   * call goes on where the one before ended.
   *
   * A job that asks for several files at a time gives as many slots: use {@link accept} there, and
   * {@link captureInto} for each of its `submissions`.
   *
   * @throws WaitTimeoutError - it is submitted, but not decided yet: {@link wait} goes on.
   */
  async capture(
    jobId: string,
    file: FileContent,
    told: Capture = {},
    options: RequestOptions = {},
  ): Promise<WorkerSubmission> {
    const { blob, filename } = await named(file, told.filename); // before a slot is taken: the file may not be there
    const slot = await this.accept(jobId, options);
    if (options.idempotencyKey === undefined) return this.captureInto(slot, blob, { ...told, filename }, options);
    // The key may have been used before: the slot is as it was then, with the file or without.
    const { timeout_seconds, ...said } = told;
    if (slot.upload && (await this.submission(slot.id, options)).status === "awaiting_upload") {
      await putBytes(this.#transport, slot.upload, blob, options, true);
      await this.submit(slot.id, { ...said, filename }, options);
    }
    return this.wait(slot.id, timeout_seconds === undefined ? {} : { timeout_seconds }, options);
  }

  /** Send the file of a slot, submit it, and wait for the verdict: what {@link capture} does with its slot. */
  async captureInto(
    slot: WorkerSubmission,
    file: FileContent,
    told: Capture = {},
    options: RequestOptions = {},
  ): Promise<WorkerSubmission> {
    const { timeout_seconds, ...said } = told;
    const { blob, filename } = await named(file, told.filename);
    await this.upload(slot, blob, options);
    await this.submit(slot.id, { ...said, filename }, options);
    return this.wait(slot.id, timeout_seconds === undefined ? {} : { timeout_seconds }, options);
  }
}
