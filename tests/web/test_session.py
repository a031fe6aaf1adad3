"""A browser's session: a sealed cookie that ends with its key, and a token that other pages do not have."""

import json
from dataclasses import asdict, replace
from datetime import timedelta

import httpx
import pytest

from api.app import create_app
from api.clock import now
from api.keys.service import create_key
from api.services import Services
from api.tables import ApiKey, Worker
from api.web.session import CSRF_HEADER, Session, cookie_name
from tests.api.conftest import Client, WorkerClient

pytestmark = pytest.mark.anyio

JOB = {"description": "Photos of coffee shop menus", "content_type": "image", "quantity": 2, "reward_per_file": 10}


async def sign_in(http: httpx.AsyncClient, token: str) -> dict:
    answer = await http.post("/web/session", json={"api_key": token})
    assert answer.status_code == 201, answer.text
    return answer.json()


async def test_a_key_is_traded_for_a_session(http, organization):
    answer = await http.post("/web/session", json={"api_key": organization.token})
    assert answer.status_code == 201
    assert answer.headers["Cache-Control"] == "no-store"
    cookie = answer.headers["Set-Cookie"]
    assert cookie.startswith("assay_client=")
    for wanted in ("HttpOnly", "SameSite=strict", "Path=/"):
        assert wanted in cookie
    assert organization.token not in answer.text + cookie
    body = answer.json()
    assert (body["organization_id"], body["livemode"]) == (organization.id, True)
    assert (await http.get("/web/session")).json() == body


async def test_the_session_may_do_what_its_key_may(http, organization):
    found = await sign_in(http, organization.token)
    assert (await http.get("/v1/jobs")).status_code == 200
    made = await http.post("/v1/jobs", json=JOB, headers={CSRF_HEADER: found["csrf_token"]})
    assert made.status_code == 201, made.text


async def test_its_scopes_are_those_of_the_key(http, services, organization):
    async with services.db.write() as session:
        _, token = create_key(session, organization.id, name="Narrow", livemode=True, scopes=("jobs:read",))
    found = await sign_in(http, token)
    assert found["scopes"] == ["jobs:read"]
    assert (await http.get("/v1/jobs")).status_code == 200
    assert (await http.get("/v1/api_keys")).json()["error"]["code"] == "missing_scope"


@pytest.mark.parametrize("token", ["", "wrong", "é"])
async def test_what_changes_something_needs_the_csrf_token(http, organization, token):
    await sign_in(http, organization.token)
    headers = {CSRF_HEADER: token.encode()} if token else {}
    answer = await http.post("/v1/jobs", json=JOB, headers=headers)
    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "csrf_token")
    assert (await http.get("/v1/jobs")).json()["data"] == []
    assert (await http.delete("/web/session")).status_code == 403


async def test_a_bearer_key_wins_and_needs_no_csrf_token(http, make_organization):
    one, other = await make_organization(), await make_organization()
    await sign_in(http, one.token)
    made = await http.post("/v1/jobs", json=JOB, headers=other.headers)
    assert made.status_code == 201
    assert (await http.get("/v1/jobs")).json()["data"] == []
    wrong = await http.get("/v1/jobs", headers={"Authorization": "Bearer fh_live_wrong"})
    assert wrong.status_code == 401


async def test_the_session_ends_with_its_key(http, services, organization):
    found = await sign_in(http, organization.token)
    async with services.db.write() as session:
        (await session.get_one(ApiKey, found["key_id"])).revoked_at = now()
    assert (await http.get("/v1/jobs")).status_code == 401
    assert (await http.get("/web/session")).status_code == 401


async def test_the_session_ends_when_its_key_expires(http, services, organization):
    ends_at = now() + timedelta(minutes=5)
    async with services.db.write() as session:
        key, token = create_key(
            session, organization.id, name="Short", livemode=True, scopes=("jobs:read",), expires_at=ends_at
        )
    found = await sign_in(http, token)
    assert found["expires_at"][:19] == ends_at.isoformat()[:19]
    async with services.db.write() as session:
        (await session.get_one(ApiKey, key.id)).expires_at = now() - timedelta(seconds=1)
    assert (await http.get("/v1/jobs")).status_code == 401


async def test_signing_out_takes_the_cookie_back(http, organization):
    found = await sign_in(http, organization.token)
    answer = await http.delete("/web/session", headers={CSRF_HEADER: found["csrf_token"]})
    assert answer.status_code == 204
    assert (await http.get("/v1/jobs")).status_code == 401


