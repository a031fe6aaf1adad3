"""What the review route keeps is what the calibration needs."""

import httpx
import pytest
from sqlalchemy import select, update

from api.dispatcher import Dispatcher
from api.rubrics.labels import labels_of
from api.rubrics.scope import Scope
from api.services import Services
from api.tables import Label, Submission
from tests.api.conftest import Client, WorkerClient
from tests.api.rubrics.witness import RUBRIC, WitnessEngine, fails, photo, submit_photo
from tests.api.story import accept, post_job, submit, upload

pytestmark = pytest.mark.anyio


async def _review(http: httpx.AsyncClient, organization: Client, submission_id: str, **body: object) -> None:
    path = f"/v1/submissions/{submission_id}/review"
    answer = await http.post(path, json=body, headers=organization.headers)
    assert answer.status_code == 200, answer.text


async def _labels(services: Services) -> list[Label]:
    async with services.db.read() as session:
        return list(await session.scalars(select(Label).order_by(Label.id)))


async def test_a_label_has_the_evidence_and_what_the_engine_gave(
    http: httpx.AsyncClient, services: Services, organization: Client, worker: WorkerClient
) -> None:
    job = await post_job(http, organization)
    decided = await submit_photo(http, services, worker, job["id"], 3.0, seed=1)
    await _review(http, organization, decided["id"], decision="reject", score=1, note="not a menu")
    await _review(http, organization, decided["id"], decision="approve", score=4)
    first, second = await _labels(services)
    assert (first.decision, first.score, first.note) == ("reject", 1, "not a menu")
    assert (second.decision, second.score, second.note) == ("approve", 4, None)
    for label in (first, second):  # a person's stars are not the engine's
        assert (label.engine_score, label.rubric_version) == (3, "shipped")
        assert label.evidence is not None
        assert label.evidence["match"]["visual"] == 3.0
        assert label.evidence["rubric"]["digest"] == RUBRIC.digest
    async with services.db.snapshot() as session:
        (file,) = (await labels_of(session, Scope(organization.id, "image"))).files
    assert (file.name, file.approved, file.stars, file.min_star_rating) == (decided["id"], True, 4, 3)
    assert file.evidence.match.visual == 3.0


async def test_a_verdict_where_the_engine_failed_has_no_evidence(
    http: httpx.AsyncClient,
    services: Services,
    organization: Client,
    worker: WorkerClient,
    engine: WitnessEngine,
) -> None:
    job = await post_job(http, organization)
    submission = await submit(http, worker, job["id"], photo(5, seed=1))
    await fails(services, engine)
    await _review(http, organization, submission["id"], decision="approve", score=5, note="fine")
    (label,) = await _labels(services)
    assert (label.decision, label.score, label.note) == ("approve", 5, "fine")
    assert (label.engine_score, label.evidence, label.rubric_version) == (None, None, None)
    async with services.db.snapshot() as session:
        labels = await labels_of(session, Scope())
    assert (labels.files, labels.without_evidence) == ([], 1)


async def test_the_evidence_of_the_first_attempt_is_not_that_of_the_second(
    http: httpx.AsyncClient,
    services: Services,
    organization: Client,
    worker: WorkerClient,
    engine: WitnessEngine,
) -> None:
    job = await post_job(http, organization)
    first = await submit_photo(http, services, worker, job["id"], 2.5, seed=1)
    again = (await http.post(f"/v1/worker/submissions/{first['id']}/retry", headers=worker.headers)).json()
    await upload(http, again, photo(8, seed=2))
    await http.post(f"/v1/worker/submissions/{first['id']}/submit", headers=worker.headers)
    await fails(services, engine)
    shown = (await http.get(f"/v1/submissions/{first['id']}", headers=organization.headers)).json()
    assert (shown["status"], shown["score"], shown["file_id"]) == ("needs_review", None, None)
    await _review(http, organization, first["id"], decision="approve")
    (label,) = await _labels(services)
    assert (label.evidence, label.file_id) == (None, None)
    (file,) = (await http.get("/v1/files?status=approved", headers=organization.headers)).json()["data"]
    assert (await http.get(file["download_url"])).status_code == 200
    shown = (await http.get(f"/v1/submissions/{first['id']}", headers=organization.headers)).json()
    assert (shown["score"], file["score"]) == (3, 3), "what the job asks for, where nobody gave stars"


async def test_labels_of_others_of_the_sandbox_and_of_broken_uploads_are_left_out(
    http: httpx.AsyncClient, services: Services, organization: Client, worker: WorkerClient, make_organization
) -> None:
    job = await post_job(http, organization)
    slot = await accept(http, worker, job["id"])
    await upload(http, slot, photo(8, seed=3))
    path = f"/v1/worker/submissions/{slot['id']}"
    await http.post(f"{path}/submit", json={"sha256": "0" * 64}, headers=worker.headers)
    await Dispatcher(services).drain()
    await _review(http, organization, slot["id"], decision="reject")
    decided = await submit_photo(http, services, worker, job["id"], 5, seed=4)
    await _review(http, organization, decided["id"], decision="approve")
    other = await make_organization()
    async with services.db.snapshot() as session:
        mine = await labels_of(session, Scope(organization.id))
        assert ([file.name for file in mine.files], mine.without_evidence) == ([decided["id"]], 1)
        assert (await labels_of(session, Scope(other.id))).files == []
        assert (await labels_of(session, Scope(organization.id, "audio"))).files == []
    async with services.db.write() as session:
        await session.execute(update(Submission).values(livemode=False))
    async with services.db.snapshot() as session:
        assert (await labels_of(session, Scope())).files == []
