"""Requests that are no good: answered in the shape of the contract, whatever is wrong with them."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
import uvicorn

from api.app import create_app
from api.body_limit import MAX_BODY_BYTES
from api.services import Services
from tests.api.conftest import Client, WorkerClient
from tests.api.story import JOB, accept, post_job

pytestmark = pytest.mark.anyio

JSON = {"Content-Type": "application/json"}
RATE_LIMIT_HEADERS = ("X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset")


def check(answer: httpx.Response, status: int, kind: str) -> dict[str, Any]:
    """The error of an answer in the shape of the contract."""
    assert answer.status_code == status, answer.text
    error: dict[str, Any] = answer.json()["error"]
    assert set(error) == {"type", "code", "message", "param", "request_id", "details"}
    assert (error["type"], error["request_id"]) == (kind, answer.headers["X-Request-Id"])
    assert all(name in answer.headers for name in RATE_LIMIT_HEADERS)
    return error


def job(**changes: Any) -> bytes:
    return json.dumps(JOB | changes).encode()


@pytest.mark.parametrize(
    "content",
    [
        b"{",
        b"\xff\xfe",
        b"[" * 100_000,
        b'{"quantity": ' + b"9" * 5000 + b"}",
        b"null",
        b"[]",
        b'"text"',
        job(title="NUL \0"),
        job(title="surrogate \ud800"),
        job(metadata={"NUL \0": 1}),
        job(metadata={"a": "NUL \0"}),
        job(metadata={"a": float("inf")}),
        job(metadata={"surrogate \ud800": 1}),
        job(requirements={"must_show": ["NUL \0"]}),
        job(requirements={"language": "e\0"}),
        job(requirements={"surrogate \ud800": 1}),
        job(requirements={"max_duration_seconds": float("inf")}),
        job(requirements={"min_width": 10**30}),
        job(location={"lat": float("nan"), "lng": 0, "radius_km": 1}),
        job(location={"lat": 0, "lng": 0, "radius_km": float("inf")}),
        job(quantity=10**30),
        job(reward_per_file="50"),
        job(deadline="9" * 400),
        job(deadline="2999-01-01T00:00:00"),
    ],
    ids=lambda content: content[-60:].decode(errors="replace"),
)
async def test_a_body_that_is_no_good(http: httpx.AsyncClient, organization: Client, content: bytes) -> None:
    answer = await http.post("/v1/jobs", content=content, headers=organization.headers | JSON)
    check(answer, 400, "validation_error")


async def test_json_that_breaks_off(http: httpx.AsyncClient, organization: Client) -> None:
    answer = await http.post("/v1/jobs", content=b"{", headers=organization.headers | JSON)
    error = check(answer, 400, "validation_error")
    assert (error["param"], error["message"]) == ("body", "body: JSON decode error")


@pytest.mark.parametrize(
    ("path", "body", "param"),
    [
        ("/v1/jobs", JOB | {"metadata": {"k" * 50: 1}}, "metadata." + "k" * 50),
        ("/v1/jobs", JOB | {"requirements": {"must_show": [1]}}, "requirements.must_show.0"),
        ("/v1/jobs", JOB | {"location": {"lat": 91, "lng": 0, "radius_km": 1}}, "location.lat"),
        ("/v1/jobs", JOB | {"metadata": {"a": {"b": 1}}}, "metadata.a"),
        ("/v1/webhook_endpoints", {"url": "https://a.example", "events": ["nope"]}, "events.0"),
    ],
)
async def test_a_fault_is_told_by_the_name_of_its_field(
    http: httpx.AsyncClient, organization: Client, path: str, body: dict[str, Any], param: str
) -> None:
    error = check(await http.post(path, json=body, headers=organization.headers), 400, "validation_error")
    assert (error["param"], error["details"][0]["field"]) == (param, param)


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"requirements": "{bad"}, "requirements"),
        ({"requirements": '{"nope": 1}'}, "requirements.nope"),
        ({"requirements": '{"min_width": -1}'}, "requirements.min_width"),
        ({"description": " "}, "description"),
        ({"content_type": "picture"}, "content_type"),
        ({"file_formats": "jpeg,gif"}, "file_formats"),
        ({"file_formats": "jpeg,mp4", "content_type": "image"}, "file_formats"),
    ],
)
async def test_a_fault_of_a_form_is_told_by_the_name_of_its_field(
    http: httpx.AsyncClient, organization: Client, fields: dict[str, str], param: str
) -> None:
    form = {"description": "A photo of a cat."} | fields
    answer = await http.post("/v1/score", data=form, files={"file": b"x"}, headers=organization.headers)
    assert check(answer, 400, "validation_error")["param"] == param


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "x", None])
async def test_a_body_that_is_not_json(http: httpx.AsyncClient, organization: Client, kind: str | None) -> None:
    headers = organization.headers | ({"Content-Type": kind} if kind else {})
    check(await http.post("/v1/jobs", content=job(), headers=headers), 415, "unsupported_media_type")
    job_id = (await post_job(http, organization))["id"]
    body = json.dumps({"filename": "a", "size_bytes": 1})
    if kind != "multipart/form-data":
        answer = await http.post(f"/v1/jobs/{job_id}/submissions", content=body, headers=headers)
        check(answer, 415, "unsupported_media_type")


async def test_json_by_another_name(http: httpx.AsyncClient, organization: Client) -> None:
    headers = organization.headers | {"Content-Type": "application/vnd.api+json; charset=utf-8"}
    assert (await http.post("/v1/jobs", content=job(), headers=headers)).status_code == 201


async def _pieces() -> AsyncIterator[bytes]:
    for _ in range(20):
        yield b" " * (MAX_BODY_BYTES // 10)


@pytest.mark.parametrize("path", ["/v1/jobs", "/v1/jobs/{job_id}/cancel", "/v1/jobs/{job_id}/submissions"])
@pytest.mark.parametrize("announced", [True, False])
async def test_a_body_that_is_too_long(
    http: httpx.AsyncClient, organization: Client, path: str, announced: bool
) -> None:
    job_id = (await post_job(http, organization))["id"]
    content = b" " * (MAX_BODY_BYTES + 1) if announced else _pieces()
    headers = organization.headers | JSON | {"Idempotency-Key": "long"}
    check(await http.post(path.format(job_id=job_id), content=content, headers=headers), 413, "payload_too_large")


async def _halting(pause_seconds: float) -> AsyncIterator[bytes]:
    for piece in (b"{", b" ", b" ", b"}"):
        yield piece
        await asyncio.sleep(pause_seconds)


@pytest.mark.parametrize("path", ["/v1/jobs", "/v1/jobs/{job_id}/submissions", "upload"])
async def test_a_body_that_does_not_go_on(
    http: httpx.AsyncClient, organization: Client, worker: WorkerClient, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    """It is not waited for, and its connection is closed; one that goes on may take longer than a pause."""
    monkeypatch.setattr("api.body_limit.STALLED_SECONDS", 1.5)
    made = await post_job(http, organization)
    if path == "upload":
        to = (await accept(http, worker, made["id"]))["upload"]
        method, path, headers, whole = "PUT", to["url"], to["headers"], 200
    else:
        method, path, whole = "POST", path.format(job_id=made["id"]), 400
        headers = organization.headers | JSON
    stalled = await http.request(method, path, content=_halting(5.0), headers=headers)
    check(stalled, 408, "validation_error")
    assert stalled.headers["connection"] == "close"
    slow = await http.request(method, path, content=_halting(0.5), headers=headers)
    assert slow.status_code == whole


async def test_a_client_that_hangs_up_in_its_upload_is_no_fault(
    http: httpx.AsyncClient,
    services: Services,
    organization: Client,
    caplog: pytest.LogCaptureFixture,
) -> None:
    to = f"/v1/jobs/{(await post_job(http, organization))['id']}/submissions"
    headers = organization.headers | {"Content-Type": "multipart/form-data; boundary=edge"}
    scope = {
        "type": "http", "http_version": "1.1", "method": "POST", "scheme": "http", "path": to, "raw_path": to.encode(),
        "query_string": b"", "root_path": "", "client": ("127.0.0.1", 1), "server": ("testserver", 80),
        "headers": [(name.lower().encode(), value.encode()) for name, value in headers.items()],
    }  # fmt: skip
    begun = b'--edge\r\nContent-Disposition: form-data; name="file"; filename="a.jpg"\r\n\r\n' + b"\xff" * 1000
    messages = iter([{"type": "http.request", "body": begun, "more_body": True}, {"type": "http.disconnect"}])
    sent = []

    async def receive() -> dict[str, Any]:
        return next(messages)

    async def send(message: Any) -> None:
        sent.append(message)

    await create_app(services)(scope, receive, send)
    assert sent[0]["status"] == 400
    assert [record.message for record in caplog.records if record.levelname == "ERROR"] == []


async def test_a_strangers_long_body(http: httpx.AsyncClient) -> None:
    answer = await http.post("/v1/jobs", content=b" " * (MAX_BODY_BYTES + 1), headers=JSON)
    check(answer, 413, "payload_too_large")


async def test_an_upload_may_be_longer(http: httpx.AsyncClient, organization: Client, worker: WorkerClient) -> None:
    to = (await accept(http, worker, (await post_job(http, organization))["id"]))["upload"]
    answer = await http.put(to["url"], content=b" " * (3 * MAX_BODY_BYTES), headers=to["headers"])
    assert answer.status_code == 200, answer.text


async def test_nothing_at_this_path(http: httpx.AsyncClient, organization: Client) -> None:
    for path in ("/v1/nothing", "/v1", "/v1/jobs/", "/v2/jobs", "/v1/jobs/%00", "/v1//jobs", "/docs/..%2f..%2fetc"):
        answer = await http.get(path, headers=organization.headers)
        check(answer, 404, "not_found")


async def test_another_method(http: httpx.AsyncClient, organization: Client) -> None:
    for method, path, allowed in (
        ("DELETE", "/v1/jobs", "GET, HEAD, POST"),
        ("PUT", "/v1/webhook_endpoints/whe_1", "DELETE, GET, HEAD, PATCH"),
        ("GET", "/v1/score", "POST"),
        ("TRACE", "/healthz", "GET, HEAD"),
    ):
        answer = await http.request(method, path, headers=organization.headers)
        assert check(answer, 405, "validation_error")["code"] == "method_not_allowed"
        assert answer.headers["Allow"] == allowed


async def test_head_is_get_without_a_body(http: httpx.AsyncClient, organization: Client) -> None:
    job_id = (await post_job(http, organization))["id"]
    for path in ("/healthz", "/metrics", "/v1/jobs", f"/v1/jobs/{job_id}"):
        got = await http.get(path, headers=organization.headers)
        head = await http.head(path, headers=organization.headers)
        assert (head.status_code, head.content) == (200, b""), path
        assert head.headers["Content-Type"] == got.headers["Content-Type"]
        assert path == "/metrics" or head.headers["Content-Length"] == str(len(got.content))
        assert all(name in head.headers for name in ("X-Request-Id", *RATE_LIMIT_HEADERS)), path
    for path, status in (("/v1/jobs/job_01J00000000000000000000000", 404), ("/v1/score", 405)):
        missing = await http.head(path, headers=organization.headers)
        assert (missing.status_code, missing.content) == (status, b"")


async def test_what_counts_against_nobody_tells_what_the_address_has_left(
    http: httpx.AsyncClient, organization: Client
) -> None:
    for path in ("/healthz", "/v1/nothing", "/healthz"):
        answer = await http.get(path, headers=organization.headers)
        assert answer.headers["X-RateLimit-Remaining"] == answer.headers["X-RateLimit-Limit"], path
    unknown = await http.get("/v1/jobs")
    health = await http.get("/healthz")
    assert unknown.headers["X-RateLimit-Remaining"] == health.headers["X-RateLimit-Remaining"]
    assert int(health.headers["X-RateLimit-Remaining"]) == int(health.headers["X-RateLimit-Limit"]) - 1


@pytest.mark.parametrize("query", ["limit=0", "limit=101", "limit=x", "cursor=%00", "cursor=x", "cursor=%F0%9F%98%80"])
async def test_a_page_that_is_not_there(http: httpx.AsyncClient, organization: Client, query: str) -> None:
    check(await http.get(f"/v1/jobs?{query}", headers=organization.headers), 400, "validation_error")


@pytest.mark.parametrize("query", ["q=%00", "q=", "q=%20", "", "q=a&job_id="])
async def test_a_search_that_is_no_good(http: httpx.AsyncClient, organization: Client, query: str) -> None:
    answer = await http.get(f"/v1/search?{query}", headers=organization.headers)
    check(answer, 404 if "job_id" in query else 400, "not_found" if "job_id" in query else "validation_error")


@pytest.mark.parametrize("given", ["a", "0b6f5ad0-2f6c-4b53-8a67-1f3b2d6c9e10", "x" * 64])
async def test_a_request_id_of_the_client_is_kept(http: httpx.AsyncClient, organization: Client, given: str) -> None:
    headers = organization.headers | {"X-Request-Id": given}
    made = await http.post("/v1/jobs", json=JOB, headers=headers)
    assert (made.status_code, made.headers["X-Request-Id"]) == (201, given)
    audit = await http.get(f"/v1/jobs/{made.json()['id']}/audit", headers=organization.headers)
    assert audit.json()["data"][0]["request_id"] == given


@pytest.mark.parametrize("given", ["", "two words", "x" * 65, "<script>"])
async def test_a_request_id_that_is_unfit_is_replaced(http: httpx.AsyncClient, given: str) -> None:
    answer = await http.get("/v1/jobs", headers={"X-Request-Id": given})
    assert check(answer, 401, "authentication_error")["request_id"].startswith("req_")


async def test_a_fault_of_ours_is_answered_and_the_connection_lives_on(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def falls(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("api.operations.routes.exposition", falls)
    server = uvicorn.Server(uvicorn.Config(create_app(services), port=0, log_level="error", lifespan="off"))
    serving = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.01)
    url = "http://{}:{}".format(*server.servers[0].sockets[0].getsockname())
    async with httpx.AsyncClient(base_url=url) as http:
        answers = [await http.get("/metrics"), await http.get("/healthz")]
        connections = {one.extensions["network_stream"].get_extra_info("client_addr") for one in answers}
    server.should_exit = True
    await serving
    check(answers[0], 500, "internal_error")
    assert (answers[1].status_code, len(connections)) == (200, 1)
