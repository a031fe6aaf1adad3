"""An organization's workers: made, banned, let in again, given new tokens."""

import pytest
from sqlalchemy import select, update

from api.auth import ALL_SCOPES
from api.keys.service import create_key
from api.secrets import token_hash
from api.tables import AuditEntry, Worker
from tests.api.story import post_job, submit_scored

pytestmark = pytest.mark.anyio


async def _token_in_use(services, worker_id: str) -> str:
    async with services.db.read() as session:
        return (await session.get_one(Worker, worker_id)).token_hash


async def test_a_new_worker_shows_its_token_once(http, services, organization):
    body = {"name": "  Ada ", "email": "Ada@Menus.local", "metadata": {"crew": 7}}
    made = await http.post("/v1/workers", headers=organization.headers, json=body)
    assert made.status_code == 201
    worker = made.json()
    token = worker.pop("token")
    assert token.startswith("wk_")
    assert await _token_in_use(services, worker["id"]) == token_hash(token)
    assert worker == {
        "object": "worker", "id": worker["id"], "name": "Ada", "email": "ada@menus.local", "status": "active",
        "strikes": 0, "earned_credits": 0, "banned_reason": None, "metadata": {"crew": 7},
        "created_at": worker["created_at"], "updated_at": worker["updated_at"],
    }  # fmt: skip
    one = await http.get(f"/v1/workers/{worker['id']}", headers=organization.headers)
    assert (one.status_code, one.json()) == (200, worker)
    listed = await http.get("/v1/workers", headers=organization.headers)
    assert listed.json()["data"] == [worker]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "name"),
        ({"name": ""}, "name"),
        ({"name": "A", "email": "nobody"}, "email"),
        ({"name": "A", "email": "a@b\0.c"}, "email"),
        ({"name": "A", "metadata": {str(n): n for n in range(21)}}, "metadata"),
    ],
)
async def test_what_is_refused(http, organization, body, field):
    refused = await http.post("/v1/workers", headers=organization.headers, json=body)
    assert (refused.status_code, refused.json()["error"]["param"]) == (400, field)


async def test_ban_and_unban(http, services, organization, worker):
    async with services.db.write() as session:
        await session.execute(update(Worker).values(strikes=2, earned_credits=500))
    path = f"/v1/workers/{worker.id}"
    banned = await http.post(f"{path}/ban", headers=organization.headers, json={"reason": "copies"})
    assert banned.status_code == 200
    assert (banned.json()["status"], banned.json()["banned_reason"]) == ("banned", "copies")
    assert (banned.json()["strikes"], banned.json()["earned_credits"]) == (2, 500), "a ban moves no money"
    assert banned.json()["updated_at"] > banned.json()["created_at"]
    again = await http.post(f"{path}/ban", headers=organization.headers)
    assert again.json() == banned.json()
    only_banned = await http.get("/v1/workers?status=banned", headers=organization.headers)
    assert [one["id"] for one in only_banned.json()["data"]] == [worker.id]
    assert (await http.get("/v1/workers?status=active", headers=organization.headers)).json()["data"] == []

    free = (await http.post(f"{path}/unban", headers=organization.headers)).json()
    assert (free["status"], free["strikes"], free["banned_reason"], free["earned_credits"]) == ("active", 0, None, 500)
    async with services.db.read() as session:
        entries = (
            await session.scalars(
                select(AuditEntry).where(AuditEntry.subject_id == worker.id).order_by(AuditEntry.created_at)
            )
        ).all()
    assert [entry.action for entry in entries] == ["worker.banned", "worker.unbanned"]
    assert entries[0].details == {"reason": "copies", "strikes": 2}


async def test_a_strike_that_was_forgiven_is_not_lifted_again(http, services, organization, worker):
    job = await post_job(http, organization, quantity=5)
    old = await submit_scored(http, services, worker, job["id"], 1, seed=1)
    await http.post(f"/v1/workers/{worker.id}/unban", headers=organization.headers)
    await submit_scored(http, services, worker, job["id"], 1, seed=2)
    review = f"/v1/submissions/{old['id']}/review"
    await http.post(review, json={"decision": "approve"}, headers=organization.headers)
    assert (await http.get("/v1/worker/me", headers=worker.headers)).json()["strikes"] == 1


