"""`kill -9` of a model's and the scorer's replica of the real stack, in the middle of 200 files: it heals itself."""

import asyncio
from pathlib import Path

import httpx
import pytest

from api.db import Database, sqlite_url
from tests.api.webhooks.receiver import Receiver
from tests.e2e.assay_up import RealStack
from tests.e2e.crowd import TOTAL, Crowd, assert_exactly_once, until_decided, until_quiet

pytestmark = [pytest.mark.slow, pytest.mark.anyio]

VICTIMS = ("concepts", "scorer")


async def test_replicas_are_killed(stack: RealStack, state_dir: Path) -> None:
    receiver, crowd = Receiver(), Crowd(stack.url, stack.headers)
    db = Database(sqlite_url(state_dir / "assay.db"))
    async with receiver.up():
        await crowd.add_receiver(receiver.url)
        sending = asyncio.create_task(crowd.send_all())
        await until_decided(db, TOTAL // 4)
        crowd.rest.set()
        await crowd.begun.wait()
        victims = [replica for name in VICTIMS for replica in stack.replicas("assay", name)]
        assert len(victims) == len(VICTIMS)
        for victim in victims:
            victim.kill()
        assert not sending.done()
        await sending
        await until_quiet(db)
        await assert_exactly_once(db, receiver.ids)
    await db.close()
    others = [replica for name in VICTIMS for replica in stack.replicas("assay", name)]
    assert len(others) == len(VICTIMS)
    assert not {one.pid for one in others} & {one.pid for one in victims}
    assert not [answer for answer in crowd.refused if answer.status_code >= 500]
    receiver.close()


async def test_who_calls_while_the_api_is_away_waits_for_the_next_replica(stack: RealStack) -> None:
    """`assay up` holds the socket, so nobody is refused."""
    (victim,) = stack.replicas("api", "api")
    victim.kill()
    victim.wait()
    async with httpx.AsyncClient(base_url=stack.url, timeout=60) as client:
        answers = await asyncio.gather(*(client.get("/healthz") for _ in range(5)))
    assert {answer.status_code for answer in answers} == {200}
    (other,) = stack.replicas("api", "api")
    assert other.pid != victim.pid
