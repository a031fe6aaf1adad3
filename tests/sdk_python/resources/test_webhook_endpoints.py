"""Webhooks and their events: every method of both clients; a test is named for its method."""

from collections.abc import Iterator
from typing import Any

import pytest
from assay_sdk import NotFound

from tests.sdk_python.conftest import JOB, Call, until
from tests.sdk_python.inbox import Inbox


@pytest.fixture
def endpoint(call: Call, inbox: Inbox) -> Iterator[Any]:
    made = call("webhook_endpoints.create", url=inbox.url, events=["job.cancelled"])
    yield made
    call("webhook_endpoints.delete", made.id)


def test_webhook_endpoints_create(endpoint: Any, inbox: Inbox) -> None:
    assert (endpoint.url, endpoint.events, endpoint.status) == (inbox.url, ["job.cancelled"], "enabled")
    assert endpoint.secret.startswith("whsec_")
    assert endpoint.secret not in repr(endpoint)


def test_webhook_endpoints_get(call: Call, endpoint: Any) -> None:
    assert call("webhook_endpoints.get", endpoint.id).url == endpoint.url


def test_webhook_endpoints_list(call: Call, endpoint: Any) -> None:
    assert call("webhook_endpoints.list").data[0].id == endpoint.id


def test_webhook_endpoints_update(call: Call, endpoint: Any) -> None:
    changed = call("webhook_endpoints.update", endpoint.id, description="Menus", status="disabled")
    assert (changed.description, changed.status, changed.events) == ("Menus", "disabled", ["job.cancelled"])
    assert call("webhook_endpoints.update", endpoint.id, description=None).description is None


def test_webhook_endpoints_delete(call: Call, inbox: Inbox) -> None:
    made = call("webhook_endpoints.create", url=inbox.url)
    assert call("webhook_endpoints.delete", made.id) is None
    with pytest.raises(NotFound):
        call("webhook_endpoints.delete", made.id)


def test_webhook_endpoints_rotate_secret(call: Call, endpoint: Any) -> None:
    assert call("webhook_endpoints.rotate_secret", endpoint.id).secret != endpoint.secret


def test_webhook_events_list(call: Call, endpoint: Any) -> None:
    job = call("jobs.create", **JOB)
    call("jobs.cancel", job.id)
    (event,) = until(
        lambda: call("webhook_events.list", type="job.cancelled", limit=1).data,
        lambda events: bool(events[0].deliveries),
    )
    assert (event.data.id, event.data.status, event.livemode) == (job.id, "cancelled", True)
    assert [sent.endpoint_id for sent in event.deliveries] == [endpoint.id]


def test_webhook_events_replay(call: Call, endpoint: Any) -> None:
    job = call("jobs.create", **JOB)
    call("jobs.cancel", job.id)
    (event,) = call("webhook_events.list", type="job.cancelled", limit=1).data
    assert call("webhook_events.replay", event.id).id == event.id
