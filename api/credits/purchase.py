"""Buying credits: booked at once, or when the payment provider says that they are paid."""

import hashlib

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from api.credits.ledger import Movement, find_booked, move
from api.credits.payments import Checkout, Payment
from api.credits.queries import render_transaction, transactions_of
from api.credits.schemas import PurchaseResource
from api.errors import ValidationFailed
from api.events import record
from api.ids import new_id
from api.tables import LedgerTransaction, Organization


def check_amount(amount_credits: int, max_credits: int) -> None:
    """
    Raises:
        ValidationFailed: it is more than may be bought at once.
    """
    if amount_credits > max_credits:
        raise ValidationFailed(f"at most {max_credits} credits can be bought at once", param="amount_credits")


def once_key(organization_id: str, idempotency_key: str | None, amount_credits: int) -> str:
    """What the provider knows an order by: the same for a repeated request, new for one that names no key."""
    text = f"{organization_id}\n{idempotency_key or new_id('req')}\n{amount_credits}"
    return hashlib.sha256(text.encode()).hexdigest()


async def complete(
    session: AsyncSession, organization_id: str, amount_credits: int, *, actor: str, request_id: str
) -> PurchaseResource:
    """Book a purchase that needs no payment."""
    payment = Payment(new_id("txn"), organization_id, amount_credits)
    booked = await _book(session, payment, "Purchase", actor, request_id)
    row = (await session.execute(transactions_of(organization_id).where(LedgerTransaction.id == booked.id))).one()
    return PurchaseResource(
        id=booked.id,
        status="completed",
        amount_credits=amount_credits,
        amount_cents=amount_credits,
        checkout_url=None,
        transaction=render_transaction(row),
    )


def await_payment(checkout: Checkout, amount_credits: int) -> PurchaseResource:
    """A purchase whose buyer has to pay first."""
    return PurchaseResource(
        id=checkout.id,
        status="pending",
        amount_credits=amount_credits,
        amount_cents=amount_credits,
        checkout_url=checkout.url,
        transaction=None,
    )


async def settle(session: AsyncSession, payment: Payment, *, request_id: str) -> None:
    """Book what was paid, once, however often the provider tells of it.

    Raises:
        ValidationFailed: it was paid for an organization that is not here.
    """
    if await session.scalar(select(Organization.id).where(Organization.id == payment.organization_id)) is None:
        raise ValidationFailed("this was paid for an unknown organization", code="unknown_organization")
    if await find_booked(session, payment.organization_id, _key(payment.checkout_id)) is None:
        description = f"Purchase, Stripe checkout {payment.checkout_id}"
        await _book(session, payment, description, "system", request_id)


async def _book(
    session: AsyncSession, payment: Payment, description: str, actor: str, request_id: str
) -> LedgerTransaction:
    amount = payment.amount_credits
    purchase = Movement("purchase", "purchased", "available", amount, _key(payment.checkout_id), description)
    booked = await move(session, payment.organization_id, purchase)
    record(
        session,
        payment.organization_id,
        "credits.purchased",
        actor=actor,
        subject_id=booked.id,
        request_id=request_id,
        amount_credits=amount,
    )
    return booked


def _key(checkout_id: str) -> str:
    return f"purchase:{checkout_id}"
