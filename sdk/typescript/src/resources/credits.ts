import type { PagePromise } from "../pages.js";
import { path, type RequestOptions, type Transport } from "../transport.js";
import type {
  CreditBalance,
  CreditPurchase,
  CreditPurchaseCreate,
  CreditTransaction,
  CreditTransactionListQuery,
} from "../types.js";

/** The organization's credits; one is a cent. */
export class Credits {
  readonly #transport: Transport;

  /** @param transport - of the client. */
  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /** What is available, and what is held for jobs. */
  balance(options?: RequestOptions): Promise<CreditBalance> {
    return this.#transport.json({ method: "GET", path: path`/v1/billing/credits` }, options);
  }

  /** Movements of credits, newest first. */
  transactions(query?: CreditTransactionListQuery, options?: RequestOptions): PagePromise<CreditTransaction> {
    return this.#transport.pages(path`/v1/billing/transactions`, query, options);
  }

  /** Buy credits: done at once, or at `checkout_url`, as the operator has set it up. */
  purchase(purchase: CreditPurchaseCreate, options?: RequestOptions): Promise<CreditPurchase> {
    return this.#transport.json({ method: "POST", path: path`/v1/billing/credits/purchase`, json: purchase }, options);
  }
}
