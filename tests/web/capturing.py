"""What a worker does with the capture page, and what has to be there for it; one function a step."""

import io
import re
from typing import Any

import httpx
import numpy as np
from PIL import Image, PngImagePlugin
from playwright.sync_api import Locator, Page, expect

from tests.web.browser import Window

FAKE_DEVICES = ("--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream")
"""A camera that shows a green field with a clock, and a microphone that beeps every second."""
SCORED_MS = 20_000


def noisy_picture(stars: int) -> bytes:
    """A PNG of 2 MB that the scripted engine gives so many stars: noise cannot be compressed."""
    noise = np.random.default_rng(stars).integers(0, 255, (750, 900, 3), np.uint8)
    told = PngImagePlugin.PngInfo()
    told.add_text("stars", str(stars))
    buffer = io.BytesIO()
    Image.fromarray(noise).save(buffer, "png", pnginfo=told)
    return buffer.getvalue()


def new_worker(api: httpx.Client, name: str = "Ada") -> str:
    worker_id: str = api.post("/v1/workers", json={"name": name}).raise_for_status().json()["id"]
    return worker_id


def invitation(api: httpx.Client, worker_id: str) -> str:
    url: str = api.post(f"/v1/workers/{worker_id}/invitation").raise_for_status().json()["url"]
    return url


def new_job(api: httpx.Client, **fields: Any) -> dict[str, Any]:
    asked = {
        "title": "Coffee shop menus",
        "description": "Photograph the menu board of a coffee shop. All prices must be readable.",
        "content_type": "image",
        "quantity": 20,
        "reward_per_file": 50,
        "worker_guidelines": "No people in the picture.\nHold the phone upright and fill the frame.",
    }
    job: dict[str, Any] = api.post("/v1/jobs", json=asked | fields).raise_for_status().json()
    return job


def sign_worker_in(opened: Window, api: httpx.Client, worker_id: str) -> None:
    """By the invitation's link, as a worker does."""
    opened.page.goto(invitation(api, worker_id))
    opened.page.get_by_role("button", name="Start").click()
    opened.page.get_by_role("heading", name="Jobs", exact=True).wait_for()


def accept(page: Page, job: dict[str, Any]) -> str:
    """Take a place of the job; returns its submission's id."""
    page.goto(f"/capture/jobs/{job['id']}")
    page.get_by_role("button", name="Accept").click()
    page.wait_for_url("**/capture/places/*")
    return page.url.rsplit("/", 1)[1]


def take_photo(page: Page) -> None:
    page.get_by_role("button", name="Take a photo").click()
    shutter = page.get_by_role("button", name="Take the photo")
    expect(shutter).to_be_enabled()
    shutter.click()
    expect(page.get_by_alt_text("Your photo")).to_be_visible()


def pick(page: Page, name: str, content: bytes) -> None:
    page.get_by_label("Choose a file").set_input_files({"name": name, "mimeType": "image/png", "buffer": content})
    page.get_by_role("button", name="Send").wait_for()


def send(page: Page) -> Locator:
    """Send what is previewed; returns the heading of the result once it is there."""
    page.get_by_role("button", name="Send").click()
    result = page.locator(".result h2")
    expect(result).to_be_visible(timeout=SCORED_MS)
    return result


def kept(page: Page) -> int:
    """Files that the device keeps."""
    count: int = page.evaluate(
        """() => new Promise((resolve) => {
          indexedDB.open("assay-capture").onsuccess = ({ target }) => {
            target.result.transaction("files").objectStore("files").count().onsuccess = (found) =>
              resolve(found.target.result);
          };
        })"""
    )
    return count


def record(page: Page) -> None:
    """Two seconds of sound or video, up to its preview."""
    start_recording(page)
    stop_recording(page)


def start_recording(page: Page) -> None:
    page.get_by_role("button", name=re.compile("^Record")).click()
    button = page.get_by_role("button", name="Start recording")
    expect(button).to_be_enabled()
    button.click()
    expect(page.get_by_role("timer", name="Recording")).to_contain_text("0:02")


def stop_recording(page: Page) -> None:
    page.get_by_role("button", name="Stop recording").click()
    expect(page.get_by_label(re.compile("Your (recording|video)"))).to_be_visible()


def delivered(api: httpx.Client, submission_id: str) -> dict[str, Any]:
    submission = api.get(f"/v1/submissions/{submission_id}").json()
    file: dict[str, Any] = api.get(f"/v1/files/{submission['file_id']}").json()
    return file
