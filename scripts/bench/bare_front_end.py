"""The least that a front end costs: requests, transactions and synced files of a submission, written by hand.

FastAPI and asyncpg without checks, limits, idempotency, logs, metadata or webhooks. What our own costs beside it is a
ratio that means the same on every machine: `python -m scripts.bench.bare_front_end api|background PORT URL FOLDER`.
"""

import asyncio
import hashlib
import json
import os
import shutil
import sys
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import asyncpg
import uvicorn
import uvloop
from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse

REWARD = 10
CLAIMED_AT_ONCE = 16
IDLE_SECONDS = 0.05

TABLES = """
CREATE TABLE workers (id text PRIMARY KEY, token_hash text UNIQUE, earned bigint NOT NULL DEFAULT 0);
CREATE TABLE jobs (id text PRIMARY KEY, quantity int, pending int DEFAULT 0, approved int DEFAULT 0);
CREATE TABLE submissions (id text PRIMARY KEY, job_id text, worker_id text, status text, claimable_at timestamptz);
CREATE INDEX waiting ON submissions (claimable_at) WHERE claimable_at IS NOT NULL;
CREATE TABLE files (id text PRIMARY KEY, submission_id text, facts jsonb);
CREATE TABLE accounts (name text PRIMARY KEY, balance bigint);
CREATE TABLE entries (id text PRIMARY KEY, account text, amount bigint, submission_id text);
CREATE TABLE events (id text PRIMARY KEY, told jsonb);
CREATE TABLE audit (id text PRIMARY KEY, told jsonb);
INSERT INTO accounts VALUES ('held', 1000000000), ('paid', 0);
"""


async def prepare(url: str, tokens: list[str]) -> None:
    """Tables, and a worker for each token."""
    connection = await asyncpg.connect(url)
    await connection.execute(TABLES)
    workers = [(_id(), _hash(token)) for token in tokens]
    await connection.executemany("INSERT INTO workers (id, token_hash) VALUES ($1, $2)", workers)
    await connection.close()


def create_app(url: str, folder: Path) -> FastAPI:
    """The routes that a worker's submission needs."""
    pool: Any = None

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> Any:
        nonlocal pool
        async with asyncpg.create_pool(url) as pool:
            yield

    app = FastAPI(lifespan=lifespan)

    async def worker_of(request: Request) -> str:
        hashed = _hash(request.headers["authorization"].removeprefix("Bearer "))
        found: str = await pool.fetchval("SELECT id FROM workers WHERE token_hash = $1", hashed)
        return found

    @app.get("/healthz")
    async def healthz() -> Response:
        return Response()

    @app.post("/v1/jobs")
    async def create_job(request: Request) -> Response:
        job_id = _id()
        quantity = (await request.json())["quantity"]
        await pool.execute("INSERT INTO jobs (id, quantity) VALUES ($1, $2)", job_id, quantity)
        return JSONResponse({"id": job_id})

    @app.get("/v1/jobs/{job_id}")
    async def get_job(job_id: str) -> Response:
        full = await pool.fetchval("SELECT approved = quantity FROM jobs WHERE id = $1", job_id)
        return JSONResponse({"status": "completed" if full else "active"})

    @app.post("/v1/worker/jobs/{job_id}/accept")
    async def accept(job_id: str, request: Request) -> Response:
        worker_id, submission_id = await worker_of(request), _id()
        async with pool.acquire() as connection, connection.transaction():
            await connection.fetchrow("SELECT * FROM jobs WHERE id = $1 FOR UPDATE", job_id)
            await connection.execute("UPDATE jobs SET pending = pending + 1 WHERE id = $1", job_id)
            row = (submission_id, job_id, worker_id, "awaiting_upload")
            await connection.execute("INSERT INTO submissions VALUES ($1, $2, $3, $4)", *row)
            await _told(connection, "audit", [{"accepted": submission_id}])
        upload = {"url": str(request.url_for("put", submission_id=submission_id)), "headers": {}}
        return JSONResponse({"id": submission_id, "upload": upload})

    @app.put("/objects/{submission_id}")
    async def put(submission_id: str, request: Request) -> Response:
        content = b"".join([chunk async for chunk in request.stream()])
        await asyncio.to_thread(_store, folder / submission_id, content)
        return Response()

    @app.post("/v1/worker/submissions/{submission_id}/submit")
    async def submit(submission_id: str, request: Request) -> Response:
        worker_id = await worker_of(request)
        queued = "UPDATE submissions SET status = 'pending_score', claimable_at = now() WHERE id = $1"
        async with pool.acquire() as connection, connection.transaction():
            locked = "SELECT * FROM submissions WHERE id = $1 AND worker_id = $2 FOR UPDATE"
            found = await connection.fetchrow(locked, submission_id, worker_id)
            await connection.execute(queued, submission_id)
            await _told(connection, "audit", [{"submitted": submission_id}])
        return JSONResponse({"id": found["id"], "status": "pending_score"})

    return app


