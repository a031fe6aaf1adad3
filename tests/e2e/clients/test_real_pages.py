"""The pages over the stack with the embedded models: what a phone records is scored, a changed batch holds."""

import re
from collections.abc import Iterator

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from api.web.bundle import DIST
from tests.e2e.assay_up import RealStack
from tests.web.browser import CHROMIUM, chromium, sign_in, window
from tests.web.capturing import FAKE_DEVICES, accept, new_job, new_worker, record, sign_worker_in, take_photo

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="there is no chromium"),
    pytest.mark.skipif(not (DIST / "capture.html").exists(), reason="the pages are not built"),
]

SCORED_MS = 180_000


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium(*FAKE_DEVICES) as started:
        yield started


def test_photo_sound_and_video_of_a_browser_are_scored_by_the_models(stack: RealStack, browser: Browser) -> None:
    with (
        httpx.Client(base_url=stack.url, headers=stack.headers) as api,
        window(browser, stack.url, phone=True, permissions=["camera", "microphone"]) as opened,
    ):
        sign_worker_in(opened, api, new_worker(api))
        for kind in ("image", "audio", "video"):
            job = new_job(api, title=f"A green field ({kind})", content_type=kind, description="A green field, a beep")
            submission_id = accept(opened.page, job)
            (take_photo if kind == "image" else record)(opened.page)
            opened.page.get_by_role("button", name="Send").click()
            expect(opened.page.get_by_role("img", name=re.compile("of 5 stars"))).to_be_visible(timeout=SCORED_MS)
            opened.screenshot(f"capture-real-{kind}-phone-light", full_page=True)
            submission = api.get(f"/v1/submissions/{submission_id}").json()
            assert submission["score_breakdown"]["evidence"]["facts"]["content_type"] == kind
            broken = [code for code in submission["reasons"] if code.startswith(("integrity.", "requirements."))]
            assert broken == [], submission["feedback"]
        opened.expect_no_faults()


def test_batches_are_changed_in_the_running_replicas(stack: RealStack, browser: Browser) -> None:
    with window(browser, stack.url) as opened:
        page = opened.page
        sign_in(opened, stack.api_key, "/ops")
        text = page.locator("article[data-role='text']")
        expect(text.locator("[data-batch]")).to_contain_text("1 item,")
        expect(page.locator("article[data-role]")).to_have_count(5)
        _change(page, "2")
        expect(text.locator("[data-batch]")).to_contain_text("2 items", timeout=SCORED_MS)
        opened.screenshot("ops-real-desktop-light", full_page=True)
        assert _max_items(stack) == 2
        _change(page, "1")
        expect(text.locator("[data-batch]")).to_contain_text("1 item,", timeout=SCORED_MS)
        opened.expect_no_faults()


def _change(page: Page, items: str) -> None:
    page.get_by_role("button", name="Change batches of Text").click()
    page.get_by_label("Most items").fill(items)
    page.get_by_role("button", name="Use from now on").click()
    expect(page.get_by_role("dialog")).to_be_hidden(timeout=SCORED_MS)


def _max_items(stack: RealStack) -> int:
    models = httpx.get(f"{stack.url}/v1/ops/overview", headers=stack.headers).json()["models"]
    found: int = next(model["batch"]["max_items"] for model in models if model["role"] == "text")
    return found
