"""`kill -9` of a model's and the scorer's replica of the real stack, in the middle of 200 files: it heals itself."""

import asyncio
from pathlib import Path

import pytest

from api.db import Database, sqlite_url
from tests.api.webhooks.receiver import Receiver
from tests.e2e.assay_up import assay_up
from tests.e2e.crowd import TOTAL, Crowd, assert_exactly_once, until_decided, until_quiet

pytestmark = [pytest.mark.slow, pytest.mark.anyio]

VICTIMS = ("concepts", "scorer")
ENVIRONMENT = {"ASSAY_DISPATCHER__RETRY_SECONDS": "2"}


async def test_replicas_are_killed(tmp_path: Path) -> None:
    receiver = Receiver()
    with assay_up(tmp_path / "state", **ENVIRONMENT) as running:
        db, crowd = Database(sqlite_url(tmp_path / "state" / "assay.db")), Crowd(running.url, running.headers)
        async with receiver.up():
            await crowd.add_receiver(receiver.url)
            sending = asyncio.create_task(crowd.send_all())
            await until_decided(db, TOTAL // 4)
            crowd.rest.set()
            await crowd.begun.wait()
            victims = [replica for name in VICTIMS for replica in running.replicas("assay", name)]
            assert len(victims) == len(VICTIMS)
            for victim in victims:
                victim.kill()
            assert not sending.done()
            await sending
            await until_quiet(db)
            await assert_exactly_once(db, receiver.ids)
        await db.close()
        others = [replica for name in VICTIMS for replica in running.replicas("assay", name)]
        assert len(others) == len(VICTIMS)
        assert not {one.pid for one in others} & {one.pid for one in victims}
        assert not [answer for answer in crowd.refused if answer.status_code >= 500]
    receiver.close()
