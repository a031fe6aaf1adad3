"""The demo's own stack: `assay up` in a process of its own, and a receiver for its webhooks."""

import asyncio
import base64
import hashlib
import hmac
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

START_SECONDS = 240
STOP_SECONDS = 40
STARTER_CREDITS = 100_000


class StackFailed(Exception):
    """`assay up` ended, or did not get ready."""


@contextmanager
def running_stack(folder: Path, profile: str, on_line: Callable[[str], None], **variables: str) -> Iterator[str]:
    """Start the whole stack on a free port of loopback; yields its URL, and ends it by its process id.

    Args:
        folder: gets the database, the files and the logs.
        profile: of the engine.
        on_line: gets what the stack prints.
        variables: further ones of its environment.

    Raises:
        StackFailed: it did not get ready.
    """
    port = _free_port()
    command = [sys.executable, "-m", "scripts.cli", "up", "--profile", profile, "--port", str(port)]
    settings = {
        "ASSAY_SIGNUP__ENABLED": "true",
        "ASSAY_SIGNUP__STARTER_CREDITS": str(STARTER_CREDITS),
        "ASSAY_WEBHOOKS__ALLOW_HTTP": "true",
        "ASSAY_WEBHOOKS__ALLOWED_NETWORKS": "[127.0.0.0/8]",
    }
    process = subprocess.Popen(
        [*command, "--data-dir", str(folder)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
        env=os.environ | settings | variables,
    )
    try:
        _wait_until_ready(process, on_line)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()


def _wait_until_ready(process: "subprocess.Popen[str]", on_line: Callable[[str], None]) -> None:
    assert process.stdout is not None
    ends_at = time.monotonic() + START_SECONDS
    said: list[str] = []
    for line in process.stdout:
        said.append(line)
        if line.startswith("ready:"):
            Thread(target=process.stdout.read, daemon=True).start()  # so that it never blocks on a full pipe
            return
        if "API key" not in line and "worker token" not in line:
            on_line(line.rstrip())
        if time.monotonic() > ends_at:
            break
    raise StackFailed("".join(said[-20:]))


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@dataclass
class Receiver:
    """A webhook receiver on loopback that checks every signature, as a client's would."""

    secret: str = ""
    events: list[dict[str, Any]] = field(default_factory=list)
    """Whose signature is right, in the order of their coming."""
    refused: int = 0
    """Whose signature is not."""
    url: str = ""

    def receive(self, headers: Any, body: bytes) -> bool:
        """Keep an event that is signed with the endpoint's secret; whether it is."""
        key = base64.b64decode(self.secret.removeprefix("whsec_"))
        signed = b".".join((headers["webhook-id"].encode(), headers["webhook-timestamp"].encode(), body))
        expected = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
        given = [part.removeprefix("v1,") for part in headers["webhook-signature"].split()]
        if not any(hmac.compare_digest(expected, one) for one in given):
            self.refused += 1
            return False
        self.events.append(json.loads(body))
        return True

    async def wait_for(self, kind: str, job_id: str, seconds: float = 30.0) -> bool:
        """Whether an event about a job comes in time."""
        ends_at = time.monotonic() + seconds
        while time.monotonic() < ends_at:
            if any(event["type"] == kind and event["data"]["id"] == job_id for event in self.events):
                return True
            await asyncio.sleep(0.1)
        return False


@contextmanager
def receiving() -> Iterator[Receiver]:
    """A receiver on a free port, for as long as the block lasts."""
    receiver = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            self.send_response(200 if receiver.receive(self.headers, body) else 400)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            """Nothing: the demo shows the events itself."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    receiver.url = f"http://127.0.0.1:{server.server_port}/webhooks"
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield receiver
    finally:
        server.shutdown()
