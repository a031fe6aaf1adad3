"""The vendor's published client, unmodified, sync and async, against a real server process: every public method."""

import asyncio
import hashlib
import inspect
import itertools
import json
import threading
import time
from collections.abc import Callable, Iterator
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx
import pytest
from firsthandapi import (
    AsyncFirstHandClient,
    FirstHandApiError,
    FirstHandClient,
    FirstHandConnectionError,
    FirstHandRateLimitError,
    verify_webhook_signature,
)

from tests.api.scripted import picture
from tests.api.server import RunningServer
from tests.api.story import JOB

Call = Callable[..., Any]

METHODS = {name for name, _ in inspect.getmembers(FirstHandClient, inspect.isfunction) if not name.startswith("_")}
PATIENCE_SECONDS = 60
_seeds = itertools.count(1)


@pytest.fixture(scope="module")
def one_of_each(start_server: Callable[..., RunningServer]) -> Callable[[str], RunningServer]:
    """Parameters come and go in turns, and a server takes seconds to start."""
    return cache(start_server)


@pytest.fixture(scope="module", params=[("sqlite", "sync"), ("postgres", "async")], ids="-".join)
def database_and_client(request: pytest.FixtureRequest) -> tuple[str, str]:
    """Each of the two once: what the client sees is not the database."""
    pair: tuple[str, str] = request.param
    return pair


@pytest.fixture(scope="module")
def server(database_and_client: tuple[str, str], one_of_each: Callable[[str], RunningServer]) -> RunningServer:
    return one_of_each(database_and_client[0])


@pytest.fixture(scope="module")
def call(database_and_client: tuple[str, str], server: RunningServer) -> Call:
    """`call("get_job", id, wait_seconds=5)` with either client; `key=` speaks with another key."""

    def call(method: str, *arguments: Any, key: str = server.api_key, url: str = server.url, **named: Any) -> Any:
        if database_and_client[1] == "async":
            return asyncio.run(_call_async(key, url, method, arguments, named))
        with FirstHandClient(key, base_url=url, max_retries=0) as client:
            return getattr(client, method)(*arguments, **named)

    return call


async def _call_async(key: str, url: str, method: str, arguments: tuple[Any, ...], named: dict[str, Any]) -> Any:
    async with AsyncFirstHandClient(key, base_url=url, max_retries=0) as client:
        return await getattr(client, method)(*arguments, **named)


def deliver(server: RunningServer, job_id: str, stars: int = 5) -> dict[str, Any]:
    """A worker's file of so many stars, as the worker sees it once it is decided."""
    with httpx.Client(base_url=server.url, headers=server.worker_headers) as worker:
        submission = worker.post(f"/v1/worker/jobs/{job_id}/accept").raise_for_status().json()
        to = submission["upload"]
        content = picture(stars, seed=next(_seeds))
        httpx.put(to["url"], content=content, headers=to["headers"]).raise_for_status()
        worker.post(f"/v1/worker/submissions/{submission['id']}/submit").raise_for_status()
        return until(
            lambda: worker.get(f"/v1/worker/submissions/{submission['id']}").json(),
            lambda seen: seen["status"] != "pending_score",
        )


def until(look: Callable[[], Any], good: Callable[[Any], bool]) -> Any:
    """What `look` finds once it is good."""
    ends_at = time.monotonic() + PATIENCE_SECONDS
    while not good(seen := look()):
        assert time.monotonic() < ends_at, seen
        time.sleep(0.05)
    return seen


