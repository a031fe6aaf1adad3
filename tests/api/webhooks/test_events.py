"""Events over HTTP: listed with their deliveries, replayed under the same id."""

import pytest

from tests.api.webhooks.outbox import ENDPOINTS, EVENTS, deliver, list_events

pytestmark = pytest.mark.anyio


async def test_a_replay_reaches_the_endpoints_of_today(
    http, services, sender, receiver, organization, make_endpoint, emit_event
):
    await emit_event()
    await sender.plan()
    late = await make_endpoint()
    (event,) = await list_events(http, organization)
    assert event["deliveries"] == []
    await emit_event("job.cancelled")
    unplanned = (await list_events(http, organization, type="job.cancelled"))[0]
    for one in (event, unplanned, unplanned):
        replayed = await http.post(f"{EVENTS}/{one['id']}/replay", headers=organization.headers)
        assert [delivery["endpoint_id"] for delivery in replayed.json()["deliveries"]] == [late["id"]]
    async with receiver.up():
        assert await deliver(sender) == 2, "a replay before the planning is not planned again"
    assert sorted(receiver.ids) == sorted([event["id"], unplanned["id"]])


async def test_a_replay_that_no_endpoint_would_get_is_refused(http, organization, make_endpoint, emit_event):
    other = await make_endpoint(events=["export.completed"])
    disabled = await make_endpoint()
    route = f"{ENDPOINTS}/{disabled['id']}"
    await http.patch(route, headers=organization.headers, json={"status": "disabled"})
    await emit_event()
    (event,) = await list_events(http, organization)
    refused = await http.post(f"{EVENTS}/{event['id']}/replay", headers=organization.headers)
    assert refused.status_code == 409
    assert (refused.json()["error"]["type"], refused.json()["error"]["code"]) == ("conflict", "no_endpoint")
    assert (await list_events(http, organization))[0]["deliveries"] == []
    await http.patch(route, headers=organization.headers, json={"status": "enabled"})
    replayed = await http.post(f"{EVENTS}/{event['id']}/replay", headers=organization.headers)
    assert other["id"] not in [one["endpoint_id"] for one in replayed.json()["deliveries"]]
    assert len(replayed.json()["deliveries"]) == 1


async def test_listing_by_type_and_page(http, organization, emit_event):
    for count in range(3):
        await emit_event("job.completed", count=count)
    await emit_event("export.completed")
    assert [one["data"].get("count") for one in await list_events(http, organization)] == [None, 2, 1, 0]
    assert [one["data"]["count"] for one in await list_events(http, organization, type="job.completed")] == [2, 1, 0]
    first = (await http.get(EVENTS, headers=organization.headers, params={"limit": 3})).json()
    assert first["has_more"]
    (last,) = await list_events(http, organization, cursor=first["next_cursor"])
    assert last["data"]["count"] == 0
    assert (await http.get(EVENTS, headers=organization.headers, params={"type": "x"})).status_code == 400


async def test_another_organization_sees_and_replays_nothing(http, organization, make_organization, emit_event):
    stranger = await make_organization()
    await emit_event()
    (event,) = await list_events(http, organization)
    assert await list_events(http, stranger) == []
    refused = await http.post(f"{EVENTS}/{event['id']}/replay", headers=stranger.headers)
    assert refused.status_code == 404
