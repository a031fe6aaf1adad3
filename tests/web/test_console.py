"""A client at the console, in a real browser: posts, tries, looks, decides, searches, exports."""

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from api.web.bundle import DIST
from tests.api.scripted import picture
from tests.api.server import RunningServer, running
from tests.web.browser import CHROMIUM, Window, chromium, sign_in, until, window
from tests.web.world import HOSTILE, World, films, pictures, recordings

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="there is no chromium"),
    pytest.mark.skipif(not (DIST / "console.html").exists(), reason="the pages are not built"),
]

FILES = 10_000
FIRST_PAINT_MS = 1500
FIRST_PAINT = "performance.getEntriesByName('first-contentful-paint')[0]?.startTime"
MEGABIT = 1e6 / 8
FAST_3G = {"offline": False, "latency": 150, "downloadThroughput": 1.6 * MEGABIT, "uploadThroughput": 0.75 * MEGABIT}
"""As Lighthouse throttles: 1.6 Mbit/s and 150 ms to and fro."""
MAX_TILES = 120
MAX_HEAP_BYTES = 60e6


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    folder = tmp_path_factory.mktemp("console")
    with running("sqlite", folder / "state", ASSAY_DATA_DIR=str(folder / "data")) as started:
        yield started


@pytest.fixture(scope="module")
def api(server: RunningServer) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=server.url, headers=server.headers) as client:
        yield client


@pytest.fixture(scope="module")
def jobs(server: RunningServer) -> dict[str, str]:
    """A job of each kind of file."""
    world = World(server)
    return {
        "image": world.job(pictures(), title="Coffee shop menus", description="Photos of coffee shop menus"),
        "audio": world.job(recordings(), title="Read aloud", content_type="audio", file_formats=["wav"]),
        "video": world.job(films(), title="Short clips", content_type="video", file_formats=["mp4"], quantity=5),
        "hostile": world.job([], title=HOSTILE[:100], description=HOSTILE, quantity=5),
    }


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as started:
        yield started


@pytest.fixture
def console(browser: Browser, server: RunningServer) -> Iterator[Window]:
    """Somebody who is signed in. Whatever a test does, nothing may go wrong in the page."""
    with window(browser, server.url) as opened:
        sign_in(opened, server.api_key)
        yield opened
        opened.expect_no_faults()


def _sign_in_anew(opened: Window, api_key: str) -> None:
    opened.page.goto("/console")
    opened.page.get_by_role("button", name="Sign out").click()
    sign_in(opened, api_key)


def _create_worker(page: Page, name: str) -> None:
    page.get_by_role("button", name="New worker").click()
    page.get_by_label("Name").fill(name)
    page.get_by_role("dialog").get_by_role("button", name="New worker").click()


def _drag(page: Page, start: Locator, *, to: tuple[int, int]) -> None:
    start.hover()
    page.mouse.down()
    page.mouse.move(*to)
    page.mouse.up()


def newest(api: httpx.Client, job_id: str, **query: str) -> str:
    """Id of a submission."""
    answer = api.get(f"/v1/jobs/{job_id}/submissions", params={"limit": 1, **query})
    return str(answer.json()["data"][0]["id"])


def test_a_wrong_key_is_told_and_the_right_one_is_kept_nowhere(browser: Browser, server: RunningServer) -> None:
    with window(browser, server.url) as opened:
        page = opened.page
        page.goto("/")
        page.get_by_label("API key").fill("fh_live_wrong")
        page.get_by_role("button", name="Sign in").click()
        expect(page.get_by_role("alert")).to_contain_text("unknown, expired or revoked")
        expect(page.get_by_role("alert")).to_contain_text("req_")
        sign_in(opened, server.api_key)
        kept = page.evaluate("JSON.stringify([localStorage, sessionStorage, document.cookie, document.body.innerHTML])")
        assert server.api_key not in kept
        assert "assay_client" not in kept
        page.reload()
        page.get_by_role("button", name="Sign out").click()
        expect(page.get_by_label("API key")).to_be_visible()
        opened.expect_no_faults()


def test_a_revoked_key_signs_its_browsers_out(browser: Browser, server: RunningServer, api: httpx.Client) -> None:
    made = api.post("/v1/api_keys", json={"name": "Short-lived"}).json()
    with window(browser, server.url) as opened:
        sign_in(opened, made["key"])
        api.post(f"/v1/api_keys/{made['id']}/revoke")
        opened.page.get_by_role("link", name="Workers").click()
        expect(opened.page.get_by_label("API key")).to_be_visible()


