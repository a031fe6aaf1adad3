"""`assay weights fetch` against a mirror on this machine that speaks the hub's protocol."""

import hashlib
import os
import subprocess
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest
import yaml

CONTENT = b"a small network"
DIGEST = hashlib.sha256(CONTENT).hexdigest()
COMMIT = "0123456789abcdef0123456789abcdef01234567"


class Mirror(BaseHTTPRequestHandler):
    """One repository with one file; the headers are those that huggingface_hub reads."""

    def do_HEAD(self):
        found = self.path == "/lab/small/resolve/main/model.bin"
        self.send_response(200 if found else 404)
        self.send_header("Content-Length", str(len(CONTENT)) if found else "0")
        self.send_header("ETag", f'"{DIGEST}"')
        self.send_header("X-Repo-Commit", COMMIT)
        self.end_headers()

    def do_GET(self):
        self.do_HEAD()
        self.wfile.write(CONTENT)

    def log_message(self, *_):
        pass


@pytest.fixture
def mirror():
    with ThreadingHTTPServer(("127.0.0.1", 0), Mirror) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.fixture
def assay(tmp_path, mirror):
    """Run `assay weights …` with weights declared in `tmp_path` and the mirror as the hub."""
    environment = os.environ | {
        "ASSAY_WEIGHTS": str(tmp_path / "weights.yaml"),
        "ASSAY_DATA_DIR": str(tmp_path / "data"),
        "HF_HOME": str(tmp_path / "hub"),
        "HF_ENDPOINT": mirror,
    }

    def run(*arguments):
        command = [sys.executable, "-m", "scripts.cli", "weights", *arguments]
        return subprocess.run(command, capture_output=True, encoding="utf-8", timeout=120, env=environment)

    return run


def _declare(folder, file: str, digest: str | None, *sources: dict[str, str]) -> None:
    sources += ({"hub": "lab/small", "revision": "main"},)
    entry = {"family": "speech", "version": "1", "licence": "MIT", "files": {file: digest}, "sources": list(sources)}
    (folder / "weights.yaml").write_text("# Ours.\n" + yaml.safe_dump({"small": entry}))


def test_fetch_prints_the_digest_and_what_is_pinned_then_verifies_offline(assay, tmp_path):
    _declare(tmp_path, "model.bin", None)
    assert "no SHA-256 is pinned" in assay("verify").stdout
    fetched = assay("fetch", "small")
    assert fetched.returncode == 0, fetched.stderr
    assert f"model.bin: {DIGEST}" in fetched.stdout
    _declare(tmp_path, "model.bin", DIGEST)
    assert assay("verify").stdout == "small: verified\n"


def test_other_commands_do_not_reach_the_mirror(assay, tmp_path):
    _declare(tmp_path, "model.bin", DIGEST)
    done = assay("verify")
    assert done.returncode == 1
    assert "not in the local hub cache" in done.stdout


@pytest.mark.parametrize("names", [["small"], []])
def test_pin_writes_the_digests_into_the_registry(assay, tmp_path, names):
    _declare(tmp_path, "model.bin", None)
    unpinned = (tmp_path / "weights.yaml").read_text()
    fetched = assay("fetch", "--pin", *names)
    assert fetched.returncode == 0, fetched.stderr
    assert f"pinned in {tmp_path / 'weights.yaml'}" in fetched.stdout
    assert (tmp_path / "weights.yaml").read_text() == unpinned.replace("null", DIGEST)
    assert assay("verify").stdout == "small: verified\n"


def test_what_differs_from_the_pin_is_refused_and_does_not_load(assay, tmp_path):
    _declare(tmp_path, "model.bin", "e" * 64)
    refused = assay("fetch", "small")
    assert refused.returncode == 2
    assert f"SHA-256 is {DIGEST}, but {'e' * 64} is pinned" in refused.stderr
    assert f"SHA-256 is {DIGEST}" in assay("verify").stdout


def test_what_differs_is_pinned_by_name_alone(assay, tmp_path):
    _declare(tmp_path, "model.bin", "e" * 64)
    assert assay("fetch", "--pin").returncode == 0
    assert "e" * 64 in (tmp_path / "weights.yaml").read_text()
    assert assay("fetch", "--pin", "small").returncode == 0
    assert assay("verify").stdout == "small: verified\n"


def test_a_folder_that_has_the_files_comes_before_the_hub(assay, tmp_path):
    (tmp_path / "mounted").mkdir()
    (tmp_path / "mounted" / "model.bin").write_bytes(b"another network")
    _declare(tmp_path, "model.bin", None, {"path": str(tmp_path / "mounted")})
    assert assay("fetch", "--pin", "small").returncode == 0
    assert hashlib.sha256(b"another network").hexdigest() in (tmp_path / "weights.yaml").read_text()
    assert assay("verify").stdout == "small: verified\n"
    assert not (tmp_path / "hub").exists()


def test_a_file_that_the_mirror_lacks_is_one_line(assay, tmp_path):
    _declare(tmp_path, "other.bin", None)
    done = assay("fetch", "small")
    assert done.returncode == 2
    assert done.stderr.startswith("assay: lab/small/other.bin could not be fetched")
    assert len(done.stderr.splitlines()) == 1


def test_what_was_fetched_is_copied_to_where_an_image_finds_it(assay, tmp_path):
    _declare(tmp_path, "model.bin", None)
    refused = assay("copy", "small", "--to", str(tmp_path / "volume"))
    assert (refused.returncode, "no SHA-256 is pinned" in refused.stderr) == (2, True)
    assert assay("fetch", "--pin", "small").returncode == 0
    done = assay("copy", "small", "--to", str(tmp_path / "volume"))
    assert (done.returncode, done.stdout) == (0, f"small: {tmp_path / 'volume' / 'small'}\n"), done.stderr
    copied = tmp_path / "volume" / "small" / "model.bin"
    assert (copied.is_symlink(), copied.read_bytes()) == (False, CONTENT)
