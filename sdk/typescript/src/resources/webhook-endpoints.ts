import type { PagePromise } from "../pages.js";
import { path, type RequestOptions, type Transport } from "../transport.js";
import type {
  PageQuery,
  WebhookEndpoint,
  WebhookEndpointCreate,
  WebhookEndpointUpdate,
  WebhookEndpointWithSecret,
} from "../types.js";

/** Receivers of events. */
export class WebhookEndpoints {
  readonly #transport: Transport;

  /** @param transport - of the client. */
  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /** Add a receiver; its secret is shown in the answer, and never again. */
  create(endpoint: WebhookEndpointCreate, options?: RequestOptions): Promise<WebhookEndpointWithSecret> {
    return this.#transport.json({ method: "POST", path: path`/v1/webhook_endpoints`, json: endpoint }, options);
  }

  /** A receiver. */
  get(endpointId: string, options?: RequestOptions): Promise<WebhookEndpoint> {
    return this.#transport.json({ method: "GET", path: path`/v1/webhook_endpoints/${endpointId}` }, options);
  }

  /** Receivers, newest first. */
  list(query?: PageQuery, options?: RequestOptions): PagePromise<WebhookEndpoint> {
    return this.#transport.pages(path`/v1/webhook_endpoints`, query, options);
  }

  /** Change a receiver; what is absent stays. */
  update(endpointId: string, change: WebhookEndpointUpdate, options?: RequestOptions): Promise<WebhookEndpoint> {
    return this.#transport.json(
      { method: "PATCH", path: path`/v1/webhook_endpoints/${endpointId}`, json: change },
      options,
    );
  }

  /** Remove a receiver. */
  delete(endpointId: string, options?: RequestOptions): Promise<void> {
    return this.#transport.empty({ method: "DELETE", path: path`/v1/webhook_endpoints/${endpointId}` }, options);
  }

  /** Make a new secret; for 24 hours the old one signs too. */
  rotateSecret(endpointId: string, options?: RequestOptions): Promise<WebhookEndpointWithSecret> {
    return this.#transport.json(
      { method: "POST", path: path`/v1/webhook_endpoints/${endpointId}/rotate_secret` },
      options,
    );
  }
}