async def test_a_rotated_token_replaces_the_old_one_at_once(http, services, organization, worker):
    answer = await http.post(f"/v1/workers/{worker.id}/rotate_token", headers=organization.headers)
    assert answer.status_code == 200
    assert answer.json()["token"] != worker.token
    assert await _token_in_use(services, worker.id) == token_hash(answer.json()["token"])
    refused = await http.get("/v1/worker/me", headers=worker.headers)
    assert refused.status_code == 401


async def test_another_organizations_workers_do_not_exist(http, services, make_organization, worker):
    other = await make_organization()
    before = await _token_in_use(services, worker.id)
    assert (await http.get(f"/v1/workers/{worker.id}", headers=other.headers)).status_code == 404
    for act in ("ban", "unban", "rotate_token"):
        assert (await http.post(f"/v1/workers/{worker.id}/{act}", headers=other.headers)).status_code == 404
    assert (await http.get("/v1/workers", headers=other.headers)).json()["data"] == []
    assert await _token_in_use(services, worker.id) == before


async def test_test_keys_look_and_change_nothing(http, organization, worker):
    assert (await http.get("/v1/workers", headers=organization.test_headers)).status_code == 200
    for path in ("", f"/{worker.id}/ban", f"/{worker.id}/unban", f"/{worker.id}/rotate_token"):
        refused = await http.post(f"/v1/workers{path}", headers=organization.test_headers, json={"name": "Eve"})
        assert (refused.status_code, refused.json()["error"]["code"]) == (403, "live_key_required")


async def test_workers_manage_is_needed(http, services, organization, worker):
    async with services.db.write() as session:
        scopes = [scope for scope in ALL_SCOPES if scope != "workers:manage"]
        _, token = create_key(session, organization.id, name="No workers", livemode=True, scopes=scopes)
    headers = {"Authorization": f"Bearer {token}"}
    for path in ("/v1/workers", f"/v1/workers/{worker.id}"):
        assert (await http.get(path, headers=headers)).status_code == 403
    for path in ("", f"/{worker.id}/ban", f"/{worker.id}/unban", f"/{worker.id}/rotate_token"):
        assert (await http.post(f"/v1/workers{path}", headers=headers, json={"name": "Eve"})).status_code == 403


async def test_pages_go_back_in_time(http, organization):
    made = [
        (await http.post("/v1/workers", headers=organization.headers, json={"name": f"W{n}"})).json()["id"]
        for n in range(3)
    ]
    first = (await http.get("/v1/workers?limit=2", headers=organization.headers)).json()
    rest = (await http.get("/v1/workers", params={"cursor": first["next_cursor"]}, headers=organization.headers)).json()
    assert sorted(one["id"] for one in first["data"] + rest["data"]) == sorted(made)
    assert (first["has_more"], rest["has_more"], rest["next_cursor"]) == (True, False, None)


async def test_a_repeated_creation_makes_one_worker(http, organization):
    headers = organization.headers | {"Idempotency-Key": "ada"}
    answers = [await http.post("/v1/workers", headers=headers, json={"name": "Ada"}) for _ in range(2)]
    assert answers[0].json() == answers[1].json()
    assert len((await http.get("/v1/workers", headers=organization.headers)).json()["data"]) == 1


async def test_a_repetition_by_another_key_does_not_get_the_token(http, organization):
    key = {"name": "Field team", "scopes": ["workers:manage"]}
    other = (await http.post("/v1/api_keys", headers=organization.headers, json=key)).json()["key"]
    both = [organization.headers, {"Authorization": f"Bearer {other}"}]
    answers = [
        await http.post("/v1/workers", headers=headers | {"Idempotency-Key": "ada"}, json={"name": "Ada"})
        for headers in both
    ]
    route = f"/v1/workers/{answers[0].json()['id']}/rotate_token"
    answers += [await http.post(route, headers=headers | {"Idempotency-Key": "ada"}) for headers in both]
    assert [answer.status_code for answer in answers] == [201, 201, 200, 200]
    assert len({answer.json()["token"] for answer in answers}) == 4


async def test_a_request_id_of_a_proxy_fits_into_the_audit(http, services, organization):
    named = "4d6a77bc-06f7-4b7a-9e5d-df35b7d2bd38-and-something-more-up-to-64"
    made = await http.post("/v1/workers", headers=organization.headers | {"X-Request-Id": named}, json={"name": "Ada"})
    assert (made.status_code, made.headers["X-Request-Id"]) == (201, named)
    async with services.db.read() as session:
        entry = (await session.scalars(select(AuditEntry).where(AuditEntry.subject_id == made.json()["id"]))).one()
    assert entry.request_id == named
