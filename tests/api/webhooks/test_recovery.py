"""Receivers that are down, senders that die or meet: nothing is lost, and what was claimed is not lost either."""

import asyncio
import contextlib

import pytest
from firsthandapi import verify_webhook_signature

from api.clock import now
from tests.api.webhooks.outbox import (
    ENDPOINTS,
    EVENTS,
    deliver,
    deliveries,
    list_events,
    make_due,
    stored_endpoint,
)

pytestmark = pytest.mark.anyio


async def test_a_receiver_that_is_down_for_the_whole_schedule_loses_nothing(
    http, services, sender, receiver, organization, make_endpoint, emit_event
):
    endpoint = await make_endpoint()
    for count in range(3):
        await emit_event(count=count)
    await sender.plan()
    schedule = services.settings.webhooks.retry_seconds
    for attempt, pause_seconds in enumerate((*schedule, None), start=1):
        began_at = now()
        assert await sender.send_due() == 3
        for delivery in await deliveries(services):
            assert delivery.attempts == attempt
            if pause_seconds is not None:
                waits = (delivery.next_attempt_at - began_at).total_seconds()
                assert delivery.status == "pending"
                assert pause_seconds <= waits < pause_seconds + 60
        assert await sender.send_due() == 0
        await make_due(services)
    assert [one.status for one in await deliveries(services)] == ["failed"] * 3
    events = await list_events(http, organization)
    for event in events:
        (summary,) = event["deliveries"]
        assert summary["last_error"]
        assert {**summary, "last_error": None} == {
            "endpoint_id": endpoint["id"],
            "status": "failed",
            "attempts": len(schedule) + 1,
            "next_attempt_at": None,
            "last_status": None,
            "last_error": None,
        }

    for event in events:
        replayed = await http.post(f"{EVENTS}/{event['id']}/replay", headers=organization.headers)
        assert replayed.status_code == 200
        assert replayed.json()["id"] == event["id"]
        assert [one["attempts"] for one in replayed.json()["deliveries"]] == [0]
    async with receiver.up():
        assert await sender.send_due() == 3
    assert sorted(receiver.ids) == sorted(event["id"] for event in events)
    for request in receiver.received:
        assert verify_webhook_signature(request.body, request.headers["x-firsthandapi-signature"], endpoint["secret"])
    assert {one.status for one in await deliveries(services)} == {"succeeded"}
    assert (await stored_endpoint(services, endpoint["id"])).failing_since is None


async def test_two_senders_at_once_deliver_each_event_once(services, make_sender, receiver, make_endpoint, emit_event):
    await make_endpoint()
    await make_endpoint()
    for count in range(30):
        await emit_event(count=count)
    async with receiver.up():
        sent = await asyncio.gather(*(deliver(make_sender()) for _ in range(2)))
        sent.append(await deliver(make_sender()))
    assert sum(sent) == 60
    assert len(receiver.ids) == 60
    assert len(set(receiver.ids)) == 30
    assert all(one.attempts == 1 and one.status == "succeeded" for one in await deliveries(services))


async def test_a_killed_senders_claim_is_sent_by_another(services, make_sender, receiver, make_endpoint, emit_event):
    await make_endpoint()
    await emit_event()
    killed, other = make_sender(), make_sender()
    receiver.hold = asyncio.Event()
    async with receiver.up():
        await killed.plan()
        sending = asyncio.create_task(killed.send_due())
        while not receiver.received:
            await asyncio.sleep(0.005)
        sending.cancel()
        await killed.close()
        with contextlib.suppress(asyncio.CancelledError):
            await sending
        receiver.hold.set()
        assert await other.send_due() == 0, "its claim still holds"
        await make_due(services)
        assert await other.send_due() == 1
    assert len(receiver.ids) == 2
    assert len(set(receiver.ids)) == 1
    (delivery,) = await deliveries(services)
    assert (delivery.status, delivery.attempts) == ("succeeded", 1)


async def test_a_sender_that_lost_its_claim_records_nothing(services, make_sender, receiver, make_endpoint, emit_event):
    await make_endpoint()
    await emit_event()
    slow, other = make_sender(), make_sender()
    receiver.status, receiver.hold = 500, asyncio.Event()
    async with receiver.up():
        await slow.plan()
        sending = asyncio.create_task(slow.send_due())
        while not receiver.received:
            await asyncio.sleep(0.005)
        await make_due(services)
        receiver.status, held, receiver.hold = 200, receiver.hold, None
        assert await other.send_due() == 1
        held.set()
        assert await sending == 1
    (delivery,) = await deliveries(services)
    assert (delivery.status, delivery.attempts, len(delivery.log)) == ("succeeded", 1, 1)


async def test_a_replay_during_an_attempt_is_sent_too(
    http, services, make_sender, receiver, organization, make_endpoint, emit_event
):
    await make_endpoint()
    await emit_event()
    sender, other = make_sender(), make_sender()
    receiver.status, receiver.hold = 500, asyncio.Event()
    async with receiver.up():
        await sender.plan()
        sending = asyncio.create_task(sender.send_due())
        while not receiver.received:
            await asyncio.sleep(0.005)
        (event,) = await list_events(http, organization)
        await http.post(f"{EVENTS}/{event['id']}/replay", headers=organization.headers)
        receiver.status = 200
        receiver.hold.set()
        await sending
        await other.send_due()
    (delivery,) = await deliveries(services)
    assert (delivery.status, delivery.attempts) == ("succeeded", 1)
    assert receiver.ids == [event["id"]] * 2


async def test_a_deleted_endpoint_takes_its_deliveries_along(
    http, services, sender, receiver, organization, make_endpoint, emit_event
):
    endpoint = await make_endpoint()
    await emit_event()
    receiver.hold = asyncio.Event()
    async with receiver.up():
        await sender.plan()
        sending = asyncio.create_task(sender.send_due())
        while not receiver.received:
            await asyncio.sleep(0.005)
        deleted = await http.delete(f"{ENDPOINTS}/{endpoint['id']}", headers=organization.headers)
        assert deleted.status_code == 204
        receiver.hold.set()
        assert await sending == 1
    assert await deliveries(services) == []
    assert len(await list_events(http, organization)) == 1
