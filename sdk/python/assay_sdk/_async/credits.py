"""Credits. One credit is one US cent."""

from assay_sdk import calls
from assay_sdk._async.page_call import AsyncPageCall
from assay_sdk._async.transport import AsyncTransport
from assay_sdk.types.credits import CreditBalance, CreditPurchase, CreditTransaction, TransactionType


class AsyncCredits:
    """What the organization has, and where it went."""

    def __init__(self, transport: AsyncTransport) -> None:
        self._transport = transport

    async def balance(self) -> CreditBalance:
        """What the organization has."""
        return await self._transport.fetch(calls.get("/v1/billing/credits"), CreditBalance)

    def transactions(
        self,
        *,
        type: TransactionType | None = None,
        job_id: str | None = None,
        limit: int | None = None,
        cursor: str | None = None,
    ) -> AsyncPageCall[CreditTransaction]:
        """Movements of credits, newest first.

        Args:
            type: of those to list.
            job_id: of the job that they are for.
            limit: transactions on a page, 1 to 100.
            cursor: `next_cursor` of the page before.
        """
        call = calls.get("/v1/billing/transactions", type=type, job_id=job_id, limit=limit, cursor=cursor)
        return AsyncPageCall.of(self._transport, call, CreditTransaction)

    async def purchase(self, *, amount_credits: int, idempotency_key: str | None = None) -> CreditPurchase:
        """Buy credits: done at once, or at `checkout_url`, as the operator has set it up."""
        body = {"amount_credits": amount_credits}
        call = calls.post("/v1/billing/credits/purchase", body, idempotency_key=idempotency_key)
        return await self._transport.fetch(call, CreditPurchase)
