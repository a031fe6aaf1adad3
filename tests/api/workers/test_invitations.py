"""Invitations: a link and its QR code sign a worker in once, for as long as they are good."""

import re
from datetime import timedelta

import cv2
import numpy as np
import pytest
from sqlalchemy import select, update

from api.clock import now
from api.errors import AuthenticationFailed
from api.secrets import token_hash
from api.tables import AuditEntry, WorkerInvitation
from api.workers.invitations import open_invitation, qr_svg
from tests.api.conftest import BASE_URL

pytestmark = pytest.mark.anyio


async def _invite(http, organization, worker, **headers):
    answer = await http.post(f"/v1/workers/{worker.id}/invitation", headers=organization.headers | headers)
    assert answer.status_code == 201, answer.text
    return answer.json()


def _code(invitation):
    page, _, code = invitation["url"].partition("#")
    assert page == f"{BASE_URL}/capture"
    return code


async def _open(services, code):
    async with services.db.write() as session:
        return (await open_invitation(session, code)).id


async def test_an_invitation_signs_its_worker_in_once(http, services, organization, worker):
    invitation = await _invite(http, organization, worker)
    assert (invitation["object"], invitation["worker_id"]) == ("worker_invitation", worker.id)
    code = _code(invitation)
    async with services.db.read() as session:
        stored = (await session.scalars(select(WorkerInvitation))).one()
    assert stored.code_hash == token_hash(code), "the code itself is nowhere"
    assert timedelta(days=6.9) < stored.expires_at - now() < timedelta(days=7)
    assert await _open(services, code) == worker.id
    with pytest.raises(AuthenticationFailed, match="opened already, and works once; ask the person who") as refused:
        await _open(services, code)
    assert refused.value.code == "invitation_opened"


async def test_a_newer_invitation_takes_the_place_of_an_older_one(http, services, organization, worker):
    older, newer = [_code(await _invite(http, organization, worker)) for _ in range(2)]
    with pytest.raises(AuthenticationFailed, match="newer one may have taken its place"):
        await _open(services, older)
    assert await _open(services, newer) == worker.id


async def test_an_invitation_expires(http, services, organization, worker):
    code = _code(await _invite(http, organization, worker))
    async with services.db.write() as session:
        await session.execute(update(WorkerInvitation).values(expires_at=now()))
    with pytest.raises(AuthenticationFailed, match="has expired") as refused:
        await _open(services, code)
    assert refused.value.code == "invitation_expired"


async def test_a_new_token_ends_the_invitation(http, services, organization, worker):
    code = _code(await _invite(http, organization, worker))
    await http.post(f"/v1/workers/{worker.id}/rotate_token", headers=organization.headers)
    with pytest.raises(AuthenticationFailed, match="is not valid any more"):
        await _open(services, code)


async def test_what_is_done_is_in_the_audit_and_the_code_is_not(http, services, organization, worker):
    code = _code(await _invite(http, organization, worker))
    await _open(services, code)
    async with services.db.read() as session:
        found = await session.scalars(
            select(AuditEntry).where(AuditEntry.subject_id == worker.id).order_by(AuditEntry.id)
        )
        entries = found.all()
    assert [entry.action for entry in entries] == ["worker.invited", "worker.invitation_opened"]
    assert entries[1].actor == worker.id
    assert all(code not in str(entry.details) for entry in entries)


async def test_a_repeated_request_makes_one_invitation(http, services, organization, worker):
    first, again = [await _invite(http, organization, worker, **{"Idempotency-Key": "ada"}) for _ in range(2)]
    assert first == again
    assert await _open(services, _code(again)) == worker.id


async def test_a_repetition_by_another_key_does_not_get_the_invitation(http, services, organization, worker):
    key = {"name": "Field team", "scopes": ["workers:manage"]}
    other = (await http.post("/v1/api_keys", headers=organization.headers, json=key)).json()["key"]
    once = {"Idempotency-Key": "ada"}
    first = await _invite(http, organization, worker, **once)
    another = await _invite(http, organization, worker, **once, Authorization=f"Bearer {other}")
    assert _code(first) != _code(another)


async def test_test_keys_invite_nobody(http, organization, worker):
    refused = await http.post(f"/v1/workers/{worker.id}/invitation", headers=organization.test_headers)
    assert (refused.status_code, refused.json()["error"]["code"]) == (403, "live_key_required")


def test_a_camera_reads_the_qr_code():
    url = "https://assay.example.com/capture#inv_" + "aB3-_" * 8 + "xyz"
    found, *_ = cv2.QRCodeDetector().detectAndDecode(_picture_of(qr_svg(url)))
    assert found == url


def _picture_of(svg: str, scale: int = 8) -> np.ndarray:
    """The few things that the SVG uses, drawn: a white square, then strokes that move and draw in whole modules."""
    size = int(re.search(r'viewBox="0 0 (\d+) \1"', svg).group(1))
    modules = np.full((size, size), 255, np.uint8)
    strokes = re.search(r'stroke="#000" d="([^"]+)"', svg).group(1)
    x = y = 0.0
    for command, numbers in re.findall(r"([Mmh])([^Mmh]+)", strokes):
        values = [float(one) for one in re.findall(r"-?\d*\.?\d+", numbers)]
        if command == "h":
            modules[int(y), int(x) : int(x + values[0])] = 0
            x += values[0]
        else:
            x, y = (values[0], values[1]) if command == "M" else (x + values[0], y + values[1])
    return np.kron(modules, np.ones((scale, scale), np.uint8))
