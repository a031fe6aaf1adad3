"""A file that is sent in parts: goes on after a break, is scored like any other, and leaves nothing behind."""

from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest

from api.clock import now
from api.dispatcher import Dispatcher
from api.services import Services
from api.storage import ObjectMissing
from api.storage_parts import PART_BYTES
from api.submissions.keys import original_key
from api.sweeper import Sweeper
from api.tables import Submission
from api.workers.worker_service import JOIN_SECONDS
from tests.api.scripted import picture
from tests.api.story import accept, begin_parts, post_job, submit, upload

pytestmark = pytest.mark.anyio


def large_picture(stars: int) -> bytes:
    """Of two parts and a bit: what comes behind a PNG's end is not looked at."""
    content = picture(stars)
    return content + bytes(2 * PART_BYTES + 1000 - len(content))


def path_of(submission: dict[str, Any]) -> str:
    return f"/v1/worker/submissions/{submission['id']}/parted_upload"


async def put_part(http: httpx.AsyncClient, part: dict[str, Any], content: bytes) -> int:
    start = (part["number"] - 1) * PART_BYTES
    piece = content[start : start + part["size_bytes"]]
    return (await http.put(part["url"], content=piece, headers=part["headers"])).status_code


async def row_of(services: Services, submission: dict[str, Any]) -> Submission:
    async with services.db.read() as session:
        return await session.get_one(Submission, submission["id"])


async def is_gone(services: Services, row: Submission, upload_id: str) -> bool:
    try:
        await services.store.parts.received(original_key(row), upload_id)
    except ObjectMissing:
        return True
    return False


async def test_what_arrived_before_a_break_is_not_sent_again(http, services, organization, worker):
    job, content = await post_job(http, organization), large_picture(4)
    slot = await accept(http, worker, job["id"])
    begun = await begin_parts(http, worker, slot["id"], len(content))
    assert [part["size_bytes"] for part in begun["missing"]] == [PART_BYTES, PART_BYTES, 1000]
    assert await put_part(http, begun["missing"][1], content) == 200
    handed_in = await http.post(f"/v1/worker/submissions/{slot['id']}/submit", headers=worker.headers)
    assert (handed_in.status_code, handed_in.json()["error"]["code"]) == (409, "upload_missing")

    after = (await http.get(path_of(slot), params={"upload_id": begun["upload_id"]}, headers=worker.headers)).json()
    assert (after["received_bytes"], [part["number"] for part in after["missing"]]) == (PART_BYTES, [1, 3])
    assert [await put_part(http, part, content) for part in after["missing"]] == [200, 200]
    done = (await http.get(path_of(slot), headers=worker.headers)).json()
    assert (done["received_bytes"], done["missing"]) == (len(content), [])

    for _ in range(2):
        handed_in = await http.post(f"/v1/worker/submissions/{slot['id']}/submit", headers=worker.headers)
        assert (handed_in.status_code, handed_in.json()["status"]) == (200, "pending_score")
    row = await row_of(services, slot)
    assert b"".join([chunk async for chunk in services.store.open_stream(original_key(row))]) == content
    await Dispatcher(services).drain()
    decided = (await http.get(f"/v1/worker/submissions/{slot['id']}", headers=worker.headers)).json()
    assert (decided["status"], decided["score"]) == ("approved", 4)
    assert await put_part(http, begun["missing"][0], content) == 409


async def test_a_slot_is_kept_while_the_parts_are_joined_and_its_urls_end_with_it(
    http, services, organization, worker, monkeypatch: pytest.MonkeyPatch
):
    """Gigabytes take longer than what is left of a lease; the sweeper looks meanwhile."""
    job = await post_job(http, organization)
    slot = await accept(http, worker, job["id"])
    begun = await begin_parts(http, worker, slot["id"], 10)
    assert await put_part(http, begun["missing"][0], bytes(10)) == 200
    ends_at = now() + timedelta(seconds=2)
    async with services.db.write() as session:
        (await session.get_one(Submission, slot["id"])).lease_expires_at = ends_at
    shown = (await http.get(f"/v1/worker/submissions/{slot['id']}", headers=worker.headers)).json()
    assert datetime.fromisoformat(shown["upload"]["expires_at"]) <= ends_at + timedelta(seconds=1)
    join = services.store.parts.join

    async def slowly(key: str, upload_id: str) -> None:
        row = await row_of(services, slot)
        assert row.lease_expires_at > now() + timedelta(seconds=JOIN_SECONDS - 60)
        await Sweeper(services).sweep()
        await join(key, upload_id)

    monkeypatch.setattr(services.store.parts, "join", slowly)
    handed_in = await http.post(f"/v1/worker/submissions/{slot['id']}/submit", headers=worker.headers)
    assert (handed_in.status_code, handed_in.json()["status"]) == (200, "pending_score")


