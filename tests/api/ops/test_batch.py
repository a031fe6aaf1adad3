"""Batches changed while the engine works."""

import pytest
from sqlalchemy import select

from api.auth import ALL_SCOPES
from api.keys.service import create_key
from api.tables import AuditEntry
from configs.settings import BatchSettings
from serve.errors import EngineUnavailable

pytestmark = pytest.mark.anyio


async def _change(http, organization, role="text", **body):
    return await http.patch(f"/v1/ops/models/{role}/batch", json=body, headers=organization.headers)


async def _audited(services):
    async with services.db.read() as session:
        found = await session.scalars(
            select(AuditEntry).where(AuditEntry.action.like("engine.%")).order_by(AuditEntry.id)
        )
        return found.all()


async def test_what_is_named_changes_and_the_rest_stays(http, services, organization, engine):
    answer = await _change(http, organization, max_items=8, wait_seconds=0.05)
    assert answer.status_code == 200, answer.text
    assert answer.json() == {
        "object": "batch_settings", "role": "text",
        "max_cost": 8.0, "max_items": 8, "wait_seconds": 0.05, "concurrent": 1,
    }  # fmt: skip
    assert engine.configured["text"] == BatchSettings(max_cost=8.0, max_items=8, wait_seconds=0.05)
    told = (await http.get("/v1/ops/overview", headers=organization.headers)).json()
    text = next(one for one in told["models"] if one["role"] == "text")
    assert (text["batch"]["max_items"], text["batch"]["wait_seconds"]) == (8, 0.05)
    (entry,) = await _audited(services)
    assert (entry.action, entry.details["role"]) == ("engine.batch_changed", "text")
    assert (entry.details["before"]["max_items"], entry.details["after"]["max_items"]) == (4, 8)
    assert entry.actor.startswith("key_")


async def test_no_change_is_none(http, services, organization):
    assert (await _change(http, organization)).json()["max_items"] == 4
    assert (await _change(http, organization, max_items=4)).status_code == 200
    assert await _audited(services) == []


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"max_items": 0}, "max_items"),
        ({"max_items": 2.5}, "max_items"),
        ({"max_items": "8"}, "max_items"),
        ({"max_cost": 0}, "max_cost"),
        ({"wait_seconds": -0.1}, "wait_seconds"),
        ({"wait_seconds": 6}, "wait_seconds"),
        ({"concurrent": 33}, "concurrent"),
        ({"max_items": 33}, "max_items"),
        ({"max_items": 16, "concurrent": 3}, "max_items"),
    ],
)
async def test_what_is_refused(http, services, organization, engine, body, field):
    before = dict(engine.configured)
    refused = await _change(http, organization, **body)
    assert (refused.status_code, refused.json()["error"]["param"]) == (400, field), refused.text
    assert (engine.configured, await _audited(services)) == (before, [])


async def test_a_batch_above_what_a_replica_is_given_says_why(http, organization):
    error = (await _change(http, organization, max_items=33)).json()["error"]
    assert error["code"] == "batch_above_max_ongoing_requests"
    assert "33 is above max_ongoing_requests = 32" in error["message"]


async def test_what_a_replica_is_given_may_have_changed_since_the_start(http, organization, engine):
    """By `assay reload`, which the settings of this process do not tell of."""
    engine.handed["text"] = 64
    assert (await _change(http, organization, max_items=33)).status_code == 200
    told = (await http.get("/v1/ops/overview", headers=organization.headers)).json()
    assert [one["max_ongoing_requests"] for one in told["models"] if one["role"] == "text"] == [64]
    engine.handed["text"] = 34
    error = (await _change(http, organization, max_items=35)).json()["error"]
    assert "35 is above max_ongoing_requests = 34" in error["message"]


async def test_an_unknown_role_names_nothing(http, organization):
    refused = await _change(http, organization, role="translator", max_items=8)
    assert (refused.status_code, refused.json()["error"]["type"]) == (404, "not_found")


async def test_a_role_that_the_profile_lacks_names_nothing(http, organization, engine):
    del engine.configured["speech"]
    assert (await _change(http, organization, role="speech", max_items=8)).status_code == 404


@pytest.mark.parametrize(
    ("error", "status"), [(EngineUnavailable("no controller"), 503), (ValueError("too large for its replicas"), 400)]
)
async def test_the_audit_tells_what_the_engine_refused(
    http, services, organization, engine, monkeypatch, error, status
):
    async def refuse(batches):
        raise error

    monkeypatch.setattr(engine, "reconfigure", refuse)
    answer = await _change(http, organization, max_items=8)
    assert answer.status_code == status
    assert [entry.action for entry in await _audited(services)] == ["engine.batch_changed", "engine.batch_refused"]


async def test_test_keys_change_nothing(http, organization, engine):
    answer = await http.patch("/v1/ops/models/text/batch", json={"max_items": 8}, headers=organization.test_headers)
    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "live_key_required")
    assert engine.configured["text"].max_items == 4


async def test_ops_write_is_needed(http, services, organization):
    async with services.db.write() as session:
        scopes = [scope for scope in ALL_SCOPES if scope != "ops:write"]
        _, token = create_key(session, organization.id, name="Reader", livemode=True, scopes=scopes)
    headers = {"Authorization": f"Bearer {token}"}
    refused = await http.patch("/v1/ops/models/text/batch", json={"max_items": 8}, headers=headers)
    assert (refused.status_code, refused.json()["error"]["param"]) == (403, "ops:write")
    assert (await http.get("/v1/ops/overview", headers=headers)).status_code == 200
