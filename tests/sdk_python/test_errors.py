"""Errors: what the server refuses, what comes from elsewhere, and when it is tried again."""

import asyncio
import pickle
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any
from uuid import uuid4

import assay_sdk
import httpx
import pytest
from assay_sdk import (
    ApiError,
    AssayError,
    AsyncClient,
    Client,
    Conflict,
    ConnectionFailed,
    ErrorDetail,
    IdempotencyConflict,
    InvalidResponse,
    Overloaded,
    RateLimitExceeded,
    RetryPolicy,
    ValidationFailed,
)
from assay_sdk.errors import retry_after_seconds
from assay_sdk.retries import was_not_begun

from api import errors as server_errors
from tests.api.server import RunningServer
from tests.sdk_python.conftest import JOB, QUICK, Call, caller


def test_a_refusal_tells_everything(call: Call) -> None:
    with pytest.raises(ValidationFailed) as refused:
        call("jobs.create", **JOB | {"quantity": 0, "min_star_rating": 9})
    error = refused.value
    assert (error.status, error.type, error.code, error.param) == (
        400,
        "validation_error",
        "validation_error",
        "quantity",
    )
    assert error.request_id is not None
    assert error.request_id.startswith("req_")
    assert error.request_id in str(error)
    assert {fault.field for fault in error.details} == {"quantity", "min_star_rating"}


@pytest.mark.parametrize(
    ("change", "status", "kind"),
    [
        ({"reward_per_file": 5}, 400, assay_sdk.PricingViolation),
        ({"quantity": 10_000, "reward_per_file": 50_000}, 402, assay_sdk.InsufficientCredits),
    ],
)
def test_a_job_that_cannot_be_paid(call: Call, change: dict[str, Any], status: int, kind: type[ApiError]) -> None:
    with pytest.raises(kind) as refused:
        call("jobs.create", **JOB | change)
    assert refused.value.status == status


def test_another_body_under_the_same_key(client: Client) -> None:
    client.jobs.create(**JOB, idempotency_key="the-same")
    with pytest.raises(assay_sdk.IdempotencyMismatch) as refused:
        client.jobs.create(**JOB | {"quantity": 4}, idempotency_key="the-same")
    assert refused.value.status == 422


def test_a_key_in_another_language(call: Call) -> None:
    """As far as headers go; `fetch`, which the TypeScript client uses, has the same bounds."""
    key = f"Menüs-{uuid4()}"
    assert call("jobs.create", **JOB, idempotency_key=key) == call("jobs.create", **JOB, idempotency_key=key)
    with pytest.raises(ValueError, match="Latin-1 only, got '菜单'"):
        call("jobs.create", **JOB, idempotency_key="菜单")


def test_keys(server: RunningServer, client: Client) -> None:
    with Client("fh_live_unknown", server.url) as stranger, pytest.raises(assay_sdk.AuthenticationFailed):
        stranger.credits.balance()
    weak = client.api_keys.create(name="CI", scopes=["usage:read"])
    with Client(weak.key, server.url) as other, pytest.raises(assay_sdk.AuthorizationFailed):
        other.jobs.list()


def test_a_client_needs_a_key(monkeypatch: pytest.MonkeyPatch, server: RunningServer) -> None:
    monkeypatch.delenv("ASSAY_API_KEY", raising=False)
    with pytest.raises(ValueError, match="ASSAY_API_KEY"):
        Client()
    monkeypatch.setenv("ASSAY_API_KEY", server.api_key)
    monkeypatch.setenv("ASSAY_BASE_URL", server.url + "/")
    with Client() as client:
        assert client.organization.settings().organization_id == server.organization_id


def test_too_many_requests_are_told_when_retries_are_off() -> None:
    def limited(request: httpx.Request) -> httpx.Response:
        return httpx.Response(429, headers={"Retry-After": "7"})

    transport = httpx.MockTransport(limited)
    with (
        Client("fh_test_x", transport=transport, retry=RetryPolicy(max_retries=0)) as client,
        pytest.raises(RateLimitExceeded) as refused,
    ):
        client.jobs.list()
    assert refused.value.retry_after_seconds == 7


