"""Routes of credits. There is one balance for both modes: test keys may look at it, and buy nothing."""

from typing import Annotated

from fastapi import APIRouter, Header, Request, Response
from sqlalchemy.ext.asyncio import AsyncSession

from api.auth import Caller, needs
from api.credits import purchase
from api.credits.payments import Order
from api.credits.queries import balance_of, render_transaction, transactions_of
from api.credits.schemas import (
    BalanceResource,
    PurchaseCreate,
    PurchaseResource,
    TransactionResource,
    TransactionType,
    WebhookReceipt,
)
from api.credits.stripe_checkout import provider_for, stripe_provider
from api.errors import NotFound, PayloadTooLarge
from api.idempotency import OnceUse, owner_of
from api.ids import JobId
from api.live_only import require_live
from api.pages import Page, Paging, as_page
from api.services import Use
from api.tables import LedgerTransaction

router = APIRouter(tags=["credits"])

MAX_EVENT_BYTES = 256 * 1024
"""Of a call of the payment provider; Stripe's are a few kilobytes."""


@router.get("/v1/billing/credits")
async def get_credit_balance(use: Use, caller: Caller = needs("usage:read")) -> BalanceResource:
    """What the organization has."""
    async with use.db.read() as session:
        return await balance_of(session, caller.organization_id)


@router.get("/v1/billing/transactions")
async def list_transactions(
    use: Use,
    page: Paging,
    type: TransactionType | None = None,
    job_id: JobId | None = None,
    caller: Caller = needs("usage:read"),
) -> Page[TransactionResource]:
    """Newest first."""
    query = transactions_of(caller.organization_id)
    if type is not None:
        query = query.where(LedgerTransaction.type == type)
    if job_id is not None:
        query = query.where(LedgerTransaction.job_id == job_id)
    if page.before is not None:
        query = query.where(LedgerTransaction.id < page.before)
    async with use.db.read() as session:
        rows = (await session.execute(query.order_by(LedgerTransaction.id.desc()).limit(page.limit + 1))).all()
    return as_page(rows, page, lambda row: row[0].id, render_transaction)


@router.post("/v1/billing/credits/purchase", status_code=201, response_model=PurchaseResource)
async def purchase_credits(
    body: PurchaseCreate, request: Request, use: Use, once: OnceUse, caller: Caller = needs("billing:write")
) -> Response:
    """Buy credits: done at once, or at the checkout whose URL is answered, as the operator has set it up."""
    require_live(caller, "buying credits")
    organization_id, amount_credits = caller.organization_id, body.amount_credits
    purchase.check_amount(amount_credits, use.settings.billing.max_purchase_credits)
    key = purchase.once_key(organization_id, request.headers.get("Idempotency-Key"), amount_credits)
    # Before the transaction: a lock held while another company answers would hold up everybody here.
    checkout = await provider_for(use.settings).begin(Order(organization_id, amount_credits, key))

    async def action(session: AsyncSession) -> PurchaseResource:
        if checkout is not None:
            return purchase.await_payment(checkout, amount_credits)
        return await purchase.complete(
            session, organization_id, amount_credits, actor=caller.key_id, request_id=caller.request_id
        )

    return await once.run(owner_of(caller), action, status=201)


@router.post("/v1/billing/stripe/webhook")
async def receive_stripe_event(
    request: Request, use: Use, stripe_signature: Annotated[str | None, Header(max_length=2000)] = None
) -> WebhookReceipt:
    """Where Stripe tells that a checkout was paid."""
    if use.settings.billing.provider != "stripe":
        raise NotFound("credits are not sold through Stripe here")
    payment = stripe_provider(use.settings).paid(await _event_body(request), stripe_signature)
    use.limits.spend(request, "stripe")
    if payment is not None:
        async with use.db.write() as session:
            await purchase.settle(session, payment, request_id=request.state.request_id)
    return WebhookReceipt()


async def _event_body(request: Request) -> bytes:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_EVENT_BYTES:
            raise PayloadTooLarge("an event of the payment provider is smaller than that")
    return bytes(body)
