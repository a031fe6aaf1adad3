import type { PagePromise } from "../pages.js";
import { path, type RequestOptions, type Transport } from "../transport.js";
import type { ApiKey, ApiKeyCreate, NewApiKey, PageQuery } from "../types.js";

/** The organization's API keys. */
export class ApiKeys {
  readonly #transport: Transport;

  /** @param transport - of the client. */
  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /** Make a key; it is shown in the answer, and never again. */
  create(key: ApiKeyCreate, options?: RequestOptions): Promise<NewApiKey> {
    return this.#transport.json({ method: "POST", path: path`/v1/api_keys`, json: key }, options);
  }

  /** Keys, newest first. */
  list(query?: PageQuery, options?: RequestOptions): PagePromise<ApiKey> {
    return this.#transport.pages(path`/v1/api_keys`, query, options);
  }

  /** Replace a key; the old one works for another 24 hours. */
  rotate(keyId: string, options?: RequestOptions): Promise<NewApiKey> {
    return this.#transport.json({ method: "POST", path: path`/v1/api_keys/${keyId}/rotate` }, options);
  }

  /** End a key at once. */
  revoke(keyId: string, options?: RequestOptions): Promise<void> {
    return this.#transport.empty({ method: "POST", path: path`/v1/api_keys/${keyId}/revoke` }, options);
  }
}