async def _with_cookie(http: httpx.AsyncClient, services: Services, session: Session, **changed) -> httpx.Response:
    http.cookies.clear()
    sealed = services.cipher.seal(json.dumps(asdict(replace(session, **changed))))
    return await http.get("/v1/jobs", headers={"Cookie": f"assay_client={sealed}"})


async def test_only_a_cookie_that_we_sealed_counts(http, services, organization):
    found = await sign_in(http, organization.token)
    async with services.db.read() as session:
        key = await session.get_one(ApiKey, found["key_id"])
    made = Session.of("client", key.id, key.token_hash)
    assert (await _with_cookie(http, services, made)).status_code == 200
    assert (await _with_cookie(http, services, made, expires=int(now().timestamp()) - 1)).status_code == 401
    assert (await _with_cookie(http, services, made, kind="worker")).status_code == 401
    assert (await _with_cookie(http, services, made, mark="0" * 16)).status_code == 401
    assert (await _with_cookie(http, services, made, holder_id="key_none")).status_code == 401
    for forged in ("nonsense", services.cipher.seal("{}"), services.cipher.seal("[]"), services.cipher.seal("text")):
        assert (await http.get("/v1/jobs", headers={"Cookie": f"assay_client={forged}"})).status_code == 401


async def test_a_worker_session_ends_with_a_new_token(http, services, organization, worker):
    async with services.db.read() as session:
        row = await session.get_one(Worker, worker.id)
    made = Session.of("worker", row.id, row.token_hash)
    cookie = {"Cookie": f"assay_worker={services.cipher.seal(json.dumps(asdict(made)))}"}
    assert (await http.get("/v1/worker/me", headers=cookie)).json()["id"] == worker.id
    assert (await http.get("/v1/jobs", headers=cookie)).status_code == 401
    path = f"/v1/worker/jobs/{'job_' + '0' * 26}/accept"
    assert (await http.post(path, headers=cookie)).json()["error"]["code"] == "csrf_token"
    assert (await http.post(path, headers=cookie | {CSRF_HEADER: made.csrf_token})).status_code == 404
    await http.post(f"/v1/workers/{worker.id}/rotate_token", headers=organization.headers)
    assert (await http.get("/v1/worker/me", headers=cookie)).status_code == 401


async def test_under_https_the_cookie_is_secure(services, organization):
    api = services.settings.api.model_copy(update={"public_url": "https://assay.example.com"})
    secure = replace(services, settings=services.settings.model_copy(update={"api": api}))
    transport = httpx.ASGITransport(create_app(secure))
    async with httpx.AsyncClient(transport=transport, base_url="http://inside.test") as http:
        answer = await http.post("/web/session", json={"api_key": organization.token})
    assert answer.headers["Set-Cookie"].startswith(f"{cookie_name('client', secure=True)}=")
    assert "Secure" in answer.headers["Set-Cookie"]


async def test_attempts_to_sign_in_are_counted(services, organization: Client):
    limits = services.settings.limits.model_copy(update={"anonymous_per_minute": 3})
    strict = replace(services, settings=services.settings.model_copy(update={"limits": limits}))
    transport = httpx.ASGITransport(create_app(strict))
    async with httpx.AsyncClient(transport=transport, base_url="http://assay.test") as http:
        tried = [await http.post("/web/session", json={"api_key": f"fh_live_{n}"}) for n in range(5)]
        assert [answer.status_code for answer in tried] == [401, 401, 401, 429, 429]
        assert "Retry-After" in tried[-1].headers
        right = await http.post("/web/session", json={"api_key": organization.token})
    assert right.status_code == 429


async def test_a_workers_token_is_no_api_key(http, worker: WorkerClient):
    answer = await http.post("/web/session", json={"api_key": worker.token})
    assert (answer.status_code, answer.json()["error"]["code"]) == (401, "wrong_token")


async def test_a_form_of_another_page_cannot_sign_in(http, organization):
    """A form sends no JSON without asking first, which we do not allow."""
    for kind in ("text/plain", "application/x-www-form-urlencoded"):
        body = json.dumps({"api_key": organization.token})
        answer = await http.post("/web/session", content=body, headers={"Content-Type": kind})
        assert answer.status_code == 415
        assert "Set-Cookie" not in answer.headers
