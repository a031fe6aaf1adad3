"""Endpoints over HTTP: made, listed, changed, deleted; the secret is shown once; nobody sees another's."""

import httpx
import pytest
from sqlalchemy import select

from api.events import EVENT_TYPES
from api.keys.service import create_key
from api.services import Services
from api.tables import AuditEntry, WebhookEndpoint
from tests.api.conftest import Client

pytestmark = pytest.mark.anyio

ROUTE = "/v1/webhook_endpoints"
URL = "https://hooks.example.com/assay"


async def _create(http: httpx.AsyncClient, headers: dict[str, str], **body) -> httpx.Response:
    return await http.post(ROUTE, headers=headers, json={"url": URL, **body})


async def test_an_endpoint_shows_its_secret_once(http, services, organization):
    made = await _create(http, organization.headers, description="Ours", metadata={"team": "data"})
    assert made.status_code == 201
    endpoint = made.json()
    secret = endpoint.pop("secret")
    assert secret.startswith("whsec_")
    assert endpoint == {
        "object": "webhook_endpoint",
        "id": endpoint["id"],
        "url": URL,
        "description": "Ours",
        "events": ["*"],
        "status": "enabled",
        "disabled_reason": None,
        "metadata": {"team": "data"},
        "livemode": True,
        "created_at": endpoint["created_at"],
        "updated_at": endpoint["updated_at"],
    }
    shown = await http.get(f"{ROUTE}/{endpoint['id']}", headers=organization.headers)
    assert (shown.status_code, shown.json()) == (200, endpoint)
    listed = await http.get(ROUTE, headers=organization.headers)
    assert (listed.status_code, listed.json()["data"]) == (200, [endpoint])
    async with services.db.read() as session:
        stored = await session.get(WebhookEndpoint, endpoint["id"])
        assert services.cipher.open(stored.sealed_secret) == secret
        assert secret not in str(vars(stored))


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ({}, ["*"]),
        ({"events": None}, ["*"]),
        ({"events": ["*", "job.completed"]}, ["*"]),
        ({"events": ["job.completed", "submission.scored", "job.completed"]}, ["submission.scored", "job.completed"]),
        ({"enabled_events": ["job.completed"]}, ["job.completed"]),
        ({"events": ["job.cancelled"], "enabled_events": ["job.completed"]}, ["job.cancelled"]),
        ({"events": list(EVENT_TYPES)}, list(EVENT_TYPES)),
    ],
)
async def test_events_by_both_names(http, organization, given, kept):
    endpoint = (await _create(http, organization.headers, **given)).json()
    assert endpoint["events"] == kept
    changed = await http.patch(f"{ROUTE}/{endpoint['id']}", headers=organization.headers, json=given)
    assert (changed.status_code, changed.json()["events"]) == (200, kept)


@pytest.mark.parametrize(
    ("body", "param"),
    [
        ({"url": "https://127.0.0.2/"}, "url"),
        ({"url": "https://2130706434/"}, "url"),
        ({"url": "https://0x7f.2/"}, "url"),
        ({"url": "https://[::1]/"}, "url"),
        ({"url": "https://[::ffff:10.0.0.1]/"}, "url"),
        ({"url": "https://user:secret@hooks.example.com/"}, "url"),
        ({"url": "ftp://hooks.example.com/"}, "url"),
        ({"url": ""}, "url"),
        ({"url": "https://example.com/" + "a" * 2000}, "url"),
        ({"url": 7}, "url"),
        ({"events": []}, "events"),
        ({"events": ["job.exploded"]}, "events.0"),
        ({"description": "\0"}, "description"),
        ({"metadata": {"a": {"b": 1}}}, "metadata.a"),
    ],
)
async def test_bad_bodies_are_refused(http, organization, body, param):
    good = (await _create(http, organization.headers)).json()
    changed = await http.patch(f"{ROUTE}/{good['id']}", headers=organization.headers, json=body)
    for refused in (await _create(http, organization.headers, **body), changed):
        assert refused.status_code == 400
        error = refused.json()["error"]
        assert error["type"] == "validation_error"
        assert error["param"] == param
    (only,) = (await http.get(ROUTE, headers=organization.headers)).json()["data"]
    assert only["url"] == URL


async def test_changing(http, organization):
    made = (await _create(http, organization.headers, description="Ours", metadata={"a": 1})).json()
    route = f"{ROUTE}/{made['id']}"

    async def change(**body):
        answer = await http.patch(route, headers=organization.headers, json=body)
        assert answer.status_code == 200
        assert "secret" not in answer.json()
        return answer.json()

    moved = await change(url="https://other.example.com/x", metadata={"b": 2})
    assert (moved["url"], moved["metadata"], moved["description"]) == ("https://other.example.com/x", {"b": 2}, "Ours")
    assert (await change(description=None))["description"] is None
    off = await change(status="disabled")
    assert (off["status"], off["disabled_reason"]) == ("disabled", "disabled by the client")
    on = await change(status="enabled")
    assert (on["status"], on["disabled_reason"]) == ("enabled", None)
    untouched = await change()
    assert {**untouched, "updated_at": None} == {**on, "updated_at": None}
    assert (await http.patch(route, headers=organization.headers, json={"status": "gone"})).status_code == 400


async def test_deleting(http, organization):
    made = (await _create(http, organization.headers)).json()
    deleted = await http.delete(f"{ROUTE}/{made['id']}", headers=organization.headers)
    assert (deleted.status_code, deleted.content) == (204, b"")
    assert (await http.get(f"{ROUTE}/{made['id']}", headers=organization.headers)).status_code == 404
    assert (await http.delete(f"{ROUTE}/{made['id']}", headers=organization.headers)).status_code == 404


