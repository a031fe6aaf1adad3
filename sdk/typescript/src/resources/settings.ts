import type { PagePromise } from "../pages.js";
import { path, type RequestOptions, type Transport } from "../transport.js";
import type { AccountAuditQuery, AuditEntry, OrganizationSettings, OrganizationSettingsUpdate } from "../types.js";

/** The organization's settings, and what was done to its account. */
export class Settings {
  readonly #transport: Transport;

  /** @param transport - of the client. */
  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /** What is set, with the defaults filled in. */
  get(options?: RequestOptions): Promise<OrganizationSettings> {
    return this.#transport.json({ method: "GET", path: path`/v1/organization/settings` }, options);
  }

  /** Change settings; what is absent stays, `null` brings a default back. */
  update(change: OrganizationSettingsUpdate, options?: RequestOptions): Promise<OrganizationSettings> {
    return this.#transport.json({ method: "PATCH", path: path`/v1/organization/settings`, json: change }, options);
  }

  /** Who did what to the account, newest first; what was done to a job is in `jobs.audit`. */
  audit(query?: AccountAuditQuery, options?: RequestOptions): PagePromise<AuditEntry> {
    return this.#transport.pages(path`/v1/organization/audit`, query, options);
  }
}
