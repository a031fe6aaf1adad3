"""The gallery's rows and previews: small, of one's own files only, and never the file itself."""

import asyncio
import io
import os
from pathlib import Path
from time import time

import numpy as np
import pytest
import soundfile
from PIL import Image

from api.clock import now
from api.submissions.keys import original_key
from api.tables import File, Submission
from api.web.previews import Previews, waveform
from configs.settings import Settings, load_settings
from tests.api.conftest import BASE_URL
from tests.api.scripted import picture
from tests.api.story import accept, post_job, submit_scored, upload
from tests.web.test_session import sign_in

pytestmark = pytest.mark.anyio


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """With its previews in the test's folder."""
    return load_settings(
        "embedded",
        state_dir=tmp_path / "state",
        data_dir=tmp_path / "data",
        api__public_url=BASE_URL,
        signup__enabled=True,
    )


async def test_rows_are_slim_and_paged(http, services, organization, worker):
    job = await post_job(http, organization, quantity=10)
    for seed, stars in enumerate((5, 4, 1)):
        await submit_scored(http, services, worker, job["id"], stars, seed=seed)
    await sign_in(http, organization.token)
    path = f"/web/jobs/{job['id']}/gallery"
    rows = (await http.get(path)).json()
    assert [row["score"] for row in rows["data"]] == [1, 4, 5]
    assert set(rows["data"][0]) == {"id", "file_id", "status", "score", "attempt", "worker_id", "created_at"}
    assert rows["has_more"] is False
    of_four = (await http.get(path, params={"score": 4})).json()["data"]
    assert [row["score"] for row in of_four] == [4]
    approved = (await http.get(path, params={"status": "approved"})).json()["data"]
    assert [row["score"] for row in approved] == [4, 5]


async def test_a_picture_is_made_small_and_anew(http, services, organization, worker):
    job = await post_job(http, organization, quantity=10)
    hostile = picture(5, size=(1920, 1440)) + b"<script>alert(1)</script>"
    made = await accept(http, worker, job["id"])
    await upload(http, made, hostile)
    await sign_in(http, organization.token)
    async with services.db.read() as session:
        submission = await session.get_one(Submission, made["id"])
    assert await services.store.exists(original_key(submission))
    answer = await http.get(f"/web/submissions/{made['id']}/thumbnail.jpg")
    assert answer.status_code == 200, answer.text
    assert (answer.headers["Content-Type"], answer.headers["X-Content-Type-Options"]) == ("image/jpeg", "nosniff")
    assert b"script" not in answer.content
    assert Image.open(io.BytesIO(answer.content)).size == (320, 240)
    whole = await http.get(f"/web/submissions/{made['id']}/picture.jpg")
    assert Image.open(io.BytesIO(whole.content)).size == (1280, 960)
    facts = (await http.get(f"/web/submissions/{made['id']}/preview.json")).json()
    assert (facts["content_type"], facts["width"], facts["waveform"]) == ("image", 1920, None)


async def test_a_picture_of_one_row_keeps_it(http, organization, worker):
    job = await post_job(http, organization)
    made = await accept(http, worker, job["id"])
    await upload(http, made, picture(5, size=(2000, 1)))
    await sign_in(http, organization.token)
    answer = await http.get(f"/web/submissions/{made['id']}/thumbnail.jpg")
    assert Image.open(io.BytesIO(answer.content)).size == (320, 1)


async def test_sound_becomes_a_waveform_and_a_minute(http, services, organization, worker):
    job = await post_job(http, organization, content_type="audio", file_formats=["wav"])
    made = await accept(http, worker, job["id"])
    seconds = np.arange(0, 90, 1 / 8000)
    buffer = io.BytesIO()
    soundfile.write(buffer, 0.5 * np.sin(seconds * 440 * 6.283) * (seconds > 45), 8000, format="WAV")
    await upload(http, made, buffer.getvalue())
    await sign_in(http, organization.token)
    facts = (await http.get(f"/web/submissions/{made['id']}/preview.json")).json()
    assert len(facts["waveform"]) == 600
    assert (max(facts["waveform"][:299]), round(facts["waveform"][500], -1)) == (0, 50)
    sound = await http.get(f"/web/submissions/{made['id']}/sound.wav")
    assert soundfile.info(io.BytesIO(sound.content)).duration == 60
    assert (await http.get(f"/web/submissions/{made['id']}/thumbnail.jpg")).status_code == 404


