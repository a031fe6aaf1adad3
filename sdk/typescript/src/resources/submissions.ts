import type { PagePromise } from "../pages.js";
import { path, type RequestOptions, type Transport } from "../transport.js";
import type { Review, Submission, SubmissionCreate, SubmissionListQuery, SubmissionSummary } from "../types.js";
import { named, putBytes, untilDecided, type FileContent, type VerdictWait } from "../uploads.js";

/** A file of one's own for a job. */
export interface SubmissionUpload extends VerdictWait {
  /** The job that it is for. */
  job_id: string;
  /** A `File` or `Blob`, bytes, or, in Node, a path. */
  file: FileContent;
  /** The file's own name when absent. */
  filename?: string;
  /** Whom the file is from, in your own words. */
  worker_ref?: string;
  /** ISO 8601 with an offset. */
  captured_at?: string;
  /** Of the file: an upload that arrives otherwise is not scored. */
  sha256?: string;
}

/** Submissions: slots of jobs, and what came of them. */
export class Submissions {
  readonly #transport: Transport;

  /** @param transport - of the client. */
  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /** Announce a file of your own; the answer's `upload` says where to send it. {@link upload} does both. */
  create(submission: SubmissionCreate & { job_id: string }, options?: RequestOptions): Promise<Submission> {
    const { job_id, ...announced } = submission;
    return this.#transport.json(
      { method: "POST", path: path`/v1/jobs/${job_id}/submissions`, json: announced },
      options,
    );
  }

  /**
   * Bring a file of your own to a job, and wait for the verdict. With an `idempotencyKey` of your own a repeated call
   * goes on where the one before ended.
   *
   * @throws WaitTimeoutError - it is there, but not decided yet: {@link wait} goes on.
   */
  async upload(upload: SubmissionUpload, options: RequestOptions = {}): Promise<Submission> {
    const { file, timeout_seconds, ...announced } = upload;
    const { blob, filename } = await named(file, upload.filename);
    const submission = await this.create({ ...announced, filename, size_bytes: blob.size }, options);
    // A key of the caller's may have been used before: the slot is as it was then, with the file or without.
    const mayBeThere = options.idempotencyKey !== undefined;
    const waits = !mayBeThere || (await this.get(submission.id, options)).status === "awaiting_upload";
    if (submission.upload && waits) await putBytes(this.#transport, submission.upload, blob, options, mayBeThere);
    return this.wait(submission.id, timeout_seconds === undefined ? {} : { timeout_seconds }, options);
  }

  /**
   * A submission as soon as it is decided.
   *
   * @throws WaitTimeoutError - the time was up before.
   */
  wait(submissionId: string, wait: VerdictWait = {}, options: RequestOptions = {}): Promise<Submission> {
    return untilDecided(() => this.get(submissionId, options), wait, options.signal);
  }

  /** A submission as it is now. */
  get(submissionId: string, options?: RequestOptions): Promise<Submission> {
    return this.#transport.json({ method: "GET", path: path`/v1/submissions/${submissionId}` }, options);
  }

  /** Submissions of all jobs, or of one, newest first. */
  list(query?: SubmissionListQuery, options?: RequestOptions): PagePromise<Submission> {
    return this.#transport.pages(path`/v1/submissions`, query, options);
  }

  /** Submissions counted by status and score: of all jobs, or of one. */
  summary(query: { job_id?: string } = {}, options?: RequestOptions): Promise<SubmissionSummary> {
    return this.#transport.json({ method: "GET", path: path`/v1/submissions/summary`, query }, options);
  }

  /** Decide in the engine's place; the money follows. */
  review(submissionId: string, review: Review, options?: RequestOptions): Promise<Submission> {
    return this.#transport.json(
      { method: "POST", path: path`/v1/submissions/${submissionId}/review`, json: review },
      options,
    );
  }
}
