# Generated from _async/credits.py by sdk/python/generate_sync.py; edit that.
"""Credits. One credit is one US cent."""

from assay_sdk import calls
from assay_sdk._sync.pages import Page
from assay_sdk._sync.transport import Transport
from assay_sdk.types.credits import CreditBalance, CreditPurchase, CreditTransaction, TransactionType


class Credits:
    """What the organization has, and where it went."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def balance(self) -> CreditBalance:
        """What the organization has."""
        return self._transport.fetch(calls.get("/v1/billing/credits"), CreditBalance)

    def transactions(
        self,
        *,
        type: TransactionType | None = None,
        job_id: str | None = None,
        limit: int | None = None,
        cursor: str | None = None,
    ) -> Page[CreditTransaction]:
        """Movements of credits, newest first.

        Args:
            type: of those to list.
            job_id: of the job that they are for.
            limit: transactions on a page, 1 to 100.
            cursor: `next_cursor` of the page before.
        """
        call = calls.get("/v1/billing/transactions", type=type, job_id=job_id, limit=limit, cursor=cursor)
        return Page.of(self._transport, call, CreditTransaction)

    def purchase(self, *, amount_credits: int, idempotency_key: str | None = None) -> CreditPurchase:
        """Buy credits: done at once, or at `checkout_url`, as the operator has set it up."""
        body = {"amount_credits": amount_credits}
        call = calls.post("/v1/billing/credits/purchase", body, idempotency_key=idempotency_key)
        return self._transport.fetch(call, CreditPurchase)
