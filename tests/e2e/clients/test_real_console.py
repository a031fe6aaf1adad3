"""A client at the console, over the stack with the embedded models: from the first try to the downloaded dataset."""

import hashlib
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from api.web.bundle import DIST
from scripts import demo_media as media
from tests.e2e.assay_up import RealStack
from tests.e2e.clients.menus import menu
from tests.models import espeak
from tests.web.browser import CHROMIUM, Window, chromium, sign_in, until, window

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="there is no chromium"),
    pytest.mark.skipif(not (DIST / "console.html").exists(), reason="the pages are not built"),
]

SCORED_MS = 60_000
DESCRIPTION = "A portrait of an astronaut, or the menu of a coffee shop"
SPOKEN = "Please take a clear photo of the front of the building."


def astronaut() -> bytes:
    """Whose face the detector of the embedded profile finds."""
    return media.photo_path("skimage", "astronaut.png").read_bytes()


def speech() -> bytes:
    return media.as_wav(media.speech(SPOKEN))


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as started:
        yield started


@pytest.fixture
def console(stack: RealStack, browser: Browser) -> Iterator[Window]:
    with window(browser, stack.url) as opened:
        sign_in(opened, stack.api_key)
        yield opened
        opened.expect_no_faults()


@pytest.fixture
def api(stack: RealStack) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=stack.url, headers=stack.headers, timeout=60) as client:
        yield client


def post(page: Page, kind: str, description: str) -> str:
    """A job of three files that takes whatever is scored, posted with the form; its id."""
    page.goto("/console/jobs/new")
    page.get_by_role("button", name=kind).click()
    page.get_by_label("Description").fill(description)
    page.get_by_label("Files to approve").fill("3")
    page.get_by_label("Stars to approve from").select_option("1")
    page.get_by_role("button", name="Post the job").click()
    expect(page.get_by_role("button", name="Cancel job")).to_be_visible()
    return page.url.rsplit("/", 1)[1]


def bring(api: httpx.Client, job_id: str, name: str, content: bytes) -> str:
    """A file of the client's own; its submission's id."""
    sent = api.post(f"/v1/jobs/{job_id}/submissions", files={"file": (name, content)}).raise_for_status()
    return str(sent.json()["id"])


def decide(page: Page, how: str, note: str) -> None:
    page.get_by_role("button", name=how, exact=True).click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Note").fill(note)
    dialog.get_by_role("button", name=how, exact=True).click()
    expect(dialog).to_be_hidden()
    expect(page.get_by_text("A person has decided on this file.")).to_be_visible()


def test_from_the_first_try_to_the_dataset(console: Window, api: httpx.Client, tmp_path: Path) -> None:
    page = console.page
    page.get_by_role("link", name="New job").first.click()
    page.get_by_label("Description").fill(DESCRIPTION)
    page.locator(".try-it input[type=file]").set_input_files(
        {"name": "menu.jpg", "mimeType": "image/jpeg", "buffer": menu("drinks.jpg")}
    )
    expect(page.locator(".try-it")).to_contain_text(re.compile("would (not )?be approved"), timeout=SCORED_MS)
    console.screenshot("console-real-tried-desktop-light", full_page=True)

    job_id = post(page, "Pictures", DESCRIPTION)
    pictured = bring(api, job_id, "astronaut.png", astronaut())
    written = bring(api, job_id, "menu.jpg", menu("drinks.jpg"))
    expect(page.get_by_text("2 of 3 approved")).to_be_visible(timeout=SCORED_MS)
    expect(page.locator(".gallery a")).to_have_count(2)
    until(page, "[...document.querySelectorAll('.gallery img')].filter(one => one.naturalWidth > 0).length == 2")
    console.screenshot("console-real-job-desktop-light", full_page=True)

    page.goto(f"/console/files/{pictured}")
    expect(page.locator(".box-object rect").first).to_be_visible()
    console.screenshot("console-real-boxes-desktop-light", full_page=True)
    page.goto(f"/console/files/{written}")
    expect(page.locator(".box-word rect").first).to_be_visible()
    expect(page.get_by_text("Espresso").first).to_be_visible()
    console.screenshot("console-real-words-desktop-light", full_page=True)

    decide(page, "Reject", "Drawn, not photographed")
    assert api.get(f"/v1/submissions/{written}").json()["status"] == "rejected"
    decide(page, "Approve", "Good enough to train on")
    assert api.get(f"/v1/submissions/{written}").json()["status"] == "approved"

    page.goto(f"/console/jobs/{job_id}")
    page.get_by_role("link", name="Search in this job").click()
    page.get_by_label("What are you looking for?").fill("a person in a space suit")
    page.get_by_role("button", name="Search").click()
    expect(page.locator(".results a").first).to_have_attribute("href", f"/console/files/{pictured}")
    console.screenshot("console-real-search-desktop-light", full_page=True)

    page.goto(f"/console/jobs/{job_id}")
    page.get_by_role("button", name="Export").click()
    with page.expect_download(timeout=SCORED_MS) as download:
        page.get_by_role("link", name="Download").click(timeout=SCORED_MS)
    download.value.save_as(tmp_path / "dataset.zip")
    with zipfile.ZipFile(tmp_path / "dataset.zip") as dataset:
        contents = [dataset.read(name) for name in dataset.namelist()]
    delivered = {file["sha256"] for file in api.get(f"/v1/jobs/{job_id}/files").json()["data"]}
    assert len(delivered) == 2
    assert delivered <= {hashlib.sha256(content).hexdigest() for content in contents}
    assert any(b"Espresso" in content for content in contents)


@pytest.mark.skipif(not espeak.INSTALLED, reason="espeak-ng is not installed: apt-get install espeak-ng")
def test_the_transcript_runs_along_with_the_sound(console: Window, api: httpx.Client) -> None:
    page = console.page
    job_id = post(page, "Sound", "Somebody asks for a photo of a building")
    spoken = bring(api, job_id, "asked.wav", speech())
    expect(page.get_by_text("1 of 3 approved")).to_be_visible(timeout=SCORED_MS)
    page.goto(f"/console/files/{spoken}")
    word = page.get_by_role("button", name=re.compile("^building"))
    word.click()
    expect(word).to_have_attribute("aria-current", "true")
    assert until(page, "document.querySelector('audio').currentTime > 0.5")
    console.screenshot("console-real-sound-desktop-light", full_page=True)