async def decide_all(url: str, folder: Path) -> None:
    """Claim, deliver and pay, for ever."""
    claimed = (
        "UPDATE submissions SET claimable_at = now() + interval '1 minute' WHERE id IN (SELECT id FROM submissions "
        "WHERE claimable_at <= now() ORDER BY claimable_at LIMIT $1 FOR UPDATE SKIP LOCKED) RETURNING *"
    )
    async with asyncpg.create_pool(url) as pool:
        while True:
            rows = await pool.fetch(claimed, CLAIMED_AT_ONCE)
            if not rows:
                await asyncio.sleep(IDLE_SECONDS)
            await asyncio.gather(*(asyncio.to_thread(_deliver, folder, row["id"]) for row in rows))
            for job_id in {row["job_id"] for row in rows}:
                await _decide(pool, job_id, [row for row in rows if row["job_id"] == job_id])


async def _decide(pool: Any, job_id: str, rows: list[Any]) -> None:
    ids, count = [row["id"] for row in rows], len(rows)
    async with pool.acquire() as connection, connection.transaction():
        await connection.fetchrow("SELECT * FROM jobs WHERE id = $1 FOR UPDATE", job_id)
        await connection.fetch("SELECT * FROM submissions WHERE id = ANY($1) ORDER BY id FOR UPDATE", ids)
        approved = "UPDATE submissions SET status = 'approved', claimable_at = NULL WHERE id = ANY($1)"
        await connection.execute(approved, ids)
        files = [(_id(), one, json.dumps({"width": 320, "height": 240})) for one in ids]
        await connection.executemany("INSERT INTO files VALUES ($1, $2, $3)", files)
        paid = [(REWARD, row["worker_id"]) for row in rows]
        await connection.executemany("UPDATE workers SET earned = earned + $1 WHERE id = $2", paid)
        await _told(connection, "events", [{"type": kind, "id": one} for one in ids for kind in ("scored", "approved")])
        await _told(connection, "audit", [{"approved": one} for one in ids])
        for account, sign in (("held", -1), ("paid", 1)):
            entries = [(_id(), account, sign * REWARD, one) for one in ids]
            await connection.executemany("INSERT INTO entries VALUES ($1, $2, $3, $4)", entries)
            change = "UPDATE accounts SET balance = balance + $1 WHERE name = $2"
            await connection.execute(change, sign * REWARD * count, account)
        done = "UPDATE jobs SET pending = pending - $1, approved = approved + $1 WHERE id = $2"
        await connection.execute(done, count, job_id)


async def _told(connection: Any, table: str, rows: list[dict[str, str]]) -> None:
    told = [(_id(), json.dumps(row)) for row in rows]
    await connection.executemany(f"INSERT INTO {table} VALUES ($1, $2)", told)  # of the two tables named here


def _store(path: Path, content: bytes) -> None:
    with path.open("xb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _deliver(folder: Path, submission_id: str) -> None:
    with (folder / submission_id).open("rb") as source, (folder / f"{submission_id}.out").open("xb") as target:
        shutil.copyfileobj(source, target)
        target.flush()
        os.fsync(target.fileno())


def _id() -> str:
    return uuid4().hex


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def main(role: str, port: int, url: str, folder: Path) -> None:
    """Run until it is ended."""
    if role == "api":
        uvicorn.run(create_app(url, folder), host="127.0.0.1", port=port, log_level="warning", access_log=False)
    else:
        uvloop.run(decide_all(url, folder))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), sys.argv[3], Path(sys.argv[4]))
