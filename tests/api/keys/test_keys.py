"""API keys: made, listed, rotated with an overlap, revoked at once; none grants what it does not hold."""

from datetime import timedelta

import httpx
import pytest
from sqlalchemy import select, update

from api.auth import ALL_SCOPES, DEFAULT_SCOPES
from api.clock import iso, now
from api.keys.service import create_key
from api.services import Services
from api.tables import ApiKey, AuditEntry
from tests.api.conftest import Client

pytestmark = pytest.mark.anyio


def _bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


async def _create(http: httpx.AsyncClient, headers: dict[str, str], **body) -> httpx.Response:
    return await http.post("/v1/api_keys", headers=headers, json={"name": "CI", **body})


async def _works(http: httpx.AsyncClient, token: str) -> bool:
    return (await http.get("/v1/api_keys", headers=_bearer(token))).status_code == 200


async def _key_with(services: Services, organization: Client, *scopes: str, livemode: bool = True) -> str:
    async with services.db.write() as session:
        _, token = create_key(session, organization.id, name="Narrow", livemode=livemode, scopes=scopes)
    return token


async def test_a_new_key_is_shown_once_and_works(http, services, organization):
    made = await _create(http, organization.headers)
    assert made.status_code == 201
    key = made.json()
    assert set(key) == {
        "object", "id", "name", "key_prefix", "livemode", "scopes", "status", "expires_at", "revoked_at",
        "created_at", "key",
    }  # fmt: skip
    assert (key["object"], key["name"], key["livemode"], key["status"]) == ("api_key", "CI", True, "active")
    assert key["key"].startswith("fh_live_")
    assert key["key"].startswith(key["key_prefix"])
    assert key["created_at"].endswith("Z")
    assert await _works(http, key["key"])

    listed = (await http.get("/v1/api_keys", headers=organization.headers)).json()["data"]
    assert listed[0]["id"] == key["id"]
    assert "key" not in listed[0]
    assert key["key"] not in str(listed)
    async with services.db.read() as session:
        stored = await session.get(ApiKey, key["id"])
        assert key["key"] not in str(vars(stored))


async def test_without_scopes_a_key_gets_all_but_the_operators(http, organization):
    assert (await _create(http, organization.headers)).json()["scopes"] == list(DEFAULT_SCOPES)
    named = await _create(http, organization.headers, scopes=["ops:read", "jobs:read", "jobs:read"])
    assert named.json()["scopes"] == ["jobs:read", "ops:read"]


async def test_a_key_grants_only_what_it_holds(http, services, organization):
    narrow = _bearer(await _key_with(services, organization, "keys:manage", "jobs:read"))
    refused = await _create(http, narrow, scopes=["jobs:read", "jobs:write"])
    assert (refused.status_code, refused.json()["error"]["code"]) == (403, "scope_not_held")
    assert (await _create(http, narrow)).json()["scopes"] == ["jobs:read", "keys:manage"]

    everything = (await _create(http, organization.headers)).json()
    rotated = await http.post(f"/v1/api_keys/{everything['id']}/rotate", headers=narrow)
    assert rotated.status_code == 403, "rotating hands out the scopes of the key as well"
    assert (await http.post(f"/v1/api_keys/{everything['id']}/revoke", headers=narrow)).status_code == 204


async def test_keys_manage_is_needed(http, services, organization):
    headers = _bearer(await _key_with(services, organization, *(s for s in ALL_SCOPES if s != "keys:manage")))
    assert (await _create(http, headers)).status_code == 403
    assert (await http.get("/v1/api_keys", headers=headers)).status_code == 403


@pytest.mark.parametrize(
    "body",
    [{"mode": "test"}, {"environment": "test"}, {"livemode": False}, {"test_mode": True},
     {"mode": "test", "livemode": False}],
)  # fmt: skip
async def test_every_name_of_the_mode(http, organization, body):
    key = (await _create(http, organization.headers, **body)).json()
    assert not key["livemode"]
    assert key["key"].startswith("fh_test_")


async def test_a_test_key_manages_test_keys_only(http, organization):
    refused = await _create(http, organization.test_headers, mode="live")
    assert (refused.status_code, refused.json()["error"]["code"]) == (403, "live_key_required")
    made = (await _create(http, organization.test_headers)).json()
    assert not made["livemode"]
    listed = (await http.get("/v1/api_keys", headers=organization.test_headers)).json()["data"]
    assert {key["livemode"] for key in listed} == {False}
    live = (await _create(http, organization.headers)).json()
    for act in ("rotate", "revoke"):
        answer = await http.post(f"/v1/api_keys/{live['id']}/{act}", headers=organization.test_headers)
        assert answer.status_code == 404
    assert await _works(http, live["key"])
    assert (await http.post(f"/v1/api_keys/{made['id']}/revoke", headers=organization.headers)).status_code == 204


