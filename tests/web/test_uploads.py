"""What strangers upload is given out as data, and never as a page of our origin."""

from typing import Any

import pytest

from api.dispatcher import Dispatcher
from api.storage import ObjectStore
from tests.api.story import post_job, submit

pytestmark = pytest.mark.anyio

PAGE = b"<!doctype html><script>parent.document.title='owned'</script>"
DRAWING = b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'><script>alert(1)</script></svg>"


def _signed(store: ObjectStore, key: str, **how: Any) -> str:
    return store.sign_download(key, filename="x.html", content_type="text/html", expires_seconds=60, **how)


@pytest.mark.parametrize("content", [PAGE, DRAWING], ids=["html", "svg"])
@pytest.mark.parametrize("attachment", [True, False], ids=["saved", "shown"])
async def test_an_upload_runs_nowhere(http, services, content, attachment):
    """Even under a type that nothing of ours would sign: a document in a sandbox, of an origin of its own."""
    await services.store.put_bytes("files/x", content, "text/html")
    answer = await http.get(_signed(services.store, "files/x", attachment=attachment))
    assert answer.status_code == 200
    assert answer.headers["Content-Security-Policy"] == "sandbox"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Content-Disposition"].startswith("attachment" if attachment else "inline")


async def test_what_is_no_medium_is_never_given_out(http, services, organization, worker):
    job = await post_job(http, organization)
    made = await submit(http, worker, job["id"], PAGE)
    await Dispatcher(services).drain()
    found = (await http.get(f"/v1/submissions/{made['id']}", headers=organization.headers)).json()
    file = (await http.get(f"/v1/files/{found['file_id']}", headers=organization.headers)).json()
    assert (file["status"], file["download_url"], file["mime_type"]) == ("rejected", None, None)


async def test_a_name_cannot_break_out_of_its_header(http, services):
    await services.store.put_bytes("files/y", PAGE, "text/html")
    name = 'a"\r\nSet-Cookie: owned=1\r\n\r\n<script>.html'
    url = services.store.sign_download("files/y", filename=name, content_type="image/png", expires_seconds=60)
    answer = await http.get(url)
    assert answer.status_code == 200
    assert "Set-Cookie" not in answer.headers
    assert answer.headers["Content-Type"] == "image/png"


async def test_answers_of_the_api_are_not_guessed_at(http, organization):
    """JSON with markup in it stays JSON in every browser."""
    await post_job(http, organization, description=f"Photos of {PAGE.decode()}")
    answer = await http.get("/v1/jobs", headers=organization.headers)
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
