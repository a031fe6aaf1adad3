import type { PagePromise } from "../pages.js";
import { path, type RequestOptions, type Transport } from "../transport.js";
import type { NewWorker, Worker, WorkerBan, WorkerCreate, WorkerInvitation, WorkerListQuery } from "../types.js";

/** The people who capture files for the organization. */
export class Workers {
  readonly #transport: Transport;

  /** @param transport - of the client. */
  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /** Add a worker; the token is shown in the answer, and never again. */
  create(worker: WorkerCreate, options?: RequestOptions): Promise<NewWorker> {
    return this.#transport.json({ method: "POST", path: path`/v1/workers`, json: worker }, options);
  }

  /** A worker. */
  get(workerId: string, options?: RequestOptions): Promise<Worker> {
    return this.#transport.json({ method: "GET", path: path`/v1/workers/${workerId}` }, options);
  }

  /** Workers, newest first. */
  list(query?: WorkerListQuery, options?: RequestOptions): PagePromise<Worker> {
    return this.#transport.pages(path`/v1/workers`, query, options);
  }

  /** Give a worker no more work. */
  ban(workerId: string, ban: WorkerBan = {}, options?: RequestOptions): Promise<Worker> {
    return this.#transport.json({ method: "POST", path: path`/v1/workers/${workerId}/ban`, json: ban }, options);
  }

  /** Lift a ban; the strikes are forgotten. */
  unban(workerId: string, options?: RequestOptions): Promise<Worker> {
    return this.#transport.json({ method: "POST", path: path`/v1/workers/${workerId}/unban` }, options);
  }

  /** A link and its QR code that sign the worker in on the capture page, once; an older one ends. */
  invite(workerId: string, options?: RequestOptions): Promise<WorkerInvitation> {
    return this.#transport.json({ method: "POST", path: path`/v1/workers/${workerId}/invitation` }, options);
  }

  /** Replace a worker's token; the old one ends at once. */
  rotateToken(workerId: string, options?: RequestOptions): Promise<NewWorker> {
    return this.#transport.json({ method: "POST", path: path`/v1/workers/${workerId}/rotate_token` }, options);
  }
}
