"""Reading credits."""

from sqlalchemy import ColumnElement, Row, Select, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from api.credits.schemas import BalanceResource, TransactionResource
from api.tables import Account, LedgerEntry, LedgerTransaction, Organization

Changes = tuple[LedgerTransaction, int | None, int | None]
"""A transaction, and what it did to the available and to the held credits."""


async def balance_of(session: AsyncSession, organization_id: str) -> BalanceResource:
    """What the organization has now, in one statement, so that no movement falls between its parts."""
    newest = (
        select(LedgerTransaction.created_at)
        .where(LedgerTransaction.organization_id == organization_id)
        .order_by(LedgerTransaction.id.desc())
        .limit(1)
        .scalar_subquery()
    )
    query = select(
        _balance(organization_id, "available"), _balance(organization_id, "held"),
        func.coalesce(newest, Organization.created_at),
    ).where(Organization.id == organization_id)  # fmt: skip
    available, held, updated_at = (await session.execute(query)).one()
    total = available + held
    return BalanceResource(
        available_credits=available,
        held_credits=held,
        total_credits=total,
        available_cents=available,
        held_cents=held,
        total_cents=total,
        updated_at=updated_at,
    )


def transactions_of(organization_id: str) -> Select[*Changes]:
    """The organization's transactions, each with what it did to the available and to the held credits."""
    return select(
        LedgerTransaction, _change("available").label("available_change"), _change("held").label("held_change")
    ).where(LedgerTransaction.organization_id == organization_id)


def render_transaction(row: Row[*Changes]) -> TransactionResource:
    """A row of `transactions_of`, as the API shows it."""
    booked: LedgerTransaction = row[0]
    change = row.available_change if row.available_change is not None else row.held_change
    return TransactionResource.model_validate(
        {name: getattr(booked, name) for name in TransactionResource.model_fields if hasattr(booked, name)}
        | {"amount_credits": change, "amount_cents": change}
    )


def _balance(organization_id: str, name: str) -> ColumnElement[int]:
    query = select(Account.balance).where(Account.organization_id == organization_id, Account.name == name)
    return query.scalar_subquery()


def _change(account: str) -> ColumnElement[int | None]:
    query = select(LedgerEntry.amount_credits).where(
        LedgerEntry.transaction_id == LedgerTransaction.id, LedgerEntry.account == account
    )
    return query.scalar_subquery()
