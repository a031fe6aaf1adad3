"""A worker's browser is signed in by an invitation or by the token, and out again."""

from datetime import timedelta

import pytest

from api.web import session as sessions
from api.web.session import LIFE
from tests.api.story import post_job

pytestmark = pytest.mark.anyio


async def _invite(http, organization, worker) -> str:
    answer = await http.post(f"/v1/workers/{worker.id}/invitation", headers=organization.headers)
    return answer.json()["url"].partition("#")[2]


async def _sign_in(http, **way):
    return await http.post("/web/worker_session", json=way)


async def test_an_invitation_makes_a_session(http, organization, worker):
    made = await _sign_in(http, invitation=await _invite(http, organization, worker))
    assert made.status_code == 201, made.text
    assert made.json()["worker"]["id"] == worker.id
    cookie = made.headers["Set-Cookie"]
    assert all(part in cookie for part in ("HttpOnly", "SameSite=strict", "Path=/"))
    assert worker.token not in cookie
    assert (await http.get("/v1/worker/me")).json()["id"] == worker.id
    again = await http.get("/web/worker_session")
    assert (again.status_code, again.json()["csrf_token"]) == (200, made.json()["csrf_token"])


async def test_a_used_invitation_says_what_to_do(http, organization, worker):
    code = await _invite(http, organization, worker)
    await _sign_in(http, invitation=code)
    http.cookies.clear()
    refused = await _sign_in(http, invitation=code)
    error = refused.json()["error"]
    assert (refused.status_code, error["code"]) == (401, "invitation_opened")
    assert "ask the person who invited you for a new one" in error["message"]


async def test_a_token_works_too(http, worker):
    made = await _sign_in(http, token=worker.token)
    assert (made.status_code, made.json()["worker"]["id"]) == (201, worker.id)


@pytest.mark.parametrize("way", [{"token": "wk_guessed"}, {"token": "fh_live_x"}, {"invitation": "inv_guessed"}])
async def test_what_is_not_valid_is_refused(http, worker, way):
    refused = await _sign_in(http, **way)
    assert (refused.status_code, refused.json()["error"]["type"]) == (401, "authentication_error")
    assert "Set-Cookie" not in refused.headers


@pytest.mark.parametrize("way", [{}, {"token": "wk_a", "invitation": "inv_b"}, {"token": ""}])
async def test_one_way_in_has_to_be_given(http, way):
    assert (await _sign_in(http, **way)).status_code == 400


async def test_what_changes_something_needs_the_csrf_token(http, organization, worker):
    job = await post_job(http, organization)
    made = (await _sign_in(http, token=worker.token)).json()
    forged = await http.post(f"/v1/worker/jobs/{job['id']}/accept")
    assert (forged.status_code, forged.json()["error"]["code"]) == (403, "csrf_token")
    headers = {"X-CSRF-Token": made["csrf_token"]}
    assert (await http.post(f"/v1/worker/jobs/{job['id']}/accept", headers=headers)).status_code == 201


async def test_a_workers_session_is_no_clients(http, worker):
    await _sign_in(http, token=worker.token)
    assert (await http.get("/v1/jobs")).status_code == 401
    assert (await http.get("/web/session")).status_code == 401


async def test_a_new_token_ends_the_session(http, organization, worker):
    await _sign_in(http, token=worker.token)
    await http.post(f"/v1/workers/{worker.id}/rotate_token", headers=organization.headers)
    assert (await http.get("/v1/worker/me")).status_code == 401
    assert (await http.get("/web/worker_session")).json()["error"]["code"] == "no_session"


async def test_a_session_that_is_used_goes_on(http, worker, monkeypatch):
    first = (await _sign_in(http, token=worker.token)).json()
    real = sessions.now
    monkeypatch.setattr("api.workers.sign_in.now", lambda: real() + LIFE["worker"] * 0.6)
    renewed = await http.get("/web/worker_session")
    assert "Set-Cookie" in renewed.headers
    assert renewed.json()["csrf_token"] != first["csrf_token"]
    monkeypatch.setattr("api.workers.sign_in.now", lambda: real() + timedelta(hours=1))
    assert "Set-Cookie" not in (await http.get("/web/worker_session")).headers


async def test_signing_out_ends_it(http, worker):
    made = (await _sign_in(http, token=worker.token)).json()
    assert (await http.delete("/web/worker_session")).status_code == 403
    gone = await http.delete("/web/worker_session", headers={"X-CSRF-Token": made["csrf_token"]})
    assert gone.status_code == 204
    assert (await http.get("/v1/worker/me")).status_code == 401