def test_a_tab_goes_on_when_another_has_signed_in_anew(
    browser: Browser, server: RunningServer, api: httpx.Client
) -> None:
    """With the same key it does what was asked; with another it shows whose the session is now, and does nothing."""
    other = api.post("/v1/api_keys", json={"name": "Of a colleague"}).json()
    with window(browser, server.url) as opened:
        page, beside = opened.page, Window(opened.page.context.new_page())
        sign_in(opened, server.api_key, "/console/workers")
        _sign_in_anew(beside, server.api_key)
        _create_worker(page, "Grace")
        expect(page.get_by_role("img", name="QR code")).to_be_visible()
        page.keyboard.press("Escape")
        _sign_in_anew(beside, other["key"])
        _create_worker(page, "Heddy")
        expect(page.locator(".who")).to_have_attribute("title", re.compile("Of a colleague"))
        expect(page.get_by_role("dialog")).to_have_count(0)
        opened.expect_no_faults()
    assert "Heddy" not in [one["name"] for one in api.get("/v1/workers", params={"limit": 2}).json()["data"]]


def test_a_job_is_tried_and_posted(console: Window, api: httpx.Client, tmp_path: Path) -> None:
    page = console.page
    page.get_by_role("link", name="New job").first.click()
    page.get_by_label("Description").fill("Photos of street signs in the rain")
    page.get_by_label("Files to approve").fill("20")
    page.get_by_label("Reward per file").fill("30")
    expect(page.locator(".cost-total")).to_have_text("$6.00")
    for stars, verdict in ((5, "would be approved"), (1, "would not be approved")):
        path = tmp_path / f"{stars}.png"
        path.write_bytes(picture(stars, seed=stars))
        page.locator(".try-it input[type=file]").set_input_files(path)
        expect(page.locator(".try-it")).to_contain_text(verdict)
        page.get_by_role("button", name="Another file").click()
    page.get_by_label("Reward per file").fill("5")
    page.get_by_role("button", name="Post the job").click()
    expect(page.get_by_label("Reward per file")).to_have_attribute("aria-invalid", "true")
    page.get_by_label("Reward per file").fill("30")
    page.get_by_role("button", name="Post the job").click()
    expect(page.get_by_role("heading", name="Photos of street signs in the rain")).to_be_visible()
    posted = api.get("/v1/jobs", params={"limit": 1}).json()["data"][0]
    assert (posted["quantity"], posted["held_credits"]) == (20, 600)
    page.get_by_role("button", name="Cancel job").click()
    page.get_by_role("button", name="Cancel the job").click()
    expect(page.get_by_text("Cancelled").first).to_be_visible()
    assert api.get(f"/v1/jobs/{posted['id']}").json()["held_credits"] == 0


def test_what_most_jobs_leave_as_it_is_can_be_asked_for(console: Window, api: httpx.Client) -> None:
    """A fault in the closed section opens it, and the keyboard is where the fault is."""
    page = console.page
    page.goto("/console/jobs/new")
    page.get_by_label("Description").fill("Photos of street signs by night")
    advanced = page.locator("summary", has_text="Advanced")
    advanced.press("Enter")
    page.get_by_label("Criteria").fill("The name can be read")
    page.get_by_label("Files from one worker").select_option("3")
    page.get_by_label("Most workers").fill("7")
    page.get_by_label("Latitude").fill("48.2")
    page.get_by_label("Longitude").fill("-16.4")
    page.get_by_label("Your own notes").fill("campaign = autumn\nbatch = 2")
    advanced.press("Enter")
    expect(page.get_by_label("Criteria")).to_be_hidden()
    page.get_by_role("button", name="Post the job").click()
    radius = page.get_by_label("Radius")
    expect(radius).to_be_focused()
    expect(radius).to_have_attribute("aria-invalid", "true")
    console.screenshot("create-refused-desktop-light", full_page=True)
    assert console.serious_findings() == []
    radius.fill("5")
    expect(page.locator(".cost-total")).to_have_text("$12.50")
    page.get_by_role("button", name="Post the job").click()
    for shown in ("48.2, -16.4, within 5 km", "campaign = autumn", "3 files from one worker", "The name can be read"):
        expect(page.get_by_text(shown)).to_be_visible()
    posted = api.get(f"/v1/jobs/{page.url.rsplit('/', 1)[1]}").json()
    assert posted["location"] == {"lat": 48.2, "lng": -16.4, "radius_km": 5}
    assert (posted["files_per_submission"], posted["max_workers"], posted["held_credits"]) == (3, 7, 1250)
    assert posted["metadata"] == {"campaign": "autumn", "batch": "2"}


