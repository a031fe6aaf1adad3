"""Whose files are scored next: organizations take turns, and within one it goes by time."""

import asyncio
from collections.abc import Sequence

import pytest
from sqlalchemy import text, update

from api import claims
from api.claims import Claim, Turns, claim
from api.clock import now
from api.db import Database
from api.services import Services
from api.tables import Submission
from tests.api.conftest import Client
from tests.api.scripted import picture
from tests.api.story import post_job

pytestmark = pytest.mark.anyio


async def _bring(http, organization: Client, count: int) -> None:
    job = await post_job(http, organization, quantity=count)
    for seed in range(count):
        files = {"file": ("photo.png", picture(5, seed=seed), "image/png")}
        sent = await http.post(f"/v1/jobs/{job['id']}/submissions", files=files, headers=organization.headers)
        assert sent.status_code == 201, sent.text


async def _claimed(db: Database, count: int, turns: Turns | None) -> list[str]:
    """The organizations of what is claimed next."""
    async with db.write() as session:
        made: Sequence[Claim] = await claim(session, count, 60.0, turns)
    return [one.submission.organization_id for one in made]


async def test_nobodys_backlog_stands_before_everybodys(http, services: Services, make_organization) -> None:
    first, second, third = [await make_organization() for _ in range(3)]
    for organization, count in ((first, 8), (second, 2), (third, 1)):
        await _bring(http, organization, count)
    turns, order = Turns(), list[str]()
    while claimed := await _claimed(services.db, 2, turns):
        assert len(claimed) <= 2
        order += claimed
    names = {first.id: "a", second.id: "b", third.id: "c"}
    assert len(order) == 11
    assert "".join(sorted(names[one] for one in order[:4])) in ("aabc", "abbc")
    assert "".join(names[one] for one in order[6:]).strip("a") == "", "the others are done"


async def test_without_others_it_goes_by_time(http, services: Services, organization: Client) -> None:
    await _bring(http, organization, 4)
    turns = Turns()
    async with services.db.write() as session:
        made = await claim(session, 3, 60.0, turns)
    waited = [one.submission.submitted_at for one in made]
    assert len(waited) == 3
    assert waited == sorted(waited)
    assert await _claimed(services.db, 3, turns) == [organization.id]
    assert await _claimed(services.db, 3, turns) == []


async def test_who_comes_to_a_queue_of_one_waits_for_a_moment(
    http, services: Services, make_organization, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = 100.0
    monkeypatch.setattr(claims, "monotonic", lambda: clock)
    first, second = [await make_organization() for _ in range(2)]
    await _bring(http, first, 8)
    turns = Turns()
    assert await _claimed(services.db, 2, turns) == [first.id] * 2
    await _bring(http, second, 1)
    assert await _claimed(services.db, 2, turns) == [first.id] * 2
    clock += claims.ALONE_SECONDS
    assert set(await _claimed(services.db, 2, turns)) == {first.id, second.id}


async def test_what_is_not_due_has_no_turn(http, services: Services, make_organization) -> None:
    first, second = [await make_organization() for _ in range(2)]
    for organization in (first, second):
        await _bring(http, organization, 1)
    async with services.db.write() as session:
        later = update(Submission).where(Submission.organization_id == first.id)
        await session.execute(later.values(claimable_at=now().replace(year=2999)))
    assert await _claimed(services.db, 2, Turns()) == [second.id]


async def test_a_turn_follows_an_index(db: Database) -> None:
    """A backlog of one organization is not read to find the next one."""
    if not db.is_sqlite:
        pytest.skip("a plan of an empty table says nothing on Postgres")
    question = "SELECT min(organization_id) FROM submissions WHERE claimable_at IS NOT NULL AND organization_id > 'a'"
    async with db.read() as session:
        plan = (await session.execute(text(f"EXPLAIN QUERY PLAN {question}"))).all()
    assert "ix_submissions_turns" in str(plan)


async def test_no_two_dispatchers_claim_the_same_in_turn(http, services: Services, make_organization) -> None:
    """Their statements overlap on Postgres: what one has just claimed is due in the other's snapshot."""
    if services.db.is_sqlite:
        pytest.skip("SQLite has one writer at a time")
    for organization in [await make_organization() for _ in range(3)]:
        await _bring(http, organization, 1)
    for _ in range(40):
        claimed = await asyncio.gather(*(_claimed(services.db, 3, Turns()) for _ in range(8)))
        assert len([one for ours in claimed for one in ours]) == 3
        async with services.db.write() as session:
            await session.execute(update(Submission).values(claimable_at=now()))