async def test_nobody_sees_what_is_anothers(http, services, make_organization, make_worker):
    owner, stranger = await make_organization(), await make_organization()
    job = await post_job(http, owner, quantity=5)
    made = await submit_scored(http, services, await make_worker(owner), job["id"], 5)
    file = f"/web/submissions/{made['id']}"
    paths = [f"/web/jobs/{job['id']}/gallery", f"{file}/thumbnail.jpg", f"{file}/preview.json"]
    assert [(await http.get(path)).status_code for path in paths] == [401, 401, 401]
    await sign_in(http, stranger.token)
    assert [(await http.get(path)).status_code for path in paths] == [404, 404, 404]
    await sign_in(http, owner.test_token)
    assert [(await http.get(path)).status_code for path in paths] == [404, 404, 404]
    await sign_in(http, owner.token)
    assert [(await http.get(path)).status_code for path in paths] == [200, 200, 200]


async def test_what_cannot_be_decoded_has_no_preview(http, organization, worker):
    job = await post_job(http, organization)
    made = await accept(http, worker, job["id"])
    await sign_in(http, organization.token)
    path = f"/web/submissions/{made['id']}/thumbnail.jpg"
    assert (await http.get(path)).json()["error"]["code"] == "no_preview"
    await upload(http, made, b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>")
    assert (await http.get(path)).json()["error"]["code"] == "no_preview"
    assert (await http.get(f"/web/submissions/{made['id']}/secret.txt")).status_code in (400, 404)


async def test_a_deleted_upload_is_shown_no_more(http, services, organization, worker):
    job = await post_job(http, organization)
    made = await submit_scored(http, services, worker, job["id"], 1)
    await sign_in(http, organization.token)
    path = f"/web/submissions/{made['id']}/thumbnail.jpg"
    assert (await http.get(path)).status_code == 200
    async with services.db.write() as session:
        submission = await session.get_one(Submission, made["id"])
        (await session.get_one(File, submission.file_id)).original_deleted_at = now()
    assert (await http.get(path)).status_code == 404


async def test_a_second_attempt_is_not_shown_as_the_first(http, services, organization, worker):
    """Also before it is scored, when the submission's file is still that of the first."""
    job = await post_job(http, organization)
    made = await submit_scored(http, services, worker, job["id"], 2)
    await sign_in(http, organization.token)
    path = f"/web/submissions/{made['id']}/preview.json"
    assert (await http.get(path, params={"attempt": 1})).json()["width"] == 96
    again = await http.post(f"/v1/worker/submissions/{made['id']}/retry", headers=worker.headers)
    assert (await http.get(path, params={"attempt": 2})).json()["error"]["code"] == "no_preview"
    await upload(http, again.json(), picture(2, seed=2, size=(120, 80)))
    assert (await http.get(path, params={"attempt": 2})).json()["width"] == 120


def test_a_waveform_has_the_peaks_of_its_parts():
    samples = np.array([0.0, -1.0, 0.2, 0.1, 3.0, 0.0], np.float32)
    assert waveform(samples, 3) == [100, 20, 100]
    assert waveform(samples[:2], 3) == [0, 100]
    assert waveform(np.zeros(0, np.float32)) == []


async def test_a_preview_goes_when_nobody_looks_at_it(settings):
    """In a server that makes no other; one that was looked at lately stays."""
    old, seen = (settings.data_dir / "previews" / "ab" / name for name in ("old", "seen"))
    for folder, age_days in ((old, 31), (seen, 29)):
        folder.mkdir(parents=True)
        (folder / "preview.json").write_text("{}")
        os.utime(folder, (time() - age_days * 86400,) * 2)
    cleaning = asyncio.create_task(Previews(settings).clean())
    async with asyncio.timeout(5):
        while old.exists():
            await asyncio.sleep(0.01)
    cleaning.cancel()
    assert seen.exists()
