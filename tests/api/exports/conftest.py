from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from api.exports.exporter import Exporter
from api.services import Services
from configs.settings import Settings, load_settings
from tests.api.conftest import BASE_URL, Client
from tests.api.delivered import post_job


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """As everywhere, with the exporters' scratch folders in the test's folder too."""
    return load_settings("embedded", state_dir=tmp_path / "state", data_dir=tmp_path / "data", api__public_url=BASE_URL)


@pytest.fixture
async def job_id(http: httpx.AsyncClient, organization: Client) -> str:
    return await post_job(http, organization.headers)


@pytest.fixture
def exporter(services: Services) -> Exporter:
    return Exporter(services)


Ask = Callable[..., Awaitable[dict[str, Any]]]
Read = Callable[[str], Awaitable[dict[str, Any]]]


@pytest.fixture
def ask(http: httpx.AsyncClient, organization: Client) -> Ask:
    """Asks for an export."""

    async def post(job_id: str, format: str = "jsonl", **headers: str) -> dict[str, Any]:
        path = f"/v1/jobs/{job_id}/exports"
        answer = await http.post(path, json={"format": format}, headers=organization.headers | headers)
        assert answer.status_code == 201, answer.text
        body: dict[str, Any] = answer.json()
        return body

    return post


@pytest.fixture
def read(http: httpx.AsyncClient, organization: Client) -> Read:
    """Reads an export."""

    async def get(export_id: str) -> dict[str, Any]:
        answer = await http.get(f"/v1/exports/{export_id}", headers=organization.headers)
        assert answer.status_code == 200, answer.text
        body: dict[str, Any] = answer.json()
        return body

    return get