def test_a_picture_has_its_boxes_and_its_reasons(console: Window, api: httpx.Client, jobs: dict[str, str]) -> None:
    page = console.page
    page.goto(f"/console/jobs/{jobs['image']}?status=rejected")
    page.locator(".gallery a").first.click()
    expect(page.locator(".box-object rect")).to_have_count(2)
    expect(page.locator(".box-word rect")).to_have_count(2)
    page.get_by_label("Text (2)").uncheck()
    expect(page.locator(".box-word rect")).to_have_count(0)
    expect(page.locator(".deductions")).to_contain_text("The picture is blurred.")
    page.get_by_text("Evidence", exact=True).click()
    expect(page.get_by_role("region", name="Models that looked at it")).to_contain_text("efficientnet-lite2")
    first = page.url
    page.keyboard.press("j")
    expect(page).not_to_have_url(first)
    page.keyboard.press("k")
    expect(page).to_have_url(first)
    assert until(page, "document.querySelector('.picture img')?.naturalWidth") == 800


def test_an_attempt_that_waits_shows_nothing_of_the_one_before(
    console: Window, api: httpx.Client, server: RunningServer
) -> None:
    page = console.page
    scored = next(one for one in pictures() if one.annotations)
    job_id = World(server).job([replace(scored, status="pending_score")], title="Tried again")
    page.goto(f"/console/files/{newest(api, job_id)}")
    until(page, "document.querySelector('.picture img')?.naturalWidth > 0")
    expect(page.get_by_text("Not scored yet.")).to_be_visible()
    expect(page.locator(".box")).to_have_count(0)


def test_a_click_on_a_word_goes_to_where_it_is_said(console: Window, api: httpx.Client, jobs: dict[str, str]) -> None:
    page = console.page
    page.goto(f"/console/files/{newest(api, jobs['audio'], status='approved')}")
    page.get_by_role("button", name="been, at 0:03").click()
    until(page, "document.querySelector('audio').currentTime >= 3")
    expect(page.locator(".word-lit")).to_have_text("been")
    slider = page.get_by_role("slider")
    slider.press("ArrowRight")
    expect(slider).to_have_attribute("aria-valuenow", "8")


def test_a_video_has_scenes_and_keyframes(console: Window, api: httpx.Client, jobs: dict[str, str]) -> None:
    page = console.page
    page.goto(f"/console/files/{newest(api, jobs['video'], status='approved')}")
    expect(page.locator(".keyframe img")).to_have_count(6)
    until(page, "[...document.querySelectorAll('.keyframe img')].every(one => one.naturalWidth > 0)")
    until(page, "document.querySelector('video').readyState >= 1")
    page.locator(".scene").nth(2).click()
    until(page, "document.querySelector('video').currentTime == 4")


def test_markup_is_text_wherever_it_comes_from(console: Window, api: httpx.Client, jobs: dict[str, str]) -> None:
    page = console.page
    worker = api.post("/v1/workers", json={"name": HOSTILE}).json()
    api.post(f"/v1/workers/{worker['id']}/ban", json={"reason": HOSTILE})
    api.post("/v1/webhook_endpoints", json={"url": "http://127.0.0.1:9/", "description": HOSTILE})
    api.post("/v1/api_keys", json={"name": HOSTILE[:100]})
    of_all = [newest(api, jobs[kind], status="approved") for kind in ("image", "audio", "video")]
    waiting = newest(api, jobs["image"], status="needs_review")
    paths = [
        "/console", f"/console/jobs/{jobs['hostile']}", "/console/review", f"/console/files/{waiting}",
        *(f"/console/files/{one}" for one in of_all), "/console/workers", "/console/account/keys",
        "/console/account/webhooks",
    ]  # fmt: skip
    for path in paths:
        page.goto(path)
        expect(page.get_by_text("<img src=x", exact=False).first).to_be_visible()
        assert page.evaluate("document.querySelectorAll('img[src=x], main script').length") == 0, path
        assert page.title() != "owned", path