async def test_a_key_that_expires(http, services, organization):
    at = iso(now() + timedelta(hours=1))
    key = (await _create(http, organization.headers, expires_at=at)).json()
    assert (key["expires_at"], key["status"]) == (at, "active")
    in_days = (await _create(http, organization.headers, expires_in_days=2)).json()
    assert in_days["expires_at"] > iso(now() + timedelta(days=1, hours=23))
    assert await _works(http, key["key"])
    async with services.db.write() as session:
        await session.execute(update(ApiKey).where(ApiKey.id == key["id"]).values(expires_at=now()))
    assert not await _works(http, key["key"])
    listed = (await http.get("/v1/api_keys", headers=organization.headers)).json()["data"]
    assert {one["id"]: one["status"] for one in listed}[key["id"]] == "expired"
    assert (await http.post(f"/v1/api_keys/{key['id']}/rotate", headers=organization.headers)).status_code == 409


async def test_a_rotated_key_works_through_the_overlap(http, services, organization):
    old = (await _create(http, organization.headers, scopes=["keys:manage"])).json()
    rotated = await http.post(f"/v1/api_keys/{old['id']}/rotate", headers=organization.headers)
    assert rotated.status_code == 200
    new = rotated.json()
    assert new["id"] != old["id"]
    assert (new["name"], new["scopes"], new["status"]) == (old["name"], ["keys:manage"], "active")
    assert await _works(http, new["key"])
    assert await _works(http, old["key"])
    listed = (await http.get("/v1/api_keys", headers=organization.headers)).json()["data"]
    ending = next(one for one in listed if one["id"] == old["id"])
    assert ending["status"] == "expiring"
    assert iso(now() + timedelta(hours=23, minutes=59)) < ending["expires_at"] <= iso(now() + timedelta(hours=24))
    again = await http.post(f"/v1/api_keys/{old['id']}/rotate", headers=organization.headers)
    assert (again.status_code, again.json()["error"]["code"]) == (409, "key_not_active")


async def test_a_rotation_neither_prolongs_the_old_key_nor_frees_the_new_one_of_its_term(http, organization):
    at = now() + timedelta(hours=1)
    old = (await _create(http, organization.headers, expires_at=iso(at))).json()
    new = (await http.post(f"/v1/api_keys/{old['id']}/rotate", headers=organization.headers)).json()
    assert iso(at) <= new["expires_at"] <= iso(now() + timedelta(hours=1))
    listed = (await http.get("/v1/api_keys", headers=organization.headers)).json()["data"]
    assert {one["id"]: one["expires_at"] for one in listed}[old["id"]] == iso(at)


async def test_the_successor_of_a_key_for_ever_ends_with_the_calendar(http, organization):
    old = (await _create(http, organization.headers, expires_at="9999-12-31T23:59:59.999Z")).json()
    rotated = await http.post(f"/v1/api_keys/{old['id']}/rotate", headers=organization.headers)
    assert (rotated.status_code, rotated.json()["expires_at"]) == (200, "9999-12-31T23:59:59.999Z")
    assert await _works(http, rotated.json()["key"])


async def test_a_revoked_key_ends_at_once_and_stays_revoked(http, organization):
    key = (await _create(http, organization.headers)).json()
    revoke = f"/v1/api_keys/{key['id']}/revoke"
    first = await http.post(revoke, headers=organization.headers)
    assert (first.status_code, first.content) == (204, b"")
    assert not await _works(http, key["key"])
    before = (await http.get("/v1/api_keys", headers=organization.headers)).json()["data"][0]
    assert before["status"] == "revoked"
    assert (await http.post(revoke, headers=organization.headers)).status_code == 204
    assert (await http.get("/v1/api_keys", headers=organization.headers)).json()["data"][0] == before


