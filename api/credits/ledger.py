"""The money: a double-entry ledger that is only ever added to.

Every movement is a transaction whose entries add up to zero. The balances stand beside it, in rows that are locked
while they move and that the database keeps from falling below zero; `check` compares them with the sums.

    purchase, bonus, adjustment   purchased | granted → available
    hold                          available → held        (a job is created)
    capture                       held → paid             (a file is approved)
    refund                        paid → held | available (an approval is taken back)
    release                       held → available        (a job ends)
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import bindparam, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from api.clock import now
from api.credits.low_balance import note_rise
from api.credits.schemas import TransactionType
from api.errors import InsufficientCredits
from api.ids import new_id
from api.rows import connection_of, write_rows
from api.tables import Account, LedgerEntry, LedgerTransaction

AccountName = Literal["available", "held", "paid", "purchased", "granted"]

_ACCOUNTS = Account.__table__.c
_OF_ORGANIZATION = _ACCOUNTS.organization_id == bindparam("organization")
_LOCK = select(_ACCOUNTS.name, _ACCOUNTS.balance).where(_OF_ORGANIZATION).order_by(_ACCOUNTS.name).with_for_update()
_SET = update(Account.__table__).where(_OF_ORGANIZATION, _ACCOUNTS.name == bindparam("account"))  # type: ignore[arg-type]
ACCOUNTS: tuple[AccountName, ...] = ("available", "held", "paid", "purchased", "granted")


@dataclass(frozen=True, slots=True)
class Movement:
    """Credits that go from one account to another."""

    type: TransactionType
    source: AccountName
    target: AccountName
    amount_credits: int
    key: str
    """What it is for; the same key is never booked twice."""
    description: str
    job_id: str | None = None
    submission_id: str | None = None

    def __post_init__(self) -> None:
        if self.amount_credits <= 0:
            raise ValueError(f"a movement has an amount above 0, got {self.amount_credits}")


@dataclass(frozen=True, slots=True)
class Balances:
    """Credits of an organization."""

    available: int
    held: int


async def open_accounts(session: AsyncSession, organization_id: str) -> None:
    """Make the accounts of a new organization, all at zero."""
    session.add_all(Account(organization_id=organization_id, name=name, balance=0) for name in ACCOUNTS)
    await session.flush()


async def move(session: AsyncSession, organization_id: str, movement: Movement) -> LedgerTransaction:
    """Book one movement, as `move_all` does."""
    (booked,) = await move_all(session, organization_id, [movement])
    return LedgerTransaction(**booked)


async def move_all(session: AsyncSession, organization_id: str, movements: Sequence[Movement]) -> list[dict[str, Any]]:
    """Book movements in the caller's transaction. The organization's accounts stay locked until it ends.

    Returns:
        The rows of `LedgerTransaction`, in the order of the movements.

    Raises:
        InsufficientCredits: a source has less.
        sqlalchemy.exc.IntegrityError: a key was booked before; the transaction is lost.
    """
    balances = await _locked(session, organization_id)
    before = dict(balances)
    booked = [_book(organization_id, movement, balances) for movement in movements]
    changed = [{"account": name, "balance": balance} for name, balance in balances.items() if balance != before[name]]
    if changed:
        await connection_of(session).execute(_SET, [{"organization": organization_id} | one for one in changed])
    await write_rows(session, LedgerTransaction, booked)
    sides = [side for one, movement in zip(booked, movements, strict=True) for side in _sides(one, movement)]
    await write_rows(session, LedgerEntry, sides)
    if any(movement.target == "available" for movement in movements):
        await note_rise(session, organization_id, balances["available"])
    return booked


async def balances(session: AsyncSession, organization_id: str) -> Balances:
    """What the organization has now."""
    rows = await session.execute(
        select(Account.name, Account.balance).where(
            Account.organization_id == organization_id, Account.name.in_(("available", "held"))
        )
    )
    by_name: dict[str, int] = dict(rows.all())
    return Balances(by_name["available"], by_name["held"])


async def find_booked(session: AsyncSession, organization_id: str, key: str) -> LedgerTransaction | None:
    """What was booked under a key. The accounts are locked first, so nobody books it until the transaction ends."""
    await _locked(session, organization_id)
    return (await session.scalars(select(LedgerTransaction).where(LedgerTransaction.key == key))).one_or_none()


async def _locked(session: AsyncSession, organization_id: str) -> dict[str, int]:
    """Balances by name. Locked in one order always, so that two movements wait for each other and never lock up."""
    rows = await connection_of(session).execute(_LOCK, {"organization": organization_id})
    return dict(rows.all())


def _book(organization_id: str, movement: Movement, balances: dict[str, int]) -> dict[str, Any]:
    if movement.source == "available" and balances["available"] < movement.amount_credits:
        raise InsufficientCredits(
            f"{movement.amount_credits} credits are needed and {balances['available']} are available",
            code="insufficient_credits",
        )
    balances[movement.source] -= movement.amount_credits
    balances[movement.target] += movement.amount_credits
    return {
        "id": new_id("txn"),
        "organization_id": organization_id,
        "type": movement.type,
        "amount_credits": movement.amount_credits,
        "key": movement.key,
        "job_id": movement.job_id,
        "submission_id": movement.submission_id,
        "description": movement.description,
        "available_after": balances["available"],
        "held_after": balances["held"],
        "created_at": now(),
    }


def _sides(booked: dict[str, Any], movement: Movement) -> list[dict[str, Any]]:
    both = ((movement.source, -movement.amount_credits), (movement.target, movement.amount_credits))
    return [
        {
            "transaction_id": booked["id"],
            "organization_id": booked["organization_id"],
            "account": name,
            "amount_credits": amount,
        }
        for name, amount in both
    ]
