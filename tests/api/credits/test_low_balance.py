"""`credits.low_balance`: once for each fall below the threshold."""

import pytest
from sqlalchemy import select

from api.credits.ledger import Movement, move
from api.credits.low_balance import watch_balance
from api.ids import new_id
from api.tables import Event, Organization

pytestmark = pytest.mark.anyio


@pytest.fixture
async def shift(services, make_organization):
    """Moves credits of an organization with 5,000 (threshold 1,000) in or out; returns the events so far."""
    organization = await make_organization(credits=5000)

    async def shift(change: int) -> list[Event]:
        async with services.db.write() as session:
            if change < 0:
                hold = Movement("hold", "available", "held", -change, new_id("txn"), "")
                await move(session, organization.id, hold)
                await watch_balance(session, organization.id)
            else:
                release = Movement("release", "held", "available", change, new_id("txn"), "")
                await move(session, organization.id, release)
        async with services.db.read() as session:
            return list(await session.scalars(select(Event).order_by(Event.created_at)))

    shift.organization = organization
    return shift


async def test_each_fall_is_told_once(shift):
    assert await shift(-4000) == [], "1,000 are not below 1,000"
    told = await shift(-1)
    assert [event.type for event in told] == ["credits.low_balance"]
    assert told[0].livemode
    assert told[0].data == {
        "object": "credit_balance", "available_credits": 999, "held_credits": 4001, "total_credits": 5000,
        "available_cents": 999, "held_cents": 4001, "total_cents": 5000, "currency": "usd",
        "updated_at": told[0].data["updated_at"], "threshold_credits": 1000,
    }  # fmt: skip
    assert len(await shift(-100)) == 1, "still below"
    assert len(await shift(50)) == 1, "a rise that stays below"
    assert len(await shift(-10)) == 1, "is no new fall"
    assert len(await shift(500)) == 1
    assert len(await shift(-600)) == 2, "above, and below again"


async def test_it_is_undone_with_the_movement(services, shift):
    async def fail() -> None:
        async with services.db.write() as session:
            await move(session, shift.organization.id, Movement("hold", "available", "held", 4500, "h", ""))
            await watch_balance(session, shift.organization.id)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await fail()
    async with services.db.read() as session:
        assert (await session.scalars(select(Event))).all() == []
        assert (await session.get_one(Organization, shift.organization.id)).low_balance_at is None
    assert len(await shift(-4500)) == 1


async def test_a_lower_threshold_lets_the_next_fall_be_told(http, shift):
    assert len(await shift(-4500)) == 1
    change = {"low_balance_credits": 300}
    await http.patch("/v1/organization/settings", headers=shift.organization.headers, json=change)
    assert len(await shift(-100)) == 1
    told = await shift(-200)
    assert [event.data["threshold_credits"] for event in told] == [1000, 300]


async def test_zero_turns_it_off(http, shift):
    await http.patch("/v1/organization/settings", headers=shift.organization.headers, json={"low_balance_credits": 0})
    assert await shift(-5000) == []