class Inbox(ThreadingHTTPServer):
    """A customer's receiver of webhooks."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Post)
        self.received: list[tuple[dict[str, str], bytes]] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/hook"


class _Post(BaseHTTPRequestHandler):
    server: Inbox

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.received.append(({name.lower(): value for name, value in self.headers.items()}, body))
        self.send_response(204)
        self.end_headers()

    def log_message(self, format: str, *arguments: Any) -> None:
        """Quiet."""


@pytest.fixture
def inbox() -> Iterator[Inbox]:
    with Inbox() as made:
        thread = threading.Thread(target=made.serve_forever)
        thread.start()
        yield made
        made.shutdown()
        thread.join()


@pytest.fixture
def endpoint(call: Call, inbox: Inbox) -> Iterator[dict[str, Any]]:
    """An endpoint of the inbox, gone at the end."""
    made = call("create_webhook_endpoint", {"url": inbox.url, "events": ["job.cancelled"]})
    yield made
    call("delete_webhook_endpoint", made["id"])


def test_every_method_is_tested() -> None:
    """A test is named for its method, so that none is forgotten."""
    tested = {name.removeprefix("test_") for name in globals() if name.startswith("test_")}
    assert METHODS - tested == set()
    asynchronous = {name for name, _ in inspect.getmembers(AsyncFirstHandClient, inspect.isfunction)}
    assert METHODS - asynchronous == set()


def test_create_job(call: Call) -> None:
    before = call("get_credit_balance")
    job = call("create_job", JOB)
    assert (job["object"], job["status"], job["livemode"]) == ("job", "active", True)
    assert {name: job[name] for name in JOB} == JOB
    after = call("get_credit_balance")
    assert after["held_credits"] - before["held_credits"] == job["total_cost_credits"] == 150


def test_create_job_in_the_words_of_the_vendor(call: Call) -> None:
    body = {
        "job_type": "data_collection",
        "description": "Photos of coffee shop menus",
        "files_needed": 2,
        "price_per_file_cents": 40,
        "accepted_formats": ["image/jpeg"],
    }
    job = call("create_job", body)
    assert (job["type"], job["quantity"], job["reward_per_file"]) == ("data_collection", 2, 40)
    assert (job["content_type"], job["file_formats"]) == ("image", ["jpeg"])
    assert {name: job[name] for name in body if name != "job_type"} == {n: body[n] for n in body if n != "job_type"}


def test_create_job_again_with_its_idempotency_key(call: Call) -> None:
    key = f"once-{next(_seeds)}"
    first = call("create_job", JOB, idempotency_key=key)
    held = call("get_credit_balance")["held_credits"]
    assert call("create_job", JOB, idempotency_key=key) == first
    assert call("get_credit_balance")["held_credits"] == held
    with pytest.raises(FirstHandApiError) as refused:
        call("create_job", JOB | {"quantity": 4}, idempotency_key=key)
    assert (refused.value.status, refused.value.type) == (422, "idempotency_error")


def test_get_job(call: Call) -> None:
    job = call("create_job", JOB)
    assert call("get_job", job["id"]) == job
    assert call("get_job", job["id"], wait_seconds=1) == job


def test_get_job_waits_for_a_change(call: Call, server: RunningServer) -> None:
    job = call("create_job", JOB)
    worker = threading.Thread(target=deliver, args=(server, job["id"]))
    worker.start()
    seen = call("get_job", job["id"], wait_seconds=25)
    worker.join()
    assert (seen["files_pending"], seen["files_approved"]) in ((1, 0), (0, 1))


def test_create_job_and_wait(call: Call, server: RunningServer) -> None:
    title = f"Awaited {next(_seeds)}"

    def work() -> None:
        def look() -> list[dict[str, Any]]:
            page = httpx.get(f"{server.url}/v1/worker/jobs", headers=server.worker_headers).json()
            return [job for job in page["data"] if job["title"] == title]

        (job,) = until(look, bool)
        deliver(server, job["id"], 4)

    worker = threading.Thread(target=work)
    worker.start()
    ended = call("create_job_and_wait", JOB | {"title": title, "quantity": 1}, poll_interval_seconds=20)
    worker.join()
    assert (ended["status"], ended["files_approved"], ended["spent_credits"]) == ("completed", 1, 50)


def test_create_job_and_wait_gives_up(call: Call) -> None:
    assert call("create_job_and_wait", JOB, max_wait_seconds=2)["status"] == "active"


def test_list_jobs(call: Call) -> None:
    made = [call("create_job", JOB)["id"] for _ in range(3)]
    first = call("list_jobs", limit=2, status="active", cursor=None)
    assert [job["id"] for job in first["data"]] == [made[2], made[1]]
    assert first["has_more"]
    second = call("list_jobs", limit=2, status="active", cursor=first["next_cursor"])
    assert second["data"][0]["id"] == made[0]


def test_get_job_audit(call: Call) -> None:
    job = call("create_job", JOB)
    call("cancel_job", job["id"])
    page = call("get_job_audit", job["id"])
    assert [entry["action"] for entry in page["data"]] == ["job.cancelled", "job.created"]


def test_cancel_job(call: Call) -> None:
    before = call("get_credit_balance")
    job = call("create_job", JOB)
    ended = call("cancel_job", job["id"])
    assert (ended["id"], ended["status"], ended["held_credits"]) == (job["id"], "cancelled", 0)
    assert call("get_credit_balance")["available_credits"] == before["available_credits"]
    with pytest.raises(FirstHandApiError) as refused:
        call("cancel_job", job["id"])
    assert (refused.value.status, refused.value.type) == (409, "conflict")


def test_get_job_files(call: Call, server: RunningServer) -> None:
    job = call("create_job", JOB)
    deliver(server, job["id"], 4)
    deliver(server, job["id"], 1)
    (file,) = call("get_job_files", job["id"])["data"]
    assert (file["object"], file["job_id"], file["status"], file["ai_star_rating"]) == (
        "file",
        job["id"],
        "approved",
        4,
    )
    assert file["annotations"] == {"ocr_text": "MENU"}
    content = httpx.get(file["download_url"]).raise_for_status().content
    assert hashlib.sha256(content).hexdigest() == file["sha256"]
    _forgive(server)


def _forgive(server: RunningServer) -> None:
    """The worker of this server has done its work; strikes must not add up over the tests."""
    (worker,) = httpx.get(f"{server.url}/v1/workers", headers=server.headers).json()["data"]
    httpx.post(f"{server.url}/v1/workers/{worker['id']}/unban", headers=server.headers).raise_for_status()


def test_get_job_submissions(call: Call, server: RunningServer) -> None:
    job = call("create_job", JOB)
    approved, retry = deliver(server, job["id"], 5), deliver(server, job["id"], 2)
    page = call("get_job_submissions", job["id"])
    assert [one["id"] for one in page["data"]] == [retry["id"], approved["id"]]
    assert [one["status"] for one in page["data"]] == ["retry_pending", "approved"]
    assert [one["score"] for one in page["data"]] == [2, 5]


def test_create_api_key(call: Call) -> None:
    made = call("create_api_key", {"name": "CI", "scopes": ["usage:read"]})
    assert made["key"].startswith("fh_live_")
    assert call("get_credit_balance", key=made["key"])["object"] == "credit_balance"
    with pytest.raises(FirstHandApiError) as refused:
        call("create_job", JOB, key=made["key"])
    assert (refused.value.status, refused.value.type) == (403, "authorization_error")


def test_list_api_keys(call: Call) -> None:
    made = call("create_api_key", {"name": "CI"})
    page = call("list_api_keys", limit=1)
    (shown,) = page["data"]
    assert (shown["id"], page["has_more"]) == (made["id"], True)
    assert "key" not in shown


def test_rotate_api_key(call: Call) -> None:
    old = call("create_api_key", {"name": "CI"})
    new = call("rotate_api_key", old["id"])
    assert (new["name"], new["scopes"]) == (old["name"], old["scopes"])
    for key in (old["key"], new["key"]):
        assert call("get_credit_balance", key=key)["object"] == "credit_balance"


def test_revoke_api_key(call: Call) -> None:
    made = call("create_api_key", {"name": "CI"})
    assert call("revoke_api_key", made["id"]) is None
    with pytest.raises(FirstHandApiError) as refused:
        call("get_credit_balance", key=made["key"])
    assert (refused.value.status, refused.value.type) == (401, "authentication_error")


def test_create_webhook_endpoint(call: Call, inbox: Inbox, endpoint: dict[str, Any]) -> None:
    assert (endpoint["url"], endpoint["events"], endpoint["status"]) == (inbox.url, ["job.cancelled"], "enabled")
    assert endpoint["secret"].startswith("whsec_")
    job = call("create_job", JOB)
    call("cancel_job", job["id"])
    ((headers, body),) = until(lambda: _about(job, inbox), bool)
    signature = headers["x-firsthandapi-signature"]
    assert verify_webhook_signature(body, signature, endpoint["secret"])
    with pytest.raises(ValueError, match="verification failed"):
        verify_webhook_signature(body + b" ", signature, endpoint["secret"])


def test_list_webhook_endpoints(call: Call, endpoint: dict[str, Any]) -> None:
    (shown,) = call("list_webhook_endpoints", limit=1)["data"]
    assert (shown["id"], shown["url"]) == (endpoint["id"], endpoint["url"])
    assert "secret" not in shown


def test_get_webhook_endpoint(call: Call, endpoint: dict[str, Any]) -> None:
    shown = call("get_webhook_endpoint", endpoint["id"])
    assert shown == {name: value for name, value in endpoint.items() if name != "secret"}


def test_update_webhook_endpoint(call: Call, endpoint: dict[str, Any]) -> None:
    changed = call("update_webhook_endpoint", endpoint["id"], {"status": "disabled", "events": ["job.completed"]})
    assert (changed["status"], changed["events"]) == ("disabled", ["job.completed"])
    assert call("get_webhook_endpoint", endpoint["id"]) == changed


def test_delete_webhook_endpoint(call: Call, inbox: Inbox) -> None:
    made = call("create_webhook_endpoint", {"url": inbox.url})
    assert call("delete_webhook_endpoint", made["id"]) is None
    with pytest.raises(FirstHandApiError) as refused:
        call("get_webhook_endpoint", made["id"])
    assert (refused.value.status, refused.value.type) == (404, "not_found")


def test_rotate_webhook_secret(call: Call, inbox: Inbox, endpoint: dict[str, Any]) -> None:
    rotated = call("rotate_webhook_secret", endpoint["id"])
    assert rotated["secret"] not in ("", endpoint["secret"])
    job = call("create_job", JOB)
    call("cancel_job", job["id"])
    ((headers, body),) = until(lambda: _about(job, inbox), bool)
    assert verify_webhook_signature(body, headers["x-firsthandapi-signature"], rotated["secret"])


def test_list_webhook_events(call: Call) -> None:
    job = call("create_job", JOB)
    call("cancel_job", job["id"])
    (event,) = call("list_webhook_events", type="job.cancelled", limit=1)["data"]
    assert (event["type"], event["data"]["id"], event["livemode"]) == ("job.cancelled", job["id"], True)


def test_replay_webhook_event(call: Call, inbox: Inbox, endpoint: dict[str, Any]) -> None:
    job = call("create_job", JOB)
    call("cancel_job", job["id"])
    event = until(lambda: _event_of(call, job), _arrived)
    replayed = call("replay_webhook_event", event["id"])
    assert replayed["deliveries"][0]["status"] == "pending"
    first, again = until(lambda: _about(job, inbox), lambda received: len(received) == 2)
    assert first[0]["webhook-id"] == again[0]["webhook-id"] == replayed["id"]
    assert verify_webhook_signature(again[1], again[0]["x-firsthandapi-signature"], endpoint["secret"])


def _event_of(call: Call, job: dict[str, Any]) -> dict[str, Any]:
    (event,) = [one for one in call("list_webhook_events", limit=5)["data"] if one["data"]["id"] == job["id"]]
    return event


def _arrived(event: dict[str, Any]) -> bool:
    return [sent["status"] for sent in event["deliveries"]] == ["succeeded"]


def _about(job: dict[str, Any], inbox: Inbox) -> list[tuple[dict[str, str], bytes]]:
    """What came for a job; an endpoint may also get events of the second before it was made."""
    return [one for one in inbox.received if json.loads(one[1])["data"]["id"] == job["id"]]


def test_get_credit_balance(call: Call) -> None:
    balance = call("get_credit_balance")
    assert (balance["object"], balance["currency"]) == ("credit_balance", "usd")
    assert balance["total_credits"] == balance["available_credits"] + balance["held_credits"]
    assert balance["total_cents"] == balance["total_credits"]


def test_list_transactions(call: Call) -> None:
    job = call("create_job", JOB)
    (hold,) = call("list_transactions", type="hold", limit=1)["data"]
    assert (hold["job_id"], hold["amount_credits"]) == (job["id"], -150)


def test_purchase_credits(call: Call) -> None:
    before = call("get_credit_balance")["available_credits"]
    bought = call("purchase_credits", {"amount_credits": 500})
    assert (bought["status"], bought["amount_cents"], bought["checkout_url"]) == ("completed", 500, None)
    assert call("get_credit_balance")["available_credits"] == before + 500


def test_get_settings(call: Call, server: RunningServer) -> None:
    found = call("get_settings")
    assert (found["object"], found["organization_id"]) == ("organization_settings", server.organization_id)


def test_update_settings(call: Call) -> None:
    changed = call("update_settings", {"retention_days": 30, "name": "Menus Ltd"})
    assert (changed["retention_days"], changed["name"]) == (30, "Menus Ltd")
    assert call("get_settings") == changed
    assert call("update_settings", {"retention_days": None})["retention_days"] == 90


def test_close(server: RunningServer) -> None:
    client = FirstHandClient(server.api_key, base_url=server.url)
    client.get_credit_balance()
    client.close()
    with pytest.raises(RuntimeError, match="closed"):
        client.get_credit_balance()


def test_an_error_tells_what_is_wrong(call: Call) -> None:
    with pytest.raises(FirstHandApiError) as refused:
        call("create_job", JOB | {"quantity": 0, "min_star_rating": 9})
    error = refused.value
    assert (error.status, error.type, error.retryable) == (400, "validation_error", False)
    assert error.request_id.startswith("req_")
    assert {fault["field"] for fault in error.details} == {"quantity", "min_star_rating"}


@pytest.mark.parametrize(
    ("body", "status", "kind"),
    [
        (JOB | {"reward_per_file": 5}, 400, "pricing_violation"),
        (JOB | {"quantity": 10_000, "reward_per_file": 50_000}, 402, "insufficient_credits"),
    ],
)
def test_a_job_that_cannot_be_paid(call: Call, body: dict[str, Any], status: int, kind: str) -> None:
    with pytest.raises(FirstHandApiError) as refused:
        call("create_job", body)
    assert (refused.value.status, refused.value.type) == (status, kind)


def test_what_is_not_there(call: Call) -> None:
    for job_id in ("job_01JDZ3N8RT0000000000000000", "nonsense", "job_%00"):
        with pytest.raises(FirstHandApiError) as refused:
            call("get_job", job_id)
        assert (refused.value.status, refused.value.type) == (404, "not_found")


def test_a_key_that_is_unknown(call: Call) -> None:
    with pytest.raises(FirstHandApiError) as refused:
        call("get_settings", key="fh_live_unknown")
    assert (refused.value.status, refused.value.type) == (401, "authentication_error")


def test_nobody_there(call: Call) -> None:
    with pytest.raises(FirstHandConnectionError):
        call("get_settings", url="http://127.0.0.1:9")


def test_too_many_requests(start_server: Callable[..., RunningServer]) -> None:
    limited = start_server("sqlite", ASSAY_LIMITS__READ_PER_MINUTE="3")
    with FirstHandClient(limited.api_key, base_url=limited.url, max_retries=0) as client:
        for _ in range(3):
            client.get_credit_balance()
        with pytest.raises(FirstHandRateLimitError) as refused:
            client.get_credit_balance()
    assert refused.value.retry_after is not None
    assert 0 < refused.value.retry_after <= 60
    assert refused.value.request_id.startswith("req_")
