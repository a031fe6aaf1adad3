import type { PagePromise } from "../pages.js";
import { path, type RequestOptions, type Transport } from "../transport.js";
import type { WebhookEventListQuery, WebhookEventWithDeliveries } from "../types.js";

/** What happened, and how far it has come on its way to the receivers. */
export class WebhookEvents {
  readonly #transport: Transport;

  /** @param transport - of the client. */
  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /** Events, newest first. */
  list(query?: WebhookEventListQuery, options?: RequestOptions): PagePromise<WebhookEventWithDeliveries> {
    return this.#transport.pages(path`/v1/webhook_events`, query, options);
  }

  /** Send an event again, under the same id, to every receiver that wants its type. */
  replay(eventId: string, options?: RequestOptions): Promise<WebhookEventWithDeliveries> {
    return this.#transport.json({ method: "POST", path: path`/v1/webhook_events/${eventId}/replay` }, options);
  }
}
