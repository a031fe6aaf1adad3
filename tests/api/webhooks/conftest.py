"""Receivers on loopback, which the settings of these tests allow."""

from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from api.events import EventType, emit
from api.services import Services
from api.webhooks.sender import WebhookSender
from configs.settings import Settings, load_settings
from tests.api.conftest import BASE_URL, Client
from tests.api.webhooks.receiver import Receiver

MakeEndpoint = Callable[..., Awaitable[dict[str, Any]]]
EmitEvent = Callable[..., Awaitable[None]]
MakeSender = Callable[[], WebhookSender]


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return load_settings(
        "embedded",
        state_dir=tmp_path / "state",
        api__public_url=BASE_URL,
        webhooks__allow_http=True,
        webhooks__allowed_networks=("127.0.0.1/32",),
    )


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    made = Receiver()
    yield made
    made.close()


@pytest.fixture
def make_sender(services: Services) -> MakeSender:
    """Without jitter."""
    return lambda: WebhookSender(services, chance=lambda: 0.0)


@pytest.fixture
def sender(make_sender: MakeSender) -> WebhookSender:
    return make_sender()


@pytest.fixture
def make_endpoint(http: httpx.AsyncClient, organization: Client, receiver: Receiver) -> MakeEndpoint:
    async def make(headers: dict[str, str] | None = None, **body: Any) -> dict[str, Any]:
        given = {"url": receiver.url, **body}
        answer = await http.post("/v1/webhook_endpoints", headers=headers or organization.headers, json=given)
        assert answer.status_code == 201, answer.text
        return answer.json()

    return make


@pytest.fixture
def emit_event(services: Services, organization: Client) -> EmitEvent:
    """An event in the outbox, as any transaction leaves it there."""

    async def make(
        kind: EventType = "job.completed", livemode: bool = True, organization_id: str = organization.id, **data: Any
    ) -> None:
        async with services.db.write() as session:
            emit(session, organization_id, livemode, kind, {"object": "job", "id": "job_1", **data})

    return make
