"""What a client types that the console must not take for something else, and what a key may not do."""

import re
from collections.abc import Iterator

import httpx
import pytest
from playwright.sync_api import Browser, Route, expect

from api.web.bundle import DIST
from tests.api.server import RunningServer, running
from tests.web.browser import CHROMIUM, Window, chromium, sign_in, window

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="there is no chromium"),
    pytest.mark.skipif(not (DIST / "console.html").exists(), reason="the pages are not built"),
]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    with running("sqlite", tmp_path_factory.mktemp("forms")) as started:
        yield started


@pytest.fixture(scope="module")
def api(server: RunningServer) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=server.url, headers=server.headers) as client:
        yield client


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as started:
        yield started


@pytest.fixture
def console(server: RunningServer, browser: Browser) -> Iterator[Window]:
    with window(browser, server.url) as opened:
        sign_in(opened, server.headers["Authorization"].removeprefix("Bearer "))
        yield opened


def test_an_expiry_that_is_no_number_makes_no_key(console: Window, api: httpx.Client) -> None:
    page = console.page
    page.goto("/console/account/keys")
    page.get_by_role("button", name="New key").click()
    page.get_by_label("Name").fill("Soon over")
    page.get_by_label("Expires after, days").fill("30 days")
    page.get_by_role("button", name="Make the key").click()
    expect(page.get_by_label("Expires after, days")).to_have_attribute("aria-invalid", "true")
    assert "Soon over" not in api.get("/v1/api_keys").text
    page.get_by_label("Expires after, days").fill("30")
    page.get_by_role("button", name="Make the key").click()
    page.get_by_role("dialog").get_by_role("button", name="Close").last.click()
    expect(page.get_by_role("row", name="Soon over").get_by_text(re.compile(r"\d{4}, \d"))).to_be_visible()


def test_half_a_deadline_is_not_none(console: Window, api: httpx.Client) -> None:
    page = console.page
    page.goto("/console/jobs/new")
    page.get_by_label("Title").fill("Half a deadline")
    page.get_by_label("Description", exact=True).fill("Photos of coffee shop menus")
    page.get_by_label("Deadline").press_sequentially("12312031")
    page.get_by_role("button", name="Post the job").click()
    expect(page.get_by_text("The deadline needs a date and a time").first).to_be_visible()
    assert "Half a deadline" not in api.get("/v1/jobs").text


def test_a_ban_begins_with_no_reason(console: Window, api: httpx.Client) -> None:
    for name in ("Ada", "Bob"):
        api.post("/v1/workers", json={"name": name}).raise_for_status()
    page = console.page
    page.goto("/console/workers")
    page.get_by_role("row", name="Ada").get_by_role("button", name="Ban").click()
    page.get_by_label("Reason").fill("Sent stolen pictures")
    page.get_by_role("dialog").get_by_role("button", name="Cancel").click()
    page.get_by_role("row", name="Bob").get_by_role("button", name="Ban").click()
    expect(page.get_by_label("Reason")).to_have_value("")


def test_a_replay_that_nobody_would_get_says_so(console: Window, api: httpx.Client) -> None:
    job = {"description": "Photos of coffee shop menus", "content_type": "image", "quantity": 1, "reward_per_file": 10}
    made = api.post("/v1/jobs", json=job).raise_for_status().json()
    api.post(f"/v1/jobs/{made['id']}/cancel").raise_for_status()
    page = console.page
    page.goto("/console/account/webhooks")
    page.get_by_role("row", name="job.cancelled").first.get_by_role("button", name="Replay").click()
    expect(page.get_by_text("no endpoint is enabled that wants job.cancelled").first).to_be_visible()


def test_what_the_key_may_not_do_is_not_offered(server: RunningServer, browser: Browser, api: httpx.Client) -> None:
    made = api.post("/v1/api_keys", json={"name": "Narrow", "scopes": ["jobs:read", "webhooks:read"]})
    with window(browser, server.url) as opened:
        sign_in(opened, made.raise_for_status().json()["key"])
        places = opened.page.get_by_role("navigation", name="Places").get_by_role("link")
        expect(places).to_have_text(["Jobs", "Account"])
        opened.page.get_by_role("link", name="Account").click()
        expect(opened.page.get_by_role("navigation", name="Account").get_by_role("link")).to_have_text(["Webhooks"])
        expect(opened.page.get_by_role("heading", name="Endpoints", exact=True)).to_be_visible()


def test_a_job_that_is_typed_outlives_the_way_to_the_credits_and_the_end_of_the_session(
    console: Window, server: RunningServer
) -> None:
    page = console.page
    page.goto("/console/jobs/new")
    page.get_by_label("Title").fill("Menus of the whole street")
    page.get_by_label("Files to approve").fill("9999")
    page.get_by_label("Reward per file, in credits").fill("50000")
    page.get_by_role("link", name="Buy credits").click()
    expect(page.get_by_role("heading", name="Account")).to_be_visible()
    page.go_back()
    expect(page.get_by_label("Title")).to_have_value("Menus of the whole street")
    page.get_by_label("Description", exact=True).fill("Photos of coffee shop menus")
    page.context.clear_cookies()
    page.evaluate("document.querySelector('form button[type=submit]')?.click()")  # or it is noticed before
    expect(page.get_by_text("Your session has ended.")).to_be_visible()
    page.get_by_label("API key").fill(server.api_key)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_label("Description", exact=True)).to_have_value("Photos of coffee shop menus")


def test_a_click_beside_a_form_that_is_filled_in_loses_nothing(console: Window) -> None:
    page = console.page
    page.goto("/console/account/keys")
    page.get_by_role("button", name="New key").click()
    page.get_by_label("Name").fill("Typed")
    page.mouse.click(4, 4)
    expect(page.get_by_label("Name")).to_have_value("Typed")


def test_an_answer_that_is_lost_makes_no_second_worker(console: Window, api: httpx.Client) -> None:
    page = console.page
    page.goto("/console/workers")

    def lose(route: Route) -> None:
        assert route.fetch().status == 201
        route.abort()

    page.route("**/v1/workers", lose, times=1)
    page.get_by_role("button", name="New worker").first.click()
    page.get_by_label("Name").fill("Only once")
    page.get_by_role("dialog").get_by_role("button", name="New worker").click()
    expect(page.get_by_role("dialog").get_by_role("alert")).to_be_visible()
    page.get_by_role("dialog").get_by_role("button", name="New worker").click()
    expect(page.get_by_role("img", name="QR code")).to_be_visible()
    assert [one["name"] for one in api.get("/v1/workers").json()["data"]].count("Only once") == 1