def test_every_error_of_the_server_has_its_class() -> None:
    """Those of the routes; what a method or range that is not allowed answers is a `ValidationFailed` too."""
    kinds = [kind for kind in vars(server_errors).values() if isinstance(kind, type)]
    refusals = [
        kind for kind in kinds if issubclass(kind, server_errors.ApiError) and kind is not server_errors.ApiError
    ]
    assert len(refusals) >= 15
    for kind in refusals:
        body = kind("because", param="title", details=[{"field": "title", "message": "no"}]).to_json("req_1")
        error = ApiError.from_response(httpx.Response(kind.status, json=body))
        assert type(error) is not ApiError
        assert (error.type, error.status, error.request_id, error.param) == (kind.type, kind.status, "req_1", "title")
        assert error.details == [ErrorDetail("title", "no")]


@pytest.mark.parametrize(
    "body", [b"", b"<html>Bad gateway</html>", b"[]", b'{"error": "text"}', b'{"error": {"details": 3}}']
)
def test_errors_that_are_not_ours(body: bytes) -> None:
    error = ApiError.from_response(httpx.Response(502, content=body, headers={"X-Request-Id": "abc"}))
    assert (error.status, error.type, error.request_id, error.details) == (502, "unknown", "abc", [])
    assert isinstance(ApiError.from_response(httpx.Response(404, content=body)), assay_sdk.NotFound)


@pytest.mark.parametrize("content", [b"<html>Sign in</html>", b"{}", b'{"object": "job"}'])
def test_an_answer_that_is_not_of_the_contract(content: bytes) -> None:
    transport = httpx.MockTransport(lambda request: httpx.Response(200, content=content))
    with Client("fh_test_x", transport=transport) as client, pytest.raises(InvalidResponse, match="GET /v1/jobs/job_1"):
        client.jobs.get("job_1")


def test_fields_and_values_of_a_newer_server(client: Client) -> None:
    told = client.jobs.create(**JOB).received() | {"status": "paused", "colour": "blue", "requirements": {"mood": 1}}
    transport = httpx.MockTransport(lambda request: httpx.Response(200, json=told))
    with Client("fh_test_x", transport=transport) as newer:
        job = newer.jobs.get("job_1")
    assert (job.status, job.colour, job.requirements.mood) == ("paused", "blue", 1)  # type: ignore[attr-defined]
    assert job.received()["colour"] == "blue"


def test_nobody_there() -> None:
    for kind in ("sync", "async"):
        with pytest.raises(ConnectionFailed):
            caller(kind, "fh_test_x", "http://127.0.0.1:9", retry=QUICK)("credits.balance")


def test_mistakes_of_the_caller_are_not_repeated() -> None:
    with Client("fh_test_x", "gopher://127.0.0.1") as client, pytest.raises(httpx.UnsupportedProtocol):
        client.jobs.list()


def error(status: int, retry_after: float | None = None) -> ApiError:
    headers = {} if retry_after is None else {"Retry-After": f"{retry_after:g}"}
    return ApiError.from_response(httpx.Response(status, headers=headers))


POLICY = RetryPolicy(max_retries=4, first_delay_seconds=1, longest_delay_seconds=5, longest_retry_after_seconds=60)


@pytest.mark.parametrize(
    ("retries", "problem", "shortest", "longest"),
    [
        (0, ConnectionFailed("reset"), 0, 1),
        (1, ConnectionFailed("reset"), 0, 2),
        (3, ConnectionFailed("reset"), 0, 5),
        (4, ConnectionFailed("reset"), None, None),
        (0, error(429), 0, 1),
        (0, error(429, 7), 7, 8),
        (2, error(503, 7), 7, 11),
        (0, error(429, 61), None, None),
        (0, error(502), 0, 1),
        (0, error(504), 0, 1),
        (0, error(500), None, None),
        (0, error(400), None, None),
        (0, error(404), None, None),
        (0, Conflict("no", status=409, type="conflict"), None, None),
        (0, IdempotencyConflict("wait", status=409, type="idempotency_conflict"), 0, 1),
        (0, InvalidResponse("html"), None, None),
    ],
)
def test_when_to_try_again(retries: int, problem: AssayError, shortest: float | None, longest: float | None) -> None:
    assert POLICY.delay_seconds(retries, problem, lambda low, high: low) == shortest
    assert POLICY.delay_seconds(retries, problem, lambda low, high: high) == longest