def test_a_person_decides_what_the_engine_could_not(console: Window, api: httpx.Client, jobs: dict[str, str]) -> None:
    page = console.page
    waiting = newest(api, jobs["image"], status="needs_review")
    page.get_by_role("link", name="Review").click()
    page.get_by_role("link", name="Look at it").first.click()
    expect(page).to_have_url(re.compile(waiting))
    expect(page.get_by_text("The engine could not score the file", exact=False)).to_be_visible()
    until(page, "document.querySelector('.picture img')?.naturalWidth > 0")
    page.keyboard.press("a")
    page.get_by_label("Stars you would give").select_option("4")
    page.get_by_label("Note").fill("Readable enough")
    page.get_by_role("dialog").get_by_role("button", name="Approve").click()
    expect(page.get_by_text("A person has decided on this file.")).to_be_visible()
    found = api.get(f"/v1/submissions/{waiting}").json()
    assert (found["status"], found["score"]) == ("approved", 4)


def test_search_and_export(console: Window, api: httpx.Client, server: RunningServer, tmp_path: Path) -> None:
    """Over a job that came in by the API, whose files have embeddings."""
    body = {"description": "Photos of menus for search", "content_type": "image", "quantity": 2, "reward_per_file": 10}
    job = api.post("/v1/jobs", json=body).json()
    for seed in (71, 72):
        file = {"file": (f"{seed}.png", picture(5, seed=seed), "image/png")}
        api.post(f"/v1/jobs/{job['id']}/submissions", files=file).raise_for_status()
    page = console.page
    page.goto(f"/console/jobs/{job['id']}")
    expect(page.get_by_text("Completed").first).to_be_visible(timeout=15_000)
    page.get_by_role("link", name="Search in this job").click()
    page.get_by_label("What are you looking for?").fill("menu")
    page.get_by_role("button", name="Search").click()
    expect(page.locator(".results li")).to_have_count(2)
    page.goto(f"/console/jobs/{job['id']}")
    page.get_by_role("button", name="Export").click()
    with page.expect_download(timeout=15_000) as download:
        page.get_by_role("link", name="Download").click()
    target = tmp_path / "export.zip"
    download.value.save_as(target)
    assert target.read_bytes()[:2] == b"PK"
    assert job["id"] in download.value.suggested_filename


def test_account_and_workers(console: Window, api: httpx.Client) -> None:
    page = console.page
    page.goto("/console/account/credits")
    before = api.get("/v1/billing/credits").json()["available_credits"]
    page.get_by_role("button", name="Buy credits").click()
    page.get_by_label("Credits", exact=True).fill("2500")
    page.get_by_role("button", name="Buy", exact=True).click()
    expect(page.get_by_text("2,500 credits added.")).to_be_visible()
    assert api.get("/v1/billing/credits").json()["available_credits"] == before + 2500

    page.get_by_role("link", name="API keys").click()
    page.get_by_role("button", name="New key").click()
    page.get_by_label("Name").fill("Nightly import")
    page.get_by_role("button", name="Make the key").click()
    secret = page.locator(".secret code").inner_text()
    assert httpx.get(f"{api.base_url}/v1/jobs", headers={"Authorization": f"Bearer {secret}"}).status_code == 200
    page.get_by_role("dialog").get_by_role("button", name="Close").last.click()
    row = page.get_by_role("row", name="Nightly import")
    row.get_by_role("button", name="Revoke").click()
    page.get_by_role("dialog").get_by_role("button", name="Revoke").click()
    expect(row.get_by_text("Revoked")).to_be_visible()

    page.get_by_role("link", name="Webhooks").click()
    page.get_by_role("button", name="New endpoint").click()
    page.get_by_label("Address").fill("http://127.0.0.1:9/console")
    page.get_by_role("button", name="Add", exact=True).click()
    expect(page.locator(".secret code")).to_contain_text("whsec_")
    page.get_by_role("dialog").get_by_role("button", name="Close").last.click()
    row = page.get_by_role("row", name="127.0.0.1:9/console")
    row.get_by_role("button", name="Disable").click()
    expect(row.get_by_text("Disabled", exact=True)).to_be_visible()

    page.get_by_role("link", name="Workers").click()
    page.get_by_role("button", name="New worker").click()
    page.get_by_label("Name").fill("Grace")
    page.get_by_role("dialog").get_by_role("button", name="New worker").click()
    expect(page.get_by_role("img", name="QR code")).to_be_visible()
    expect(page.get_by_role("dialog")).to_contain_text("/capture")
    until(page, "document.querySelector('.qr').naturalWidth > 0")


