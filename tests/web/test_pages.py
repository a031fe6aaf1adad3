"""The pages' files: what a browser is told about them, and what it may do with them."""

import re
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from api.app import create_app
from api.services import Services
from api.web import bundle, routes
from api.web.policy import content_policy
from configs.settings import load_settings
from tests.api.conftest import BASE_URL

pytestmark = pytest.mark.anyio
PAGES = ("console", "capture", "ops")


@pytest.fixture
def built(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A build of our own, so that these tests need no Node."""
    dist = tmp_path / "dist"
    (dist / "assets").mkdir(parents=True)
    (dist / "capture").mkdir()
    for page in PAGES:
        (dist / f"{page}.html").write_text(f'<!doctype html><script type="module" src="/assets/{page}-1a.js"></script>')
    script = b"console.log(1);" * 100
    (dist / "assets" / "console-1a.js").write_bytes(script)
    (dist / "assets" / "console-1a.js.br").write_bytes(b"brotli")
    (dist / "assets" / "console-1a.js.gz").write_bytes(b"gzip")
    (dist / "capture" / "sw.js").write_text("self")
    (dist / "icon.svg").write_text("<svg/>")
    (dist / ".stamp").write_text("0")
    monkeypatch.setattr(routes, "load_bundle", lambda: bundle.load_bundle(dist))
    return dist


@pytest.fixture
async def pages(built: Path, services: Services) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(create_app(services))
    async with httpx.AsyncClient(transport=transport, base_url=BASE_URL) as client:
        yield client


@pytest.mark.parametrize("page", PAGES)
async def test_a_page_may_run_its_own_scripts_and_nothing_else(pages, page):
    for path in (f"/{page}", f"/{page}/jobs/job_1"):
        answer = await pages.get(path)
        assert answer.status_code == 200
        assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
        policy = answer.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "script-src 'self';" in policy
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        assert answer.headers["Cache-Control"] == "no-cache"
        sensors = answer.headers["Permissions-Policy"]
        assert ("camera=(self)" in sensors) == (page == "capture")


async def test_a_policy_names_the_store_as_browsers_reach_it():
    local = load_settings("embedded", api__public_url="https://assay.example.com/")
    assert "connect-src 'self' https://assay.example.com;" in content_policy(local)
    s3 = {"store__backend": "s3", "store__bucket": "menus", "store__endpoint_url": "http://10.0.0.5:9000"}
    assert "media-src 'self' blob: http://10.0.0.5:9000;" in content_policy(load_settings("embedded", **s3))
    public = load_settings("embedded", **s3, store__public_endpoint_url="https://files.example.com")
    assert "img-src 'self' blob: data: https://files.example.com;" in content_policy(public)
    by_host = load_settings("embedded", **s3, store__path_style=False)
    assert "http://menus.10.0.0.5:9000" in content_policy(by_host)
    amazon = load_settings("embedded", store__backend="s3", store__bucket="menus", store__region="eu-west-1")
    assert "https://s3.eu-west-1.amazonaws.com" in content_policy(amazon)


async def test_assets_are_kept_for_good_and_sent_compressed(pages, built):
    answer = await pages.get("/assets/console-1a.js", headers={"Accept-Encoding": "gzip, br"})
    assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert answer.headers["Content-Encoding"] == "br"
    assert answer.headers["Vary"] == "Accept-Encoding"
    assert answer.headers["Content-Type"].startswith("text/javascript")
    assert answer.content == b"brotli"
    script = (built / "assets" / "console-1a.js").read_bytes()
    for accepted in ("identity", "br;q=0"):
        plain = await pages.get("/assets/console-1a.js", headers={"Accept-Encoding": accepted})
        assert "Content-Encoding" not in plain.headers
        assert plain.content == script


async def test_a_page_that_has_not_changed_is_not_sent_again(pages):
    first = await pages.get("/console")
    again = await pages.get("/console", headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["Content-Security-Policy"] == first.headers["Content-Security-Policy"]


@pytest.mark.parametrize(
    "path", ["/assets/none.js", "/assets/../console.html", "/assets/%2e%2e/%2e%2e/routes.py", "/.stamp"]
)
async def test_nothing_but_the_build_is_served(pages, path):
    assert (await pages.get(path)).status_code == 404


async def test_files_of_a_page_stand_below_it(pages):
    answer = await pages.get("/capture/sw.js")
    assert answer.text == "self"
    assert answer.headers["Service-Worker-Allowed"] == "/capture", "the page itself is above its files"
    assert answer.headers["Cache-Control"] == "no-cache"


async def test_the_root_leads_to_the_console(pages):
    answer = await pages.get("/")
    assert (answer.status_code, answer.headers["Location"]) == (307, "/console")


async def test_it_is_said_when_the_pages_are_not_built(services, tmp_path, monkeypatch):
    monkeypatch.setattr(routes, "load_bundle", lambda: bundle.load_bundle(tmp_path / "none"))
    transport = httpx.ASGITransport(create_app(services))
    async with httpx.AsyncClient(transport=transport, base_url=BASE_URL) as client:
        answer = await client.get("/console")
    assert answer.status_code == 503
    assert "./scripts/setup" in answer.text


@pytest.mark.skipif(not (bundle.DIST / "console.html").exists(), reason="the pages are not built")
@pytest.mark.parametrize("page", PAGES)
async def test_the_real_pages_have_nothing_inline_and_nothing_from_elsewhere(page):
    html = (bundle.DIST / f"{page}.html").read_text()
    assert not re.search(r"<script(?![^>]*\ssrc=)", html)
    assert not re.search(r"<style|\sstyle=|\son\w+=", html)
    assert all(url.startswith("/") for url in re.findall(r'(?:src|href)="([^"]+)"', html))
