"""A real server process: `python -m tests.api.server --database URL --state DIR --port P`.

The front end and its loops under uvicorn on loopback, over the scripted engine. Settings come from `ASSAY_…`
variables; those that a test needs to be generous are so unless they are set.
"""

import argparse
import asyncio
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

import httpx
import uvicorn

from api.app import create_app
from api.background import Background
from api.logs import log_as_json
from api.start import make_services, prepare
from configs.settings import Settings, load_settings
from serve.client import Engine

GENEROUS = {
    "ASSAY_SIGNUP__ENABLED": "true",
    "ASSAY_SIGNUP__STARTER_CREDITS": "1000000",
    "ASSAY_LIMITS__READ_PER_MINUTE": "1000000",
    "ASSAY_LIMITS__WRITE_PER_MINUTE": "1000000",
    "ASSAY_LIMITS__SCORE_PER_MINUTE": "1000000",
    "ASSAY_LIMITS__ANONYMOUS_PER_MINUTE": "1000000",
    "ASSAY_WEBHOOKS__ALLOW_HTTP": "true",
    "ASSAY_WEBHOOKS__ALLOWED_NETWORKS": "['127.0.0.0/8']",
    "ASSAY_DISPATCHER__POLL_SECONDS": "0.05",
}
ENGINE_VARIABLE = "TEST_ENGINE"
"""Names the engine's class; the scripted one when absent."""
SCRIPTED = "tests.api.scripted:ScriptedEngine"
START_SECONDS = 60
STOP_SECONDS = 20


@dataclass(frozen=True, slots=True)
class RunningServer:
    """A server process that answers, and the secrets of its first start."""

    url: str
    state_dir: Path
    organization_id: str
    api_key: str
    worker_token: str
    process: "subprocess.Popen[bytes]"

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.api_key}"}

    @property
    def worker_headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.worker_token}"}

    @property
    def log_path(self) -> Path:
        return self.state_dir / "logs" / "assay.jsonl"


@contextmanager
def running(database_url: str, state_dir: Path, **variables: str) -> Iterator[RunningServer]:
    """A server process over an empty database, until the block ends.

    Args:
        database_url: of SQLAlchemy, or `sqlite` for a file in `state_dir`.
        state_dir: for its files, its log, and what it prints.
        variables: settings of its own, for example `ASSAY_LIMITS__READ_PER_MINUTE="3"`.
    """
    state_dir.mkdir(parents=True, exist_ok=True)
    port = _free_port()
    arguments = ["--database", database_url, "--state", str(state_dir), "--port", str(port)]
    with (state_dir / "stdout").open("wb") as out, (state_dir / "stderr").open("wb") as errors:
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.api.server", *arguments],
            env=os.environ | variables,
            cwd=Path(__file__).parents[2],
            stdout=out,
            stderr=errors,
        )
    url = f"http://127.0.0.1:{port}"
    try:
        _await_health(process, url, state_dir)
        yield RunningServer(url, state_dir, process=process, **json.loads((state_dir / "stdout").read_text()))
    finally:
        process.terminate()
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            raise


def _await_health(process: "subprocess.Popen[bytes]", url: str, state_dir: Path) -> None:
    ends_at = time.monotonic() + START_SECONDS
    while time.monotonic() < ends_at and process.poll() is None:
        try:
            if httpx.get(f"{url}/healthz").status_code == 200:
                return
        except httpx.TransportError:
            time.sleep(0.05)
    raise AssertionError(f"the server did not start:\n{(state_dir / 'stderr').read_text()[-4000:]}")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


async def serve(settings: Settings) -> None:
    """Until a signal ends it. What the first start shows goes to stdout, as JSON."""
    secrets = await prepare(settings)
    if secrets is not None:
        shown = {name: getattr(secrets, name) for name in ("organization_id", "api_key", "worker_token")}
        print(json.dumps(shown), flush=True)
    log_as_json(settings)
    made = make_services(settings, _engine())
    background = Background(made)
    config = uvicorn.Config(create_app(made), host="127.0.0.1", port=settings.api.port, log_level="warning")
    background.start()
    await uvicorn.Server(config).serve()
    await background.close()


def _engine() -> Engine:
    module, _, name = os.environ.get(ENGINE_VARIABLE, SCRIPTED).partition(":")
    engine: Engine = getattr(import_module(module), name)()
    return engine


def main() -> None:
    """Read the arguments and serve."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--database", required=True)
    parser.add_argument("--state", type=Path, required=True)
    parser.add_argument("--port", type=int, required=True)
    given = parser.parse_args()
    for name, value in GENEROUS.items():
        os.environ.setdefault(name, value)
    asyncio.run(
        serve(load_settings("embedded", state_dir=given.state, database__url=given.database, api__port=given.port))
    )


if __name__ == "__main__":
    main()