def test_a_dialog_stays_open_when_it_should(console: Window) -> None:
    page = console.page
    dialog = page.get_by_role("dialog")
    page.goto("/console/account/keys")
    page.get_by_role("button", name="New key").click()
    page.mouse.click(4, 4)
    expect(dialog, "a click beside it closes it").to_have_count(0)

    page.get_by_role("button", name="New key").click()
    page.get_by_label("Name").fill("Selected by mouse")
    _drag(page, page.get_by_label("Name"), to=(4, 4))
    expect(dialog, "a selection that ends beside it does not").to_have_count(1)

    page.get_by_role("button", name="Make the key").click()
    expect(page.locator(".secret code")).to_be_visible()
    page.mouse.click(4, 4)
    expect(page.locator(".secret code"), "it is shown once").to_be_visible()

    page.evaluate("Object.defineProperty(Navigator.prototype, 'clipboard', { get: () => undefined })")
    page.get_by_role("button", name="Copy").click()
    expect(dialog).to_contain_text("Select the text and copy it")
    assert console.serious_findings() == []


def test_two_filters_together_show_all_files(console: Window, server: RunningServer) -> None:
    """How many there are is not known, and they are more than a page."""
    page = console.page
    page.goto(f"/console/jobs/{World(server).many(picture(5, seed=9), 750)}?status=approved&score=4")
    page.locator(".gallery a").first.wait_for()
    last = page.locator("[aria-posinset='250'] a")
    until(page, "scrollTo(0, document.documentElement.scrollHeight), document.querySelector(`[aria-posinset='250'] a`)")
    expect(last).to_be_visible()
    expect(page.locator("[aria-posinset='251']")).to_have_count(0)


def test_ten_thousand_files_scroll_with_bounded_memory(console: Window, server: RunningServer) -> None:
    """And with bounded work: what a scrolled row makes and asks for does not depend on how busy the machine is."""
    page = console.page
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(f"/console/jobs/{World(server).many(picture(5, seed=9), FILES)}")
    page.locator(".gallery a").first.wait_for()
    most, heap = 0, 0.0
    measure = "[document.querySelectorAll('.gallery > li').length, performance.memory.usedJSHeapSize]"
    for share in (0.1, 0.3, 0.5, 0.8, 1.0):
        page.evaluate("share => scrollTo(0, document.documentElement.scrollHeight * share)", share)
        until(page, "document.querySelectorAll('.gallery a img').length > 0")
        tiles, used = page.evaluate(measure)
        most, heap = max(most, tiles), max(heap, used)
    assert most <= MAX_TILES
    assert heap <= MAX_HEAP_BYTES, f"{heap / 1e6:.0f} MB of objects"
    page.evaluate("document.querySelector('.gallery').scrollIntoView({block: 'end'})")
    expect(page.locator(f"[aria-posinset='{FILES}'] a")).to_be_visible(timeout=20_000)
    print(f"gallery of {FILES}: {most} tiles, {heap / 1e6:.1f} MB of objects")

    page.evaluate("scrollBy(0, -20000)")
    until(page, "document.querySelectorAll('.gallery a img').length > 0")
    page.evaluate(_WATCH)
    for pace, pixels in (("slow", -10), ("wheel", -60), ("fling", -600)):
        page.wait_for_timeout(300)  # the pictures of the pace before
        asked.clear()
        scrolled = page.evaluate(_SCROLL, pixels)
        columns, tiles, rows = scrolled["columns"], scrolled["tiles"], scrolled["rows"]
        pictures = sum("thumbnail" in url for url in asked)
        print(f"{pace}: {scrolled} and {pictures} pictures asked for")
        assert tiles <= columns * (rows + 1), "a row is made once, when it comes near"
        assert scrolled["still"] == 0, "a frame in which no row comes or goes changes nothing"
        assert pictures <= (0 if pace == "fling" else tiles + MAX_TILES)
    until(page, "document.querySelectorAll('.gallery a img').length > 0")