@pytest.mark.parametrize(
    ("text", "seconds"), [("3", 3.0), (" 0 ", 0.0), ("", None), ("soon", None), ("-1", None), ("1.5", None)]
)
def test_retry_after(text: str, seconds: float | None) -> None:
    assert retry_after_seconds({"Retry-After": text}) == seconds


def test_retry_after_as_a_date() -> None:
    soon = datetime.now(UTC) + timedelta(seconds=30)
    told = retry_after_seconds({"Retry-After": format_datetime(soon, usegmt=True)})
    assert told is not None
    assert 0 < told <= 30
    past = format_datetime(soon - timedelta(days=1), usegmt=True)
    assert retry_after_seconds({"Retry-After": past}) == 0


def test_attempts_carry_the_same_key_and_body() -> None:
    seen: list[tuple[str, bytes]] = []

    def overloaded(request: httpx.Request) -> httpx.Response:
        seen.append((request.headers["Idempotency-Key"], request.read()))
        return httpx.Response(503)

    with Client("fh_test_x", transport=httpx.MockTransport(overloaded), retry=QUICK) as client:
        for _ in range(2):
            with pytest.raises(Overloaded):
                client.jobs.create(**JOB)
    assert len(seen) == 2 * (1 + QUICK.max_retries)
    assert len(set(seen)) == 2


@pytest.mark.parametrize("kind", ["sync", "async"])
@pytest.mark.parametrize(
    ("problem", "attempts"),
    [
        (httpx.ConnectError("refused"), 2),
        (httpx.ConnectTimeout("far"), 2),
        (429, 2),
        (503, 2),
        (httpx.ReadTimeout("slow"), 1),
        (httpx.ReadError("reset"), 1),
        (502, 1),
        (504, 1),
    ],
)
def test_a_score_that_may_be_under_way_is_not_asked_for_again(
    kind: str, problem: httpx.TransportError | int, attempts: int
) -> None:
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        if len(seen) > 1:
            return httpx.Response(418)
        if isinstance(problem, int):
            return httpx.Response(problem)
        raise problem

    score = caller(kind, "fh_test_x", "http://assay.test", retry=QUICK, transport=httpx.MockTransport(answer))
    with pytest.raises(AssayError):
        score("score", b"clip", description="A menu")
    assert len(seen) == attempts
    assert seen[0].extensions["timeout"]["read"] >= 300


def test_the_key_is_not_sent_to_other_hosts() -> None:
    """Signed URLs may lead to an object store of another company."""
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(302, headers={"Location": "http://elsewhere.test/"})

    with Client("fh_test_x", "http://assay.test", transport=httpx.MockTransport(answer)) as client:
        with pytest.raises(ApiError) as refused:
            client.jobs.list()
        client._transport.put("http://store.test/a", {}, iter([b"a"]))
    assert refused.value.status == 302
    assert [request.url.host for request in seen] == ["assay.test", "store.test"]
    assert "Authorization" in seen[0].headers
    assert "Authorization" not in seen[1].headers


def test_both_clients_take_a_transport() -> None:
    async def balance() -> int:
        transport = httpx.MockTransport(lambda request: httpx.Response(418))
        async with AsyncClient("fh_test_x", transport=transport) as client:
            with pytest.raises(ApiError) as refused:
                await client.credits.balance()
            return refused.value.status

    assert asyncio.run(balance()) == 418


@pytest.mark.parametrize(
    "error",
    [
        assay_sdk.NotFound("gone", status=404, type="not_found", request_id="req_1", details=[ErrorDetail("id", "no")]),
        assay_sdk.WaitTimeout("not in time", {"id": "sub_1"}),
        assay_sdk.DownloadFailed("one of two", {"file_1": Overloaded("busy", status=503, type="overloaded")}),
        ConnectionFailed("refused", was_sent=False),
    ],
)
def test_errors_come_back_from_a_process_pool(error: AssayError) -> None:
    back = pickle.loads(pickle.dumps(error))
    assert (type(back), str(back)) == (type(error), str(error))
    told = [{name: str(value) for name, value in vars(one).items()} for one in (back, error)]
    assert told[0] == told[1]


@pytest.mark.parametrize(("code", "begun"), [(None, False), ("engine_failed", True), ("out_of_memory", True)])
def test_what_the_engine_has_failed_at_was_begun(code: str | None, begun: bool) -> None:
    assert was_not_begun(Overloaded("busy", status=503, type="overloaded", code=code)) is not begun