async def test_a_new_secret_leaves_the_old_one_for_a_day(http, services, organization):
    made = (await _create(http, organization.headers)).json()
    rotated = await http.post(f"{ROUTE}/{made['id']}/rotate_secret", headers=organization.headers)
    assert rotated.status_code == 200
    assert rotated.json()["secret"] != made["secret"]
    assert rotated.json()["id"] == made["id"]
    async with services.db.read() as session:
        stored = await session.get(WebhookEndpoint, made["id"])
        assert services.cipher.open(stored.sealed_secret) == rotated.json()["secret"]
        assert services.cipher.open(stored.sealed_old_secret) == made["secret"]
        overlap = stored.old_secret_expires_at - stored.updated_at
        assert overlap.total_seconds() == pytest.approx(86400, abs=60)


async def test_repeating_a_request_makes_nothing_twice(http, organization):
    headers = {**organization.headers, "Idempotency-Key": "once"}
    first, second = [await _create(http, headers) for _ in range(2)]
    assert first.json() == second.json()
    assert second.headers["Idempotency-Replayed"] == "true"
    route = f"{ROUTE}/{first.json()['id']}/rotate_secret"
    secrets = {(await http.post(route, headers=headers)).json()["secret"] for _ in range(2)}
    assert len(secrets) == 1
    assert len((await http.get(ROUTE, headers=organization.headers)).json()["data"]) == 1


async def test_a_repetition_by_another_key_does_not_get_the_secret(http, organization):
    once = {"Idempotency-Key": "once"}
    made = (await _create(http, organization.headers | once)).json()
    of_test = (await _create(http, organization.test_headers | once)).json()
    key = {"name": "CI", "scopes": ["webhooks:write"]}
    other = (await http.post("/v1/api_keys", headers=organization.headers, json=key)).json()["key"]
    route, other_headers = f"{ROUTE}/{made['id']}/rotate_secret", {"Authorization": f"Bearer {other}"}
    rotated = [
        (await http.post(route, headers=headers | once)).json()["secret"]
        for headers in (organization.headers, other_headers)
    ]
    assert len({made["secret"], of_test["secret"], *rotated}) == 4


async def test_pages(http, organization):
    ids = [(await _create(http, organization.headers)).json()["id"] for _ in range(3)]
    first = (await http.get(ROUTE, headers=organization.headers, params={"limit": 2})).json()
    assert [one["id"] for one in first["data"]] == ids[:0:-1]
    cursor = {"limit": 2, "cursor": first["next_cursor"]}
    rest = (await http.get(ROUTE, headers=organization.headers, params=cursor)).json()
    assert ([one["id"] for one in rest["data"]], rest["has_more"]) == (ids[:1], False)


async def test_nobody_sees_or_touches_anothers(http, organization, make_organization):
    stranger: Client = await make_organization()
    made = (await _create(http, organization.headers)).json()
    route = f"{ROUTE}/{made['id']}"
    for headers in (stranger.headers, organization.test_headers):
        assert (await http.get(ROUTE, headers=headers)).json()["data"] == []
        for method, path, body in (
            ("GET", route, None),
            ("PATCH", route, {"status": "disabled"}),
            ("DELETE", route, None),
            ("POST", f"{route}/rotate_secret", None),
        ):
            assert (await http.request(method, path, headers=headers, json=body)).status_code == 404
    made.pop("secret")
    assert (await http.get(route, headers=organization.headers)).json() == made
    in_test = (await _create(http, organization.test_headers)).json()
    assert not in_test["livemode"]
    assert (await http.get(f"{ROUTE}/{in_test['id']}", headers=organization.headers)).status_code == 404


async def test_scopes(http, services: Services, organization):
    async with services.db.write() as session:
        _, reader = create_key(session, organization.id, name="R", livemode=True, scopes=["webhooks:read"])
        _, other = create_key(session, organization.id, name="O", livemode=True, scopes=["jobs:read"])
    reading, none = ({"Authorization": f"Bearer {token}"} for token in (reader, other))
    assert (await http.get(ROUTE, headers=reading)).status_code == 200
    assert (await _create(http, reading)).status_code == 403
    assert (await http.get(ROUTE, headers=none)).status_code == 403


async def test_the_audit_tells_who_did_what_and_no_secret(http, services: Services, organization):
    made = (await _create(http, organization.headers)).json()
    route = f"{ROUTE}/{made['id']}"
    secret = (await http.post(f"{route}/rotate_secret", headers=organization.headers)).json()["secret"]
    await http.patch(route, headers=organization.headers, json={"status": "disabled"})
    await http.delete(route, headers=organization.headers)
    async with services.db.read() as session:
        mine = select(AuditEntry).where(AuditEntry.subject_id == made["id"]).order_by(AuditEntry.id)
        entries = (await session.scalars(mine)).all()
    assert [entry.action.removeprefix("webhook_endpoint.") for entry in entries] == [
        "created", "secret_rotated", "updated", "deleted",
    ]  # fmt: skip
    assert all(entry.actor.startswith("key_") and entry.request_id for entry in entries)
    told = str([entry.details for entry in entries])
    assert made["secret"] not in told
    assert secret not in told


async def test_an_organization_has_so_many_endpoints_and_no_more(http, organization, make_organization):
    """Of both modes together; another organization has room of its own, and one that is deleted makes room."""
    first = await _create(http, organization.headers)
    for number in range(19):
        headers = organization.headers if number % 2 else organization.test_headers
        assert (await _create(http, headers)).status_code == 201
    refused = await _create(http, organization.headers)
    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "too_many_endpoints")
    assert (await _create(http, (await make_organization()).headers)).status_code == 201
    await http.delete(f"{ROUTE}/{first.json()['id']}", headers=organization.headers)
    assert (await _create(http, organization.headers)).status_code == 201
