"""Pages of other origins: none may call unless the operator names them; then every route, signed URLs too."""

from collections.abc import AsyncIterator
from dataclasses import replace

import httpx
import pytest

from api.app import create_app
from api.services import Services
from tests.api.conftest import BASE_URL, Client, WorkerClient
from tests.api.scripted import picture
from tests.api.story import accept, post_job

pytestmark = pytest.mark.anyio

ORIGIN = "https://capture.example.com"
ASKED = {"Origin": ORIGIN, "Access-Control-Request-Method": "POST"}


@pytest.fixture
async def open_http(services: Services) -> AsyncIterator[httpx.AsyncClient]:
    """Speaks to an app that lets pages of `ORIGIN` in."""
    api = services.settings.api.model_copy(update={"cors_origins": (ORIGIN,)})
    open_services = replace(services, settings=services.settings.model_copy(update={"api": api}))
    transport = httpx.ASGITransport(create_app(open_services))
    async with httpx.AsyncClient(transport=transport, base_url=BASE_URL) as client:
        yield client


async def test_no_page_is_let_in_by_default(http: httpx.AsyncClient, organization: Client) -> None:
    assert (await http.options("/v1/jobs", headers=ASKED)).status_code == 405
    answer = await http.get("/v1/jobs", headers=organization.headers | {"Origin": ORIGIN})
    assert "Access-Control-Allow-Origin" not in answer.headers


async def test_a_preflight_allows_what_clients_send(open_http: httpx.AsyncClient) -> None:
    wanted = "authorization,content-type,idempotency-key,prefer"
    answer = await open_http.options("/v1/jobs", headers=ASKED | {"Access-Control-Request-Headers": wanted})
    assert answer.status_code == 200
    assert answer.headers["Access-Control-Allow-Origin"] == ORIGIN
    assert answer.headers["Access-Control-Allow-Headers"] == wanted
    assert "X-Request-Id" in answer.headers
    assert "Access-Control-Allow-Credentials" not in answer.headers


async def test_another_origin_is_not_let_in(open_http: httpx.AsyncClient) -> None:
    other = {"Origin": "https://capture.example.com.evil.test"}
    assert (await open_http.options("/v1/jobs", headers=ASKED | other)).status_code == 400
    assert "Access-Control-Allow-Origin" not in (await open_http.get("/healthz", headers=other)).headers


async def test_errors_can_be_read_by_pages(open_http: httpx.AsyncClient) -> None:
    answer = await open_http.get("/v1/jobs", headers={"Origin": ORIGIN})
    assert answer.status_code == 401
    assert answer.headers["Access-Control-Allow-Origin"] == ORIGIN
    assert "x-request-id" in answer.headers["Access-Control-Expose-Headers"]


async def test_a_page_uploads_to_a_signed_url(
    open_http: httpx.AsyncClient, organization: Client, worker: WorkerClient
) -> None:
    job = await post_job(open_http, organization)
    upload = (await accept(open_http, worker, job["id"]))["upload"]
    asked = ASKED | {"Access-Control-Request-Method": "PUT"}
    assert (await open_http.options(upload["url"], headers=asked)).status_code == 200
    sent = await open_http.put(upload["url"], content=picture(5), headers=upload["headers"] | {"Origin": ORIGIN})
    assert (sent.status_code, sent.headers["Access-Control-Allow-Origin"]) == (200, ORIGIN)


async def test_a_fault_of_ours_can_be_read_by_pages(
    services: Services, open_http: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def falls(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("api.operations.routes.exposition", falls)
    for origin, told in ((ORIGIN, ORIGIN), ("https://evil.test", None)):
        answer = await open_http.get("/metrics", headers={"Origin": origin})
        assert answer.status_code == 500
        assert answer.headers.get("Access-Control-Allow-Origin") == told
    assert (
        "x-request-id"
        in (await open_http.get("/metrics", headers={"Origin": ORIGIN})).headers["Access-Control-Expose-Headers"]
    )
