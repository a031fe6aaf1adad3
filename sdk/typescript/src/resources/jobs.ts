import { WaitTimeoutError } from "../errors.js";
import type { PagePromise } from "../pages.js";
import { path, type RequestOptions, type Transport } from "../transport.js";
import type { AuditEntry, Job, JobCreate, JobListQuery, JobRating, PageQuery } from "../types.js";

/** What to wait for. */
export interface JobWait {
  /** So many approved files; the end of the job when absent. */
  files?: number;
  /** When to give up; never when absent. */
  timeout_seconds?: number;
}

/** The server holds the answer back for so long, unless the job changes. */
const LONG_POLL_SECONDS = 10;

/** Jobs: what to collect, and what is paid for it. */
export class Jobs {
  readonly #transport: Transport;

  /** @param transport - of the client. */
  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /** Post a job; `quantity × reward_per_file` credits are held for it. */
  create(job: JobCreate, options?: RequestOptions): Promise<Job> {
    return this.#transport.json({ method: "POST", path: path`/v1/jobs`, json: job }, options);
  }

  /** A job as it is now. */
  get(jobId: string, options?: RequestOptions): Promise<Job> {
    return this.#transport.json({ method: "GET", path: path`/v1/jobs/${jobId}` }, options);
  }

  /** Jobs, newest first. */
  list(query?: JobListQuery, options?: RequestOptions): PagePromise<Job> {
    return this.#transport.pages(path`/v1/jobs`, query, options);
  }

  /** End a job; the credits that it still holds return at once. */
  cancel(jobId: string, options?: RequestOptions): Promise<Job> {
    return this.#transport.json({ method: "POST", path: path`/v1/jobs/${jobId}/cancel` }, options);
  }

  /** Say how good the files of a job are. */
  rate(jobId: string, rating: JobRating, options?: RequestOptions): Promise<Job> {
    return this.#transport.json({ method: "POST", path: path`/v1/jobs/${jobId}/rate`, json: rating }, options);
  }

  /** Who did what to a job, newest first. */
  audit(jobId: string, query?: PageQuery, options?: RequestOptions): PagePromise<AuditEntry> {
    return this.#transport.pages(path`/v1/jobs/${jobId}/audit`, query, options);
  }

  /**
   * The job as soon as it has the files, or has ended: look at `files_approved` and `status`.
   *
   * @throws WaitTimeoutError - the time was up before.
   */
  async wait(jobId: string, wait: JobWait = {}, options: RequestOptions = {}): Promise<Job> {
    const ends = Date.now() + (wait.timeout_seconds ?? Number.POSITIVE_INFINITY) * 1000;
    let job = await this.get(jobId, options);
    while (job.status === "active" && job.files_approved < (wait.files ?? Number.POSITIVE_INFINITY)) {
      const left = Math.ceil((ends - Date.now()) / 1000);
      if (left <= 0) throw new WaitTimeoutError(`${jobId} has ${job.files_approved} of ${job.quantity} files`);
      job = await this.#changed(jobId, Math.min(LONG_POLL_SECONDS, left), options);
    }
    return job;
  }

  /** The job once it changes, or after so many seconds. */
  #changed(jobId: string, seconds: number, options: RequestOptions): Promise<Job> {
    const patience = (options.timeoutSeconds ?? this.#transport.timeoutSeconds) + seconds;
    const call = { method: "GET", path: path`/v1/jobs/${jobId}`, headers: { Prefer: `wait=${seconds}` } } as const;
    return this.#transport.json(call, { ...options, timeoutSeconds: patience });
  }
}
