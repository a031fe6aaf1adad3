import { path, type RequestOptions, type Transport } from "../transport.js";
import type { BatchSettings, BatchUpdate, ModelRole, OpsOverview } from "../types.js";

/** The installation, for its operators; needs a key with the scopes `ops:read` and `ops:write`. */
export class Ops {
  readonly #transport: Transport;

  /** @param transport - of the client. */
  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /** Queue, throughput, latencies, models and failures at this moment, over all organizations. */
  overview(options?: RequestOptions): Promise<OpsOverview> {
    return this.#transport.json({ method: "GET", path: path`/v1/ops/overview` }, options);
  }

  /** Let a model's batches form in another way from the next one on. */
  changeBatch(role: ModelRole, batch: BatchUpdate, options?: RequestOptions): Promise<BatchSettings> {
    return this.#transport.json({ method: "PATCH", path: path`/v1/ops/models/${role}/batch`, json: batch }, options);
  }
}