async def test_a_key_may_end_itself(http, organization):
    key = (await _create(http, organization.headers)).json()
    assert (await http.post(f"/v1/api_keys/{key['id']}/revoke", headers=_bearer(key["key"]))).status_code == 204
    assert not await _works(http, key["key"])


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"name": "   "}, "name"),
        ({"name": 5}, "name"),
        ({"name": "x" * 101}, "name"),
        ({"name": "a\0b"}, "name"),
        ({"scopes": []}, "scopes"),
        ({"scopes": ["jobs:everything"]}, "scopes.0"),
        ({"scopes": "jobs:read"}, "scopes"),
        ({"mode": "sandbox"}, "mode"),
        ({"livemode": "no"}, "body"),
        ({"mode": "live", "test_mode": True}, "body"),
        ({"expires_in_days": True}, "expires_in_days"),
        ({"expires_in_days": 0}, "expires_in_days"),
        ({"expires_at": "2020-01-01T00:00:00Z"}, "expires_at"),
        ({"expires_at": "2099-01-01T00:00:00"}, "expires_at"),
        ({"expires_at": "9999-12-31T23:59:59-12:00"}, "expires_at"),
        ({"expires_at": "2099-01-01T00:00:00Z", "expires_in_days": 1}, "body"),
    ],
)
async def test_what_is_refused(http, organization, body, field):
    refused = await _create(http, organization.headers, **body)
    assert refused.status_code == 400, refused.text
    assert refused.json()["error"]["param"] == field


async def test_a_repeated_creation_answers_with_the_same_key(http, services, organization):
    headers = organization.headers | {"Idempotency-Key": "once"}
    first, second = [await _create(http, headers) for _ in range(2)]
    assert first.json() == second.json()
    assert second.headers["Idempotency-Replayed"] == "true"
    async with services.db.read() as session:
        named = select(ApiKey).where(ApiKey.name == "CI")
        assert len((await session.scalars(named)).all()) == 1


async def test_a_repetition_by_another_key_does_not_get_the_new_one(http, services, organization):
    once = {"Idempotency-Key": "once"}
    narrow = _bearer(await _key_with(services, organization, "keys:manage"))
    made = (await _create(http, organization.headers | once)).json()
    route = f"/v1/api_keys/{made['id']}/rotate"
    rotated = await http.post(route, headers=organization.headers | once)
    assert rotated.status_code == 200

    others = [await _create(http, headers | once) for headers in (narrow, organization.test_headers)]
    assert [(key.json()["scopes"], key.json()["livemode"]) for key in others] == [
        (["keys:manage"], True), (list(DEFAULT_SCOPES), False),
    ]  # fmt: skip
    refused = [await http.post(route, headers=headers | once) for headers in (narrow, organization.test_headers)]
    assert [answer.status_code for answer in refused] == [409, 404]


async def test_another_organizations_keys_do_not_exist(http, make_organization, organization):
    other = await make_organization()
    key = (await _create(http, organization.headers)).json()
    for act in ("rotate", "revoke"):
        assert (await http.post(f"/v1/api_keys/{key['id']}/{act}", headers=other.headers)).status_code == 404
        assert (await http.post(f"/v1/api_keys/key_nothing/{act}", headers=other.headers)).status_code == 404
    listed = (await http.get("/v1/api_keys", headers=other.headers)).json()["data"]
    assert key["id"] not in {one["id"] for one in listed}
    assert await _works(http, key["key"])


async def test_who_made_and_ended_a_key_is_on_record(http, services, organization):
    key = (await _create(http, organization.headers)).json()
    await http.post(f"/v1/api_keys/{key['id']}/rotate", headers=organization.headers)
    await http.post(f"/v1/api_keys/{key['id']}/revoke", headers=organization.headers)
    async with services.db.read() as session:
        entries = await session.scalars(
            select(AuditEntry).where(AuditEntry.subject_id == key["id"]).order_by(AuditEntry.created_at)
        )
    seen = entries.all()
    assert [entry.action for entry in seen] == ["api_key.created", "api_key.rotated", "api_key.revoked"]
    assert all(entry.actor.startswith("key_") and entry.request_id.startswith("req_") for entry in seen)
    assert key["key"] not in str([entry.details for entry in seen])


async def test_a_key_makes_none_that_outlives_it(http, organization):
    """Neither by making nor by rotating one that would last; a shorter one stays as it is, and it may renew itself."""
    hour = iso(now() + timedelta(hours=1))
    short = (await _create(http, organization.headers, expires_at=hour)).json()
    headers, ends_at = _bearer(short["key"]), short["expires_at"]
    lasting = (await _create(http, organization.headers)).json()
    made = [
        await _create(http, headers),
        await _create(http, headers, expires_in_days=30),
    ]
    assert [one.json()["expires_at"] for one in made] == [ends_at] * 2
    refused = await http.post(f"/v1/api_keys/{lasting['id']}/rotate", headers=headers)
    assert (refused.status_code, refused.json()["error"]["code"]) == (403, "key_ends")
    minute = iso(now() + timedelta(minutes=1))
    assert (await _create(http, headers, expires_at=minute)).json()["expires_at"] < ends_at
    renewed = await http.post(f"/v1/api_keys/{short['id']}/rotate", headers=headers)
    assert ends_at < renewed.json()["expires_at"] <= iso(now() + timedelta(hours=1))