async def test_a_second_beginning_drops_the_first(http, services, organization, worker):
    """A worker holds the parts of one file at a time, of the size that was announced last."""
    job = await post_job(http, organization)
    slot = await accept(http, worker, job["id"])
    first = await begin_parts(http, worker, slot["id"], 10)
    second = await begin_parts(http, worker, slot["id"], 20)
    assert await put_part(http, first["missing"][0], bytes(10)) == 404
    of_first = await http.get(path_of(slot), params={"upload_id": first["upload_id"]}, headers=worker.headers)
    assert of_first.status_code == 404
    assert await is_gone(services, await row_of(services, slot), first["upload_id"])
    assert await put_part(http, second["missing"][0], bytes(20)) == 200


async def test_a_repeated_beginning_is_the_same(http, organization, worker):
    job = await post_job(http, organization)
    slot = await accept(http, worker, job["id"])
    headers = worker.headers | {"Idempotency-Key": "once"}
    answers = [await http.post(path_of(slot), json={"size_bytes": 10}, headers=headers) for _ in range(2)]
    assert answers[0].json() == answers[1].json()


async def test_limits_hold(http, services, organization, worker):
    job = await post_job(http, organization)
    slot = await accept(http, worker, job["id"])
    most = services.settings.store.max_upload_bytes
    for size, status in ((0, 400), (most + 1, 413), (most, 201)):
        answer = await http.post(path_of(slot), json={"size_bytes": size}, headers=worker.headers)
        assert answer.status_code == status, answer.text
    assert len(answer.json()["missing"]) == 16


async def test_a_file_that_is_there_is_not_sent_in_parts(http, organization, worker):
    job = await post_job(http, organization)
    slot = await accept(http, worker, job["id"])
    begun = await begin_parts(http, worker, slot["id"], 10)
    await upload(http, slot, picture(5))
    assert await put_part(http, begun["missing"][0], bytes(10)) == 409
    again = await http.post(path_of(slot), json={"size_bytes": 10}, headers=worker.headers)
    assert (again.status_code, again.json()["error"]["code"]) == (409, "uploaded_already")
    scored = await submit(http, worker, job["id"], picture(5, seed=1))
    late = await http.post(path_of(scored), json={"size_bytes": 10}, headers=worker.headers)
    assert (late.status_code, late.json()["error"]["code"]) == (409, "submission_pending_score")


async def test_abandoned_parts_go(http, services, organization, worker):
    """Of a slot whose time ran out, and of one whose file came whole after all."""
    job = await post_job(http, organization)
    late, whole, waiting = [await accept(http, worker, job["id"]) for _ in range(3)]
    begun = [await begin_parts(http, worker, slot["id"], 10) for slot in (late, whole, waiting)]
    for one in begun:
        assert await put_part(http, one["missing"][0], bytes(10)) == 200
    await upload(http, whole, picture(5))
    await http.post(f"/v1/worker/submissions/{whole['id']}/submit", headers=worker.headers)
    async with services.db.write() as session:
        (await session.get_one(Submission, late["id"])).lease_expires_at = now() - timedelta(seconds=1)
    refused = await http.post(path_of(late), json={"size_bytes": 10}, headers=worker.headers)
    assert refused.json()["error"]["code"] == "lease_expired"
    await Sweeper(services).sweep()
    rows = [await row_of(services, slot) for slot in (late, whole, waiting)]
    assert [row.upload_id for row in rows] == [None, None, begun[2]["upload_id"]]
    gone = [await is_gone(services, row, one["upload_id"]) for row, one in zip(rows, begun, strict=True)]
    assert gone == [True, True, False]


async def test_a_banned_worker_begins_nothing(http, organization, worker):
    job = await post_job(http, organization)
    slot = await accept(http, worker, job["id"])
    await http.post(f"/v1/workers/{worker.id}/ban", headers=organization.headers)
    answer = await http.post(path_of(slot), json={"size_bytes": 10}, headers=worker.headers)
    assert answer.status_code == 403
