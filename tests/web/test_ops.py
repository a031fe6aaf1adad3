"""An operator watches the installation, and changes how batches form."""

import re
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from api.web.bundle import DIST
from tests.api.scripted import picture
from tests.api.server import ENGINE_VARIABLE, RunningServer, running
from tests.web.browser import CHROMIUM, Window, chromium, sign_in, window

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="there is no chromium"),
    pytest.mark.skipif(not (DIST / "ops.html").exists(), reason="the pages are not built"),
]

SEEN_MS = 15_000


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    watched = {ENGINE_VARIABLE: "tests.api.ops.watched:WatchedEngine"}
    with running("sqlite", tmp_path_factory.mktemp("ops"), **watched) as started:
        yield started


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as started:
        yield started


@pytest.fixture(scope="module")
def client(server: RunningServer) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=server.url, headers=server.headers) as made:
        yield made


@pytest.fixture(scope="module")
def job(client: httpx.Client) -> dict[str, Any]:
    wanted = {"description": "Photos of menus", "content_type": "image", "quantity": 1000, "reward_per_file": 10}
    made: dict[str, Any] = client.post("/v1/jobs", json=wanted).raise_for_status().json()
    return made


def bring(client: httpx.Client, job: dict[str, Any], seeds: range) -> None:
    """Files of the organization's own, to be scored."""
    for seed in seeds:
        file = {"file": ("menu.png", picture(4, seed=seed), "image/png")}
        client.post(f"/v1/jobs/{job['id']}/submissions", files=file).raise_for_status()


def new_key(client: httpx.Client, *scopes: str) -> str:
    key: str = client.post("/v1/api_keys", json={"name": "Watcher", "scopes": scopes}).raise_for_status().json()["key"]
    return key


def card(page: Page, role: str) -> Any:
    return page.locator(f"article[data-role='{role}']")


def test_an_operator_watches(
    server: RunningServer, browser: Browser, client: httpx.Client, job: dict[str, Any]
) -> None:
    with window(browser, server.url) as opened:
        page = opened.page
        sign_in(opened, server.api_key, "/ops")
        expect(page.get_by_role("heading", name="Models")).to_be_visible()
        for part in ("Database", "Object store", "Engine"):
            expect(page.get_by_text(f"{part}: answers")).to_be_visible()
        bring(client, job, range(6))
        rate = page.locator("section[aria-labelledby='throughput'] dd")
        expect(rate).not_to_have_text("0.0", timeout=SEEN_MS)
        scoring = page.get_by_role("row").filter(has_text="Scoring")
        expect(scoring).to_contain_text(re.compile(r"\d\s(ms|s)"), timeout=SEEN_MS)
        expect(card(page, "text")).to_contain_text("ab" * 6)
        expect(card(page, "text")).to_contain_text("2 replicas")
        expect(page.get_by_role("img", name=re.compile("Text: items a batch"))).to_be_visible()
        opened.screenshot("ops-desktop-light", full_page=True)
        assert opened.serious_findings() == []
        page.emulate_media(color_scheme="dark")
        opened.screenshot("ops-desktop-dark", full_page=True)
        assert opened.serious_findings() == []
        opened.expect_no_faults()


def test_a_changed_batch_is_seen_in_what_the_model_does(
    server: RunningServer, browser: Browser, client: httpx.Client, job: dict[str, Any]
) -> None:
    with window(browser, server.url) as opened:
        page = opened.page
        sign_in(opened, server.api_key, "/ops")
        text = card(page, "text")
        expect(text.locator("[data-batch]")).to_contain_text("1 item,")
        bring(client, job, range(100, 103))
        chart = text.get_by_role("img")
        expect(chart).to_have_accessible_name(re.compile(r"1\.0$"), timeout=SEEN_MS)
        page.get_by_role("button", name="Change batches of Text").click()
        dialog = page.get_by_role("dialog")
        dialog.get_by_label("Most items").fill("99")
        dialog.get_by_role("button", name="Use from now on").click()
        expect(dialog.get_by_role("alert")).to_contain_text("above max_ongoing_requests = 32")
        opened.screenshot("ops-batch-dialog-desktop-light")
        assert opened.serious_findings() == []
        dialog.get_by_label("Most items").fill("8")
        dialog.get_by_label("Longest wait, in milliseconds").fill("0,5")
        dialog.get_by_role("button", name="Use from now on").click()
        expect(dialog.get_by_label("Longest wait, in milliseconds")).to_have_attribute("aria-invalid", "true")
        assert model(client, "text")["batch"]["max_items"] == 1
        dialog.get_by_label("Longest wait, in milliseconds").fill("50")
        dialog.get_by_role("button", name="Use from now on").click()
        expect(dialog).to_be_hidden()
        expect(text.locator("[data-batch]")).to_contain_text("8 items")
        expect(text.locator("[data-batch]")).to_contain_text("after 50 ms")
        bring(client, job, range(200, 206))
        expect(chart).to_have_accessible_name(re.compile(r"(7\.\d|8\.0)$"), timeout=SEEN_MS)
        opened.screenshot("ops-changed-desktop-light", full_page=True)
        opened.expect_no_faults()
    assert model(client, "text")["batch"]["wait_seconds"] == 0.05


