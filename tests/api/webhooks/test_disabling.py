"""Endpoints that are gone, or fail for days, are disabled; what they missed can be replayed."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import select

from api.clock import now
from api.tables import AuditEntry
from api.webhooks.deliveries import claim_due
from api.webhooks.places import places_of
from tests.api.webhooks.outbox import (
    ENDPOINTS,
    EVENTS,
    change_endpoint,
    deliver,
    deliveries,
    list_events,
    make_due,
    stored_endpoint,
)

pytestmark = pytest.mark.anyio


async def test_gone_disables_the_endpoint(http, services, sender, receiver, organization, make_endpoint, emit_event):
    endpoint = await make_endpoint()
    await emit_event()
    receiver.status = 410
    async with receiver.up():
        await deliver(sender)
    shown = (await http.get(f"{ENDPOINTS}/{endpoint['id']}", headers=organization.headers)).json()
    assert (shown["status"], shown["disabled_reason"]) == ("disabled", "the endpoint answered 410 Gone")
    (event,) = await list_events(http, organization)
    assert (event["deliveries"][0]["status"], event["deliveries"][0]["last_status"]) == ("failed", 410)
    async with services.db.read() as session:
        entry = await session.scalar(select(AuditEntry).where(AuditEntry.action == "webhook_endpoint.disabled"))
        assert (entry.actor, entry.subject_id) == ("system", endpoint["id"])
    await emit_event()
    assert await deliver(sender) == 0


async def test_an_endpoint_that_fails_for_five_days_is_disabled(
    http, services, sender, receiver, organization, make_endpoint, emit_event
):
    endpoint = await make_endpoint()
    await emit_event()
    await deliver(sender)
    since = (await stored_endpoint(services, endpoint["id"])).failing_since
    assert since is not None
    await make_due(services)
    await sender.send_due()
    assert (await stored_endpoint(services, endpoint["id"])).failing_since == since, "the first failure counts"

    limit = timedelta(seconds=services.settings.webhooks.disable_after_seconds)
    await change_endpoint(services, endpoint["id"], failing_since=now() - limit + timedelta(minutes=5))
    await make_due(services)
    await sender.send_due()
    assert (await stored_endpoint(services, endpoint["id"])).status == "enabled"

    await change_endpoint(services, endpoint["id"], failing_since=now() - limit)
    await make_due(services)
    await sender.send_due()
    disabled = await stored_endpoint(services, endpoint["id"])
    assert disabled.status == "disabled"
    assert disabled.disabled_reason.startswith("every attempt since")
    assert [one.status for one in await deliveries(services)] == ["failed"]

    route = f"{ENDPOINTS}/{endpoint['id']}"
    enabled = await http.patch(route, headers=organization.headers, json={"status": "enabled"})
    assert enabled.json()["disabled_reason"] is None
    (event,) = await list_events(http, organization)
    await http.post(f"{EVENTS}/{event['id']}/replay", headers=organization.headers)
    async with receiver.up():
        assert await sender.send_due() == 1
    assert receiver.ids == [event["id"]]


async def test_a_success_ends_the_failing(services, sender, receiver, make_endpoint, emit_event):
    endpoint = await make_endpoint()
    await emit_event()
    await deliver(sender)
    await make_due(services)
    async with receiver.up():
        assert await sender.send_due() == 1
    assert (await stored_endpoint(services, endpoint["id"])).failing_since is None
    (delivery,) = await deliveries(services)
    assert [bool(entry["error"]) for entry in delivery.log] == [True, False]
    assert (delivery.status, delivery.attempts) == ("succeeded", 2)


async def test_what_waits_for_a_disabled_endpoint_fails_and_can_be_replayed(
    http, sender, receiver, organization, make_endpoint, emit_event
):
    endpoint = await make_endpoint()
    await make_endpoint(events=["job.completed"])
    await emit_event()
    await sender.plan()
    route = f"{ENDPOINTS}/{endpoint['id']}"
    await http.patch(route, headers=organization.headers, json={"status": "disabled"})
    (event,) = await list_events(http, organization)
    assert [one["status"] for one in event["deliveries"]] == ["failed", "pending"]
    async with receiver.up():
        assert await sender.send_due() == 1
        await http.patch(route, headers=organization.headers, json={"status": "enabled"})
        assert await sender.send_due() == 0
        await http.post(f"{EVENTS}/{event['id']}/replay", headers=organization.headers)
        assert await sender.send_due() == 2


@pytest.mark.parametrize(("status", "ends"), [(200, "succeeded"), (500, "failed")])
async def test_what_is_under_way_to_a_disabled_endpoint_ends_with_its_attempt(
    http, services, sender, receiver, organization, make_endpoint, emit_event, status, ends
):
    endpoint = await make_endpoint()
    await emit_event()
    receiver.status, receiver.hold = status, asyncio.Event()
    async with receiver.up():
        await sender.plan()
        sending = asyncio.create_task(sender.send_due())
        while not receiver.received:
            await asyncio.sleep(0.005)
        route = f"{ENDPOINTS}/{endpoint['id']}"
        await http.patch(route, headers=organization.headers, json={"status": "disabled"})
        receiver.hold.set()
        await sending
    assert [one.status for one in await deliveries(services)] == [ends]


async def test_a_killed_senders_claim_on_an_endpoint_that_was_disabled_fails_like_what_waited(
    http, services, sender, receiver, organization, make_endpoint, emit_event
):
    endpoint = await make_endpoint()
    await emit_event()
    await sender.plan()
    async with services.db.write() as session:
        assert len(await claim_due(session, places_of(1, [], per_endpoint=1, per_organization=1), 60)) == 1
    route = f"{ENDPOINTS}/{endpoint['id']}"
    await http.patch(route, headers=organization.headers, json={"status": "disabled"})
    await make_due(services)
    async with receiver.up():
        assert await sender.send_due() == 0
        assert [one.status for one in await deliveries(services)] == ["failed"]
        await http.patch(route, headers=organization.headers, json={"status": "enabled"})
        assert await sender.send_due() == 0
        (event,) = await list_events(http, organization)
        await http.post(f"{EVENTS}/{event['id']}/replay", headers=organization.headers)
        assert await sender.send_due() == 1
