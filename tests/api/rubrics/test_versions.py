"""Versions of the rubric: which one scores what, how it is brought back, and what nobody can change."""

import httpx
import pytest
from sqlalchemy import delete, select, update
from sqlalchemy.exc import DBAPIError

from api.errors import Conflict, NotFound
from api.rubrics.queries import activations_of, active_in, active_versions, rubric_of
from api.rubrics.scope import Scope
from api.rubrics.service import activate, deactivate, store_rubric
from api.services import Services
from api.tables import AuditEntry, StoredRubric
from pipeline.rubric import Rubric
from tests.api.conftest import Client, WorkerClient
from tests.api.rubrics.witness import RUBRIC, lenient, photo, submit_photo
from tests.api.story import post_job

pytestmark = pytest.mark.anyio


async def _store(services: Services, scope: Scope, rubric: Rubric, *, active: bool = True) -> str:
    async with services.db.write() as session:
        stored = store_rubric(session, rubric, scope=scope, parent=RUBRIC, origin="fitted", actor="operator")
        await session.flush()
        if active:
            await activate(session, stored.id, actor="operator")
    return stored.id


async def _named(http: httpx.AsyncClient, organization: Client, submission_id: str) -> dict[str, object]:
    shown = (await http.get(f"/v1/submissions/{submission_id}", headers=organization.headers)).json()
    rubric: dict[str, object] = shown["score_breakdown"]["evidence"]["rubric"]
    return rubric


async def test_every_later_score_names_the_active_version(
    http: httpx.AsyncClient, services: Services, organization: Client, worker: WorkerClient
) -> None:
    job = await post_job(http, organization)
    first = await submit_photo(http, services, worker, job["id"], 2.5, seed=1)
    assert first["status"] == "retry_pending"
    assert await _named(http, organization, first["id"]) == {"version": "shipped", "digest": RUBRIC.digest, "stars": 2}

    version = await _store(services, Scope(organization.id, "image"), lenient(1))
    second = await submit_photo(http, services, worker, job["id"], 2.5, seed=2)
    assert (second["status"], second["score"]) == ("approved", 4)
    named = await _named(http, organization, second["id"])
    assert named == {"version": version, "digest": lenient(1).digest, "stars": 4}
    (file,) = (await http.get(f"/v1/jobs/{job['id']}/files", headers=organization.headers)).json()["data"]
    assert file["score_breakdown"]["evidence"]["rubric"] == named

    async with services.db.write() as session:
        await deactivate(session, Scope(organization.id, "image"), actor="operator", reason="too lenient")
    third = await submit_photo(http, services, worker, job["id"], 2.5, seed=3)
    assert third["status"] == "retry_pending"
    async with services.db.read() as session:
        told = (await session.scalars(select(AuditEntry.action).where(AuditEntry.subject_id == version))).all()
    assert told == ["rubric.stored", "rubric.activated", "rubric.deactivated"]


async def test_a_file_that_is_scored_at_once_too(
    http: httpx.AsyncClient, services: Services, organization: Client
) -> None:
    await _store(services, Scope(None, "image"), lenient(1))
    form = {"description": "A menu"}
    answer = await http.post("/v1/score", data=form, files={"file": photo(2.5, seed=1)}, headers=organization.headers)
    assert (answer.status_code, answer.json()["score"]) == (200, 4)


async def test_the_narrowest_scope_holds(services: Services, organization: Client) -> None:
    wanted = Scope(organization.id, "image")
    for number, scope in enumerate(reversed(wanted.widening)):
        version = await _store(services, scope, lenient(number))
        async with services.db.read() as session:
            found = await active_in(session, wanted)
        assert found is not None
        assert found.id == version
        in_use = await services.rubrics.of(wanted)
        assert in_use is not None
        assert (in_use.version, in_use.digest) == (version, lenient(number).digest)
    assert await services.rubrics.of(Scope("org_other", "audio")) is not None  # the one for all
    async with services.db.read() as session:
        assert len(await active_versions(session)) == 4


async def test_an_earlier_version_is_brought_back(services: Services, organization: Client) -> None:
    scope = Scope(organization.id)
    first, second = [await _store(services, scope, lenient(shift)) for shift in (1, 2)]
    async with services.db.write() as session:
        await activate(session, first, actor="operator", reason="roll-back")
    async with services.db.read() as session:
        assert (await active_in(session, scope)).id == first  # type: ignore[union-attr]
        history = [row.rubric_id for row in await activations_of(session, scope)]
    assert history == [first, second, first]


async def test_what_cannot_be_done_is_said(services: Services, organization: Client) -> None:
    scope = Scope(organization.id)
    version = await _store(services, scope, lenient(1))
    async with services.db.write() as session:
        with pytest.raises(Conflict, match="active already"):
            await activate(session, version, actor="operator")
        with pytest.raises(NotFound):
            await activate(session, "rub_nobody", actor="operator")
        with pytest.raises(Conflict, match="no version is active for audio jobs"):
            await deactivate(session, Scope(organization.id, "audio"), actor="operator")


async def test_versions_are_never_changed(services: Services, organization: Client) -> None:
    version = await _store(services, Scope(organization.id), lenient(1), active=False)
    for statement in (update(StoredRubric).values(digest="0"), delete(StoredRubric)):
        with pytest.raises(DBAPIError, match="append-only"):
            async with services.db.write() as session:
                await session.execute(statement.execution_options(synchronize_session=False))
    async with services.db.read() as session:
        stored = await session.get_one(StoredRubric, version)
    assert rubric_of(stored).digest == stored.digest == lenient(1).digest
    assert (stored.parent_version, stored.parent_digest) == ("shipped", RUBRIC.digest)


async def test_a_version_of_another_release_does_not_stop_scoring(
    http: httpx.AsyncClient, services: Services, organization: Client, worker: WorkerClient
) -> None:
    async with services.db.write() as session:
        stored = store_rubric(
            session, lenient(1), scope=Scope(organization.id), parent=RUBRIC, origin="file", actor="operator"
        )
        await session.flush()
        await activate(session, stored.id, actor="operator")
        stored_other = store_rubric(
            session,
            RUBRIC.model_copy(update={"relevance": {"open_clip": RUBRIC.relevance["conse"]}}),
            scope=Scope(organization.id, "image"),
            parent=RUBRIC,
            origin="file",
            actor="operator",
        )
        await session.flush()
        await activate(session, stored_other.id, actor="operator")
    job = await post_job(http, organization)
    decided = await submit_photo(http, services, worker, job["id"], 5, seed=1)
    assert (decided["status"], await _named(http, organization, decided["id"])) == (
        "approved",
        {"version": "shipped", "digest": RUBRIC.digest, "stars": 5},
    )