def model(client: httpx.Client, role: str) -> dict[str, Any]:
    models: list[dict[str, Any]] = client.get("/v1/ops/overview").json()["models"]
    return next(one for one in models if one["role"] == role)


def test_who_may_only_look_has_no_button(server: RunningServer, browser: Browser, client: httpx.Client) -> None:
    with window(browser, server.url, phone=True, dark=True) as opened:
        sign_in(opened, new_key(client, "ops:read"), "/ops")
        expect(opened.page.get_by_role("heading", name="Models")).to_be_visible()
        expect(opened.page.get_by_role("button", name=re.compile("Change batches"))).to_have_count(0)
        opened.page.wait_for_timeout(2500)
        opened.screenshot("ops-phone-dark", full_page=True)
        assert opened.serious_findings() == []
        opened.expect_no_faults()


def test_who_may_not_look_is_told_why(server: RunningServer, browser: Browser, client: httpx.Client) -> None:
    with window(browser, server.url, phone=True) as opened:
        sign_in(opened, new_key(client, "jobs:read"), "/ops")
        expect(opened.page.get_by_role("heading", name="This key may not see the installation")).to_be_visible()
        expect(opened.page.get_by_text("ops:read")).to_be_visible()
        expect(opened.page.get_by_text("“Watcher”")).to_be_visible()
        opened.screenshot("ops-refused-phone-light")
        assert opened.serious_findings() == []
        opened.page.get_by_role("button", name="Sign in with another key").click()
        expect(opened.page.get_by_label("API key")).to_be_visible()


def test_nothing_is_asked_while_nobody_looks(server: RunningServer, browser: Browser) -> None:
    with window(browser, server.url) as opened:
        page = opened.page
        sign_in(opened, server.api_key, "/ops")
        expect(page.get_by_role("heading", name="Models")).to_be_visible()
        asked = _count_requests(opened)
        page.wait_for_timeout(4500)
        assert 1 <= len(asked) <= 3
        _hide(page, True)
        page.wait_for_timeout(300)
        asked.clear()
        page.wait_for_timeout(4500)
        assert asked == []
        _hide(page, False)
        expect(page.get_by_text("Live", exact=True)).to_be_visible()
        page.wait_for_timeout(1000)
        assert len(asked) >= 1, "it looks at once when somebody is back"


def test_a_server_that_is_away_is_said_so(server: RunningServer, browser: Browser) -> None:
    with window(browser, server.url) as opened:
        sign_in(opened, server.api_key, "/ops")
        expect(opened.page.get_by_role("heading", name="Models")).to_be_visible()
        expect(opened.page.get_by_text("Database: ")).to_have_count(1)
        opened.page.context.set_offline(True)
        expect(opened.page.get_by_text("No answer")).to_be_visible(timeout=SEEN_MS)
        expect(opened.page.get_by_text("Database: "), "nothing says that all is well").to_have_count(0)
        expect(opened.page.get_by_role("alert")).to_contain_text("reach")
        expect(opened.page.get_by_text("What is below was so at")).to_be_visible()
        expect(opened.page.get_by_role("heading", name="Models")).to_be_visible()
        opened.page.context.set_offline(False)
        expect(opened.page.get_by_text("Live", exact=True)).to_be_visible(timeout=SEEN_MS)


def _count_requests(opened: Window) -> list[str]:
    asked: list[str] = []
    opened.page.on("request", lambda request: "/v1/ops/" in request.url and asked.append(request.url))
    return asked


def _hide(page: Page, is_hidden: bool) -> None:
    """As the browser tells a page that its tab is in the background."""
    page.evaluate(
        """(isHidden) => {
          Object.defineProperty(document, "hidden", { configurable: true, get: () => isHidden });
          document.dispatchEvent(new Event("visibilitychange"));
        }""",
        is_hidden,
    )
