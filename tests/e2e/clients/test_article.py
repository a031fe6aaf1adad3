"""The article's programs on the real stack: in Python, as its workers are, and in Node, with workers in Chromium."""

import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from queue import Empty
from typing import Any
from urllib.parse import urlencode

import pytest
from assay_sdk import WorkerClient

from tests.e2e.assay_up import RealStack
from tests.e2e.clients.menus import MENUS, menu
from tests.e2e.clients.page import Pages
from tests.sdk_typescript.installed import NEEDS_NPM, NPM, install

pytestmark = pytest.mark.slow

CHROMIUM = shutil.which(os.environ.get("CHROMIUM", "chromium"))
# Root, as containers have it, cannot use the sandbox; the rest keeps it from asking for things outside.
HEADLESS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
    "--disable-background-networking", "--disable-component-update",
)  # fmt: skip
PROGRAMS = Path(__file__).parent / "programs"
CAPTURE_SECONDS = 180


@pytest.fixture
def photos(pages: Pages, tmp_path: Path) -> Path:
    """The menus, also where pages find them."""
    folder = tmp_path / "photos"
    folder.mkdir()
    for name in MENUS:
        (folder / name).write_bytes(menu(name))
    pages.folders["photos"] = folder
    return folder


@contextmanager
def program(command: Sequence[str | Path], stack: RealStack, output_dir: Path) -> Iterator[tuple[str, list[Any]]]:
    """The id of the job that a client's program posts, and, when the block has ended, what else it prints."""
    arguments = [*map(str, command), stack.api_key, stack.url, str(output_dir)]
    found: list[Any] = []
    with subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield process.stdout.readline().strip(), found
            rest, _ = process.communicate(timeout=CAPTURE_SECONDS)
        finally:
            process.kill()
    assert process.returncode == 0
    found.extend(json.loads(line) for line in rest.splitlines())


def assert_delivered(output_dir: Path, found: Sequence[Any]) -> None:
    """Two menus with their words, as files that are what their lines say."""
    assert len(found) == len(MENUS)
    assert all(file["score"] >= 3 for file in found)
    words = " ".join(file["text"] for file in found)
    assert "Espresso" in words
    assert "Croissant" in words
    lines = [json.loads(line) for line in (output_dir / "annotations.jsonl").read_text().splitlines()]
    assert {line["id"] for line in lines} == {file["id"] for file in found}
    for line in lines:
        content = (output_dir / line["file_name"]).read_bytes()
        assert hashlib.sha256(content).hexdigest() == line["sha256"]
        assert line["annotations"]["models"]
    assert len(os.listdir(output_dir)) == len(lines) + 1


def test_in_python(stack: RealStack, photos: Path, tmp_path: Path) -> None:
    with (
        program([sys.executable, PROGRAMS / "article.py"], stack, tmp_path / "out") as (job_id, found),
        WorkerClient(token=stack.worker_token, base_url=stack.url) as worker,
    ):
        for name in MENUS:
            assert worker.capture(job_id, photos / name).status == "approved"
    assert_delivered(tmp_path / "out", found)


@pytest.mark.skipif(NPM is None, reason=NEEDS_NPM)
@pytest.mark.skipif(CHROMIUM is None, reason="apt-get install chromium, or its path in CHROMIUM")
def test_in_node_and_chromium(stack: RealStack, photos: Path, pages: Pages, tmp_path: Path) -> None:
    project = tmp_path / "project"
    install(project)
    shutil.copy(PROGRAMS / "article.mjs", project)
    pages.folders["sdk"] = project / "node_modules" / "@assay" / "sdk" / "dist" / "esm"
    with program(["node", project / "article.mjs"], stack, tmp_path / "out") as (job_id, found):
        captured = in_chromium(pages, stack, job_id, tmp_path / "profile")
        assert [(one["status"], one["filename"]) for one in captured] == [("approved", name) for name in MENUS]
    assert_delivered(tmp_path / "out", found)


def in_chromium(pages: Pages, stack: RealStack, job_id: str, profile: Path) -> Any:
    """What a worker's page tells of the photos that it sent."""
    assert CHROMIUM is not None
    asked = {"server": stack.url, "token": stack.worker_token, "job": job_id, "photo": list(MENUS)}
    url = f"{pages.origin}/programs/capture.html?{urlencode(asked, doseq=True)}"
    command = [CHROMIUM, *HEADLESS, "--remote-debugging-port=0", f"--user-data-dir={profile}", url]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as browser:
        try:
            return pages.findings.get(timeout=CAPTURE_SECONDS)
        except Empty:
            browser.terminate()
            raise AssertionError(f"the page told nothing; Chromium said:\n{browser.communicate()[1]}") from None
        finally:
            browser.terminate()