_WATCH = """() => {
  const gallery = document.querySelector('.gallery')
  window.made = { tiles: 0, moves: 0, attributes: 0 }
  new MutationObserver(changes => {
    for (const { target, type, addedNodes } of changes) {
      if (target === gallery) window.made.tiles += addedNodes.length
      if (target === gallery) window.made.moves += 1
      if (type === 'attributes') window.made.attributes += 1
    }
  }).observe(gallery, { childList: true, subtree: true, attributes: true })
}"""
_SCROLL = """async pixels => {
  const [first, ...others] = document.querySelectorAll('.gallery > li')
  const topOf = tile => new DOMMatrix(tile.style.transform).f
  const columns = 1 + others.filter(tile => topOf(tile) === topOf(first)).length
  const rowPixels = topOf(others[columns - 1]) - topOf(first)
  Object.assign(window.made, { tiles: 0, moves: 0, attributes: 0 })
  const took = []
  let before = performance.now(), still = 0
  for (let frame = 0; frame < 40; frame++) {
    const { moves, attributes } = window.made
    scrollBy(0, pixels)
    await new Promise(requestAnimationFrame)
    await new Promise(requestAnimationFrame)
    if (window.made.moves === moves) still += window.made.attributes - attributes
    took.push(performance.now() - before)
    before = performance.now()
  }
  return { columns, rows: Math.ceil(40 * Math.abs(pixels) / rowPixels), tiles: window.made.tiles, still,
    median_ms: Math.round(took.sort((a, b) => a - b)[20] / 2) }
}"""
"""Goes on by so many pixels every second frame: the first asks for the rows, the second has them."""


def test_the_gallery_goes_by_keys(console: Window, jobs: dict[str, str]) -> None:
    page = console.page
    page.goto(f"/console/jobs/{jobs['image']}")
    page.locator(".gallery a").first.focus()
    for key in ("ArrowRight", "ArrowDown", "End"):
        page.keyboard.press(key)
        page.wait_for_timeout(100)
    expect(page.locator("[data-index='25']")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("/console/files/sub_"))


@pytest.mark.alone
def test_the_first_paint_is_quick_on_a_slow_line(browser: Browser, server: RunningServer) -> None:
    """The best of three is of the page alone."""
    painted_ms = []
    for _ in range(3):
        with window(browser, server.url, phone=True) as opened:
            devtools = opened.page.context.new_cdp_session(opened.page)
            devtools.send("Network.enable")
            devtools.send("Network.emulateNetworkConditions", FAST_3G)
            opened.page.goto("/console")
            painted_ms.append(until(opened.page, FIRST_PAINT))
    print(f"first contentful paint on 1.6 Mbit/s and 150 ms: {painted_ms}")
    assert min(painted_ms) < FIRST_PAINT_MS


@pytest.mark.parametrize("device", ["desktop", "phone"])
def test_every_page_is_accessible_and_fits(
    browser: Browser, server: RunningServer, api: httpx.Client, jobs: dict[str, str], device: str
) -> None:
    """In both colour schemes, between which a page that is open changes by its style sheet alone."""
    with window(browser, server.url, phone=device == "phone") as opened:
        opened.page.goto("/console")
        opened.page.get_by_label("API key").wait_for()
        findings = _examined(opened, "sign-in", device)
        sign_in(opened, server.api_key)
        for name, path in _pages(api, jobs).items():
            opened.page.goto(path)
            opened.page.wait_for_load_state("networkidle")
            findings |= _examined(opened, name, device)
        opened.expect_no_faults()
    assert {name: found for name, found in findings.items() if found} == {}


def _pages(api: httpx.Client, jobs: dict[str, str]) -> dict[str, str]:
    files = {kind: newest(api, jobs[kind], status="approved") for kind in ("image", "audio", "video")}
    return {
        "jobs": "/console",
        "create": "/console/jobs/new",
        "job": f"/console/jobs/{jobs['image']}",
        **{f"file-{kind}": f"/console/files/{found}" for kind, found in files.items()},
        "review": "/console/review",
        "search": "/console/search?q=menu",
        "workers": "/console/workers",
        "credits": "/console/account/credits",
        "keys": "/console/account/keys",
        "webhooks": "/console/account/webhooks",
    }


def _examined(opened: Window, name: str, device: str) -> dict[str, list[str]]:
    """What is wrong with the page, with all that can be opened, by its colour scheme."""
    opened.page.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true })")
    found = {}
    for scheme in ("dark", "light"):
        opened.page.emulate_media(color_scheme=scheme)
        opened.screenshot(f"{name}-{device}-{scheme}", full_page=True)
        found[f"{name}, {scheme}"] = opened.serious_findings(colours_only=scheme == "dark")
    return found | {f"{name}, width": _too_wide(opened.page)}


def _too_wide(page: Page) -> list[str]:
    over = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    return [f"{over} pixels too wide"] if over > 0 else []
