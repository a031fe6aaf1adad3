import httpx
import numpy as np
import pytest
from sqlalchemy import text

from api.db import Database
from api.search.embeddings import encoder_name
from api.search.exact import ExactIndex
from api.search.index import Scope
from api.search.pgvector import PgVectorIndex, enable_pgvector, is_enabled
from api.services import Services
from tests.api.conftest import Client
from tests.api.delivered import add_file, post_job

pytestmark = pytest.mark.anyio


async def test_without_the_extension_nothing_is_changed(db: Database) -> None:
    assert not await enable_pgvector(db)
    async with db.read() as session:
        assert not await is_enabled(session)


async def _install(db: Database) -> None:
    if db.is_sqlite:
        pytest.skip("pgvector is an extension of Postgres")
    async with db.write() as session:
        await session.execute(text("CREATE EXTENSION vector"))


async def test_enabling_twice_is_enabling_once(db: Database) -> None:
    await _install(db)
    assert await enable_pgvector(db)
    assert await enable_pgvector(db)
    async with db.read() as session:
        assert await is_enabled(session)


async def test_what_was_dumped_can_be_restored(db: Database) -> None:
    """`pg_dump` restores with an empty search path; the function of an earlier version is replaced."""
    await _install(db)
    await enable_pgvector(db)
    async with db.write() as session:
        await session.execute(text("ALTER FUNCTION embedding_vector RESET search_path"))
    await enable_pgvector(db)
    async with db.write() as session:
        await session.execute(text("SET LOCAL search_path = ''"))
        question = text("SELECT public.embedding_vector(:stored)::public.vector::real[]")
        assert await session.scalar(question, {"stored": np.array([1.5], "<f4").tobytes()}) == [1.5]


async def test_stored_floats_become_the_same_numbers(db: Database) -> None:
    """Zeros, the smallest and the largest numbers that float32 has, and random ones."""
    await _install(db)
    await enable_pgvector(db)
    edges = [0.0, -0.0, 1.0, -1.0, 1e-45, -1e-45, 1.1754942e-38, 1.1754944e-38, 3.4028235e38, -3.4028235e38]
    numbers = np.concatenate([edges, np.random.default_rng(0).normal(size=500)]).astype("<f4")
    async with db.read() as session:
        question = text("SELECT embedding_vector(:stored)::real[]")
        found = await session.scalar(question, {"stored": numbers.tobytes()})
    assert np.array_equal(np.asarray(found, np.float32), numbers)


async def test_vectors_that_were_there_before_are_found_like_new_ones(
    db: Database, services: Services, http: httpx.AsyncClient, organization: Client
) -> None:
    """Half of the files are older than the extension; both indexes answer the same."""
    await _install(db)
    job_id = await post_job(http, organization.headers)
    vectors = np.random.default_rng(0).normal(size=(20, 2, 8)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=-1, keepdims=True)
    for number, (image, read) in enumerate(vectors):
        if number == 10:
            assert await enable_pgvector(db)
        await add_file(services, organization, job_id, b"picture", embeddings={"image": image, "read": read})

    encoder = encoder_name((await services.engine.identities())["concepts"])
    scope = Scope(organization.id, True, encoder, job_id)
    async with db.snapshot() as session:
        exact, stored = [
            await index.nearest(session, scope, vectors[3, 0], 7) for index in (ExactIndex(), PgVectorIndex())
        ]
    assert [(match.file_id, match.kind) for match in stored] == [(match.file_id, match.kind) for match in exact]
    assert [match.score for match in stored] == pytest.approx([match.score for match in exact], abs=1e-6)
