"""From the outbox to a real receiver, in the ordinary case."""

import asyncio

import pytest
from firsthandapi import verify_webhook_signature
from sqlalchemy import select
from standardwebhooks import Webhook

from api.clock import iso, now
from api.events import emit
from api.secrets import Cipher
from api.tables import Event
from api.webhooks.deliveries import claim_due
from api.webhooks.places import Due, places_of
from tests.api.webhooks.outbox import ENDPOINTS, EVENTS, change_endpoint, deliver, deliveries, list_events
from tests.api.webhooks.receiver import Receiver

pytestmark = pytest.mark.anyio


async def test_an_event_arrives_signed_as_it_was_sent(services, sender, receiver, make_endpoint, emit_event):
    endpoint = await make_endpoint()
    await emit_event("job.completed", title="Grüße", count=3)
    async with receiver.up():
        assert await deliver(sender) == 1
        assert await deliver(sender) == 0
    (request,) = receiver.received
    assert verify_webhook_signature(request.body, request.headers["x-firsthandapi-signature"], endpoint["secret"])
    assert Webhook(endpoint["secret"]).verify(request.body, request.headers) == request.event
    async with services.db.read() as session:
        event = await session.scalar(select(Event))
    assert request.event == {
        "object": "event",
        "id": event.id,
        "type": "job.completed",
        "api_version": "v1",
        "livemode": True,
        "created_at": iso(event.created_at),
        "data": {"object": "job", "id": "job_1", "title": "Grüße", "count": 3},
    }
    assert request.headers["webhook-id"] == event.id
    assert request.headers["user-agent"] == "Assay-Webhooks/1"
    assert request.headers["content-type"] == "application/json"
    (delivery,) = await deliveries(services)
    assert (delivery.status, delivery.attempts, delivery.claim_token) == ("succeeded", 1, None)


async def test_only_endpoints_that_want_it_get_it(
    http, services, sender, organization, make_organization, make_endpoint, emit_event
):
    stranger = await make_organization()
    kinds = {
        "all": {}, "this": {"events": ["job.completed"]}, "other": {"events": ["job.cancelled"]},
        "test": {"headers": organization.test_headers}, "stranger": {"headers": stranger.headers}, "off": {},
    }  # fmt: skip
    made = {name: (await make_endpoint(**body))["id"] for name, body in kinds.items()}
    await http.patch(f"{ENDPOINTS}/{made['off']}", headers=organization.headers, json={"status": "disabled"})
    await emit_event("job.completed")
    await sender.plan()
    assert {one.endpoint_id for one in await deliveries(services)} == {made["all"], made["this"]}


async def test_test_mode_has_its_own_events(http, sender, receiver, organization, make_endpoint, emit_event):
    await make_endpoint()
    await make_endpoint(headers=organization.test_headers)
    await emit_event(livemode=False)
    async with receiver.up():
        assert await deliver(sender) == 1
    assert receiver.received[0].event["livemode"] is False
    assert await list_events(http, organization) == []
    (seen,) = (await http.get(EVENTS, headers=organization.test_headers)).json()["data"]
    assert seen["livemode"] is False
    refused = await http.post(f"{EVENTS}/{seen['id']}/replay", headers=organization.headers)
    assert refused.status_code == 404


async def test_an_event_that_was_not_committed_is_not_sent(services, sender, organization, make_endpoint):
    async def fail() -> None:
        async with services.db.write() as session:
            emit(session, organization.id, True, "job.completed", {})
            raise ZeroDivisionError

    await make_endpoint()
    with pytest.raises(ZeroDivisionError):
        await fail()
    assert await sender.plan() == 0


async def test_retry_after_is_waited_for(services, sender, receiver, make_endpoint, emit_event):
    await make_endpoint()
    await emit_event()
    receiver.status, receiver.headers = 503, {"Retry-After": "7200"}
    async with receiver.up():
        await deliver(sender)
    (delivery,) = await deliveries(services)
    assert (delivery.next_attempt_at - now()).total_seconds() == pytest.approx(7200, abs=60)
    assert delivery.log[0]["status"] == 503


async def test_a_forbidden_answer_of_the_name_server_is_a_failure(
    services, make_sender, make_endpoint, emit_event, receiver
):
    endpoint = await make_endpoint()
    await change_endpoint(services, endpoint["id"], url="http://127.0.0.2:1/hook")
    await emit_event()
    await deliver(make_sender())
    (delivery,) = await deliveries(services)
    assert delivery.status == "pending"
    assert "not allowed" in delivery.log[0]["error"]


