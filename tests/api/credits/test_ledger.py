"""The ledger by itself: whatever happens to it, no credit is made, lost or booked twice."""

import asyncio
from dataclasses import dataclass, field

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError, IntegrityError

from api.credits.check import check
from api.credits.ledger import Balances, Movement, balances, find_booked, move
from api.errors import InsufficientCredits
from api.ids import new_id
from api.organizations.service import found_organization
from api.tables import Account, LedgerEntry, LedgerTransaction

pytestmark = pytest.mark.anyio

WAYS = (
    ("purchase", "purchased", "available"),
    ("bonus", "granted", "available"),
    ("adjustment", "granted", "available"),
    ("adjustment", "available", "granted"),
    ("expiration", "available", "granted"),
    ("hold", "available", "held"),
    ("release", "held", "available"),
    ("capture", "held", "paid"),
    ("refund", "paid", "held"),
    ("refund", "paid", "available"),
)
SOURCES = ("purchased", "granted")

steps = st.lists(st.tuples(st.sampled_from(WAYS), st.integers(1, 60), st.integers(0, 60)), min_size=10, max_size=40)
"""Way, amount, and the number in the key: few numbers, so that keys are repeated."""


@dataclass
class Model:
    """What the ledger should hold, the simple way."""

    balance: dict[str, int] = field(default_factory=lambda: dict.fromkeys(("available", "held", "paid", *SOURCES), 0))
    keys: set[str] = field(default_factory=set)

    def take(self, movement: Movement) -> bool:
        """Whether the movement is possible; it is made if so."""
        short = movement.source not in SOURCES and self.balance[movement.source] < movement.amount_credits
        if short or movement.key in self.keys:
            return False
        self.keys.add(movement.key)
        self.balance[movement.source] -= movement.amount_credits
        self.balance[movement.target] += movement.amount_credits
        return True


async def _open(db) -> str:
    async with db.write() as session:
        organization, _ = await found_organization(session, name="A", email=None, actor="operator")
    return organization.id


async def _book(db, organization_id: str, movement: Movement) -> bool:
    try:
        async with db.write() as session:
            await move(session, organization_id, movement)
    except (InsufficientCredits, IntegrityError):
        return False
    return True


async def _accounts(db, organization_id: str) -> dict[str, int]:
    query = select(Account.name, Account.balance).where(Account.organization_id == organization_id)
    async with db.read() as session:
        return {row.name: row.balance for row in await session.execute(query)}


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=steps)
async def test_any_sequence_of_movements_agrees_with_the_model(db, steps):
    organization_id, model = await _open(db), Model()
    start = (("purchase", "purchased", "available"), 150, -1), (("hold", "available", "held"), 50, -2)
    for (kind, source, target), amount, number in (*start, *steps):
        movement = Movement(kind, source, target, amount, f"{organization_id}:{number}", "")
        assert await _book(db, organization_id, movement) == model.take(movement), movement
        assert await _accounts(db, organization_id) == model.balance
    async with db.read() as session:
        booked = select(func.count()).where(LedgerTransaction.organization_id == organization_id)
        assert await session.scalar(booked) == len(model.keys)
        last = await session.scalar(
            select(func.coalesce(func.sum(LedgerEntry.amount_credits), 0)).where(
                LedgerEntry.organization_id == organization_id, LedgerEntry.account == "available"
            )
        )
    assert last == model.balance["available"]
    off = [line for line in await check(db) if "held for its jobs" not in line]
    assert off == [], "held credits without jobs are what this test makes, and all that may be off"


async def test_two_movements_at_once_lose_nothing(db):
    organization_id = await _open(db)
    assert await _book(db, organization_id, Movement("purchase", "purchased", "available", 1250, "p", ""))
    holds = [Movement("hold", "available", "held", 100, f"h{n}", "") for n in range(20)]
    booked = await asyncio.gather(*(_book(db, organization_id, hold) for hold in holds))
    assert sum(booked) == 12
    there_and_back = [
        Movement(*way, 50, f"{way[0]}{n}", "")
        for n in range(10)
        for way in (("release", "held", "available"), ("capture", "held", "paid"))
    ]
    assert all(await asyncio.gather(*(_book(db, organization_id, movement) for movement in there_and_back)))
    async with db.read() as session:
        assert await balances(session, organization_id) == Balances(1250 - 1200 + 500, 1200 - 1000)
    assert [line for line in await check(db) if "held for its jobs" not in line] == []


async def test_the_same_thing_at_once_is_booked_once(db):
    organization_id = await _open(db)
    grants = [Movement("bonus", "granted", "available", 100, "same", "") for _ in range(8)]
    booked = await asyncio.gather(*(_book(db, organization_id, grant) for grant in grants))
    assert sum(booked) == 1
    assert (await _accounts(db, organization_id))["available"] == 100


async def test_many_organizations_do_not_wait_for_each_other_for_ever(db):
    ids = [await _open(db) for _ in range(4)]
    grants = [(one, Movement("bonus", "granted", "available", 10, new_id("txn"), "")) for one in ids * 6]
    assert all(await asyncio.gather(*(_book(db, one, grant) for one, grant in grants)))
    assert [(await _accounts(db, one))["available"] for one in ids] == [60] * 4


async def test_what_is_booked_is_found_under_its_key(db):
    organization_id = await _open(db)
    async with db.write() as session:
        assert await find_booked(session, organization_id, "k") is None
        booked = await move(session, organization_id, Movement("bonus", "granted", "available", 5, "k", ""))
        assert (await find_booked(session, organization_id, "k")).id == booked.id


async def test_too_little_is_said_with_numbers(db):
    organization_id = await _open(db)
    await _book(db, organization_id, Movement("bonus", "granted", "available", 99, "b", ""))
    with pytest.raises(InsufficientCredits, match="100 credits are needed and 99 are available"):
        async with db.write() as session:
            await move(session, organization_id, Movement("hold", "available", "held", 100, "h", ""))


@pytest.mark.parametrize("amount", [0, -1])
def test_a_movement_moves_something(amount):
    with pytest.raises(ValueError, match=str(amount)):
        Movement("bonus", "granted", "available", amount, "k", "")


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE ledger_transactions SET amount_credits = 1",
        "DELETE FROM ledger_transactions",
        "UPDATE ledger_entries SET amount_credits = 1",
        "DELETE FROM ledger_entries",
        "UPDATE audit_entries SET actor = 'nobody'",
        "DELETE FROM audit_entries",
    ],
)
async def test_history_cannot_be_changed(db, statement):
    organization_id = await _open(db)
    await _book(db, organization_id, Movement("bonus", "granted", "available", 99, "b", ""))
    with pytest.raises(DBAPIError, match="append-only"):
        async with db.write() as session:
            await session.execute(text(statement))
    assert (await _accounts(db, organization_id))["available"] == 99


async def test_no_balance_falls_below_zero_whatever_the_code_does(db):
    await _open(db)
    with pytest.raises(IntegrityError, match="account_balance"):
        async with db.write() as session:
            await session.execute(text("UPDATE accounts SET balance = -1 WHERE name = 'held'"))