async def test_both_secrets_sign_during_the_overlap_only(
    http, services, sender, receiver, organization, make_endpoint, emit_event
):
    endpoint = await make_endpoint()
    rotated = await http.post(f"{ENDPOINTS}/{endpoint['id']}/rotate_secret", headers=organization.headers)
    new, old = rotated.json()["secret"], endpoint["secret"]
    async with receiver.up():
        await emit_event()
        await deliver(sender)
        await change_endpoint(services, endpoint["id"], old_secret_expires_at=now())
        await emit_event()
        await deliver(sender)
    during, later = receiver.received
    assert verify_webhook_signature(during.body, during.headers["x-firsthandapi-signature"], new)
    for secret in (new, old):
        assert Webhook(secret).verify(during.body, during.headers)
    assert during.headers["x-firsthandapi-signature"].count("v1=") == 2
    assert verify_webhook_signature(later.body, later.headers["x-firsthandapi-signature"], new)
    assert later.headers["x-firsthandapi-signature"].count("v1=") == 1
    assert later.headers["webhook-signature"].count("v1,") == 1


async def test_a_secret_of_another_key_is_told_and_not_retried_forever(
    services, make_sender, make_endpoint, emit_event
):
    await make_endpoint()
    await emit_event()
    services.cipher = Cipher(b"1" * 32)
    await deliver(make_sender())
    (delivery,) = await deliveries(services)
    assert delivery.attempts == 1
    assert "rotate" in delivery.log[0]["error"]


async def test_an_endpoint_that_hangs_does_not_hold_up_the_others(
    services, sender, receiver, make_endpoint, emit_event
):
    hanging = Receiver()
    hanging.hold = asyncio.Event()
    await make_endpoint(url=hanging.url)
    for count in range(50):
        await emit_event(count=count)
    await sender.plan()
    await make_endpoint()
    await emit_event("job.cancelled")
    async with receiver.up(), hanging.up():
        await sender.plan()
        sending = asyncio.create_task(sender.send_due())
        while not receiver.received:
            await asyncio.sleep(0.005)
        assert len(hanging.received) <= 4
        hanging.hold.set()
        assert await sending == 52
    hanging.close()


async def test_claims_are_shared_among_endpoints(services, sender, organization, make_endpoint, emit_event):
    endpoints = [(await make_endpoint())["id"] for _ in range(2)]
    for count in range(5):
        await emit_event(count=count)
    await sender.plan()
    busy = [(endpoints[0], organization.id)] * 2
    async with services.db.write() as session:
        claims = await claim_due(session, places_of(16, busy, per_endpoint=3, per_organization=16), 60)
    counts = [sum(claim.endpoint.id == endpoint_id for claim in claims) for endpoint_id in endpoints]
    assert counts == [1, 3]


async def test_hanging_endpoints_of_one_organization_do_not_hold_up_another(
    services, sender, receiver, make_organization, make_endpoint, emit_event
):
    hanging, other = Receiver(), await make_organization()
    hanging.hold = asyncio.Event()
    for _ in range(4):
        await make_endpoint(url=hanging.url)
    for count in range(20):
        await emit_event(count=count)
    await sender.plan()
    await make_endpoint(headers=other.headers)
    await emit_event(organization_id=other.id)
    await sender.plan()
    async with receiver.up(), hanging.up():
        sending = asyncio.create_task(sender.send_due())
        try:
            async with asyncio.timeout(5):
                while not receiver.received:
                    await asyncio.sleep(0.005)
            assert len(hanging.received) <= 12
        finally:
            hanging.hold.set()
            await sending
    hanging.close()


async def test_a_backlog_does_not_hide_who_has_nothing_under_way(
    services, sender, make_organization, make_endpoint, emit_event
):
    """A look sees ten deliveries for each place: the late organization's come after them."""
    await make_endpoint()
    for count in range(30):
        await emit_event(count=count)
    late = await make_organization()
    late_endpoint = await make_endpoint(headers=late.headers)
    await emit_event(organization_id=late.id)
    await sender.plan()
    async with services.db.write() as session:
        claims = await claim_due(session, places_of(2, [], per_endpoint=4, per_organization=8), 60)
    assert sum(claim.endpoint.id == late_endpoint["id"] for claim in claims) == 1
    assert len(claims) == 2


@pytest.mark.parametrize(
    ("busy", "free", "expected"),
    [
        ([], 4, "a1 b1 a2 a3"),
        ([("a", "A")], 2, "b1 a1"),
        ([("c", "A")] * 2, 4, "b1 a1"),
        ([("a", "A")] * 3, 4, "b1"),
    ],
)
def test_who_has_the_fewest_under_way_comes_first(busy: list[tuple[str, str]], free: int, expected: str):
    due = [Due("a1", "a", "A"), Due("a2", "a", "A"), Due("a3", "a", "A"), Due("b1", "b", "B")]
    places = places_of(free, busy, per_endpoint=3, per_organization=3)
    places.take(due, 3)
    assert " ".join(places.taken) == expected


async def test_run_sends_until_it_is_stopped(services, sender, receiver, make_endpoint, emit_event):
    await make_endpoint()
    stop = asyncio.Event()
    async with receiver.up():
        running = asyncio.create_task(sender.run(stop))
        for count in range(2):
            await emit_event(count=count)
            while len(receiver.received) <= count:
                await asyncio.sleep(0.01)
        stop.set()
        await running
    assert [one.status for one in await deliveries(services)] == ["succeeded", "succeeded"]
