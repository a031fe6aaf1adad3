"""API and background loops as two real processes, each of which may be killed and started again.

`python -m tests.e2e.processes api|background --database URL --state DIR --port P` is what runs in each: the front end
under uvicorn, or its loops, over the scripted engine, which takes `SCRIPTED_SECONDS` for a file.
"""

import argparse
import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import uvicorn

from api.app import create_app
from api.background import Background
from api.logs import log_as_json
from api.start import make_services, prepare
from api.webhooks import sender
from configs.settings import Settings, load_settings
from pipeline.result import ScoreRequest, ScoreResult
from tests.api.scripted import ScriptedEngine
from tests.api.server import GENEROUS
from tests.api.stores import free_ports

ROLES = ("api", "background")
START_SECONDS = 60
STOP_SECONDS = 30
LEASE_SLACK_SECONDS = 5.0
"""What a killed sender had claimed is free so much later, instead of 45 s, which two tests waited out."""


@dataclass
class Stack:
    """Both processes over one database. What `prepare` shows at the first start is in `secrets`."""

    database_url: str
    state_dir: Path
    port: int = field(default_factory=lambda: free_ports(1)[0])
    variables: dict[str, str] = field(default_factory=dict)
    processes: dict[str, "subprocess.Popen[bytes]"] = field(default_factory=dict)
    secrets: dict[str, str] = field(default_factory=dict)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.secrets['api_key']}"}

    def start(self, role: str) -> None:
        """Start one of `ROLES`, and return when it is at work."""
        arguments = ["--database", self.database_url, "--state", str(self.state_dir), "--port", str(self.port)]
        with (self.state_dir / f"{role}.stderr").open("ab") as errors:
            self.processes[role] = subprocess.Popen(
                [sys.executable, "-m", "tests.e2e.processes", role, *arguments],
                env=os.environ | self.variables,
                cwd=Path(__file__).parents[2],
                stdout=subprocess.PIPE,
                stderr=errors,
            )
        self._read_secrets(role)
        if role == "api":
            self._await_health()

    def kill(self, role: str) -> None:
        """At once, as `kill -9` does."""
        self.processes[role].send_signal(signal.SIGKILL)
        self.processes[role].wait()

    def stop(self) -> None:
        """Both, as an operator would."""
        for process in self.processes.values():
            process.terminate()
        for process in self.processes.values():
            try:
                process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                raise

    def alive(self) -> dict[str, int]:
        """Process ids of those that run."""
        return {role: process.pid for role, process in self.processes.items() if process.poll() is None}

    def printed(self) -> str:
        """What went wrong outside of the logs, the end of it."""
        return "".join(path.read_text()[-3000:] for path in sorted(self.state_dir.glob("*.stderr")))

    def logged(self, level: str) -> list[str]:
        """Lines of the log of this level."""
        lines = (self.state_dir / "logs" / "assay.jsonl").read_text().splitlines()
        return [line for line in lines if f'"level": "{level}"' in line]

    def _read_secrets(self, role: str) -> None:
        """The first line that a process prints; of the very first start it has the secrets."""
        out = self.processes[role].stdout
        line = out.readline() if out else b""
        if not line:
            raise AssertionError(f"{role} did not start:\n{self.printed()}")
        self.secrets |= json.loads(line)

    def _await_health(self) -> None:
        ends_at = time.monotonic() + START_SECONDS
        while time.monotonic() < ends_at and self.processes["api"].poll() is None:
            try:
                if httpx.get(f"{self.url}/healthz").status_code == 200:
                    return
            except httpx.TransportError:
                time.sleep(0.05)
        raise AssertionError(f"the API did not start:\n{self.printed()}")


@contextmanager
def stack(database_url: str, state_dir: Path, **variables: str) -> Iterator[Stack]:
    """Both processes over an empty database, until the block ends.

    Args:
        database_url: of SQLAlchemy, or `sqlite` for a file in `state_dir`.
        state_dir: for files, logs, and what is printed.
        variables: of their environment, for example `ASSAY_DISPATCHER__CLAIM_SECONDS="5"`.
    """
    state_dir.mkdir(parents=True, exist_ok=True)
    made = Stack(database_url, state_dir, variables=variables)
    try:
        for role in ROLES:
            made.start(role)
        yield made
    finally:
        made.stop()


class SlowEngine(ScriptedEngine):
    """Takes its time, so that there is something to kill."""

    async def score(self, request: ScoreRequest) -> ScoreResult:
        await asyncio.sleep(float(os.environ.get("SCRIPTED_SECONDS", "0.02")))
        return await super().score(request)


async def serve_api(settings: Settings) -> None:
    """The front end alone, until a signal ends it. Prints the first secrets, or an empty object."""
    secrets = await prepare(settings)
    shown = {"api_key": secrets.api_key, "organization_id": secrets.organization_id} if secrets else {}
    print(json.dumps(shown), flush=True)
    log_as_json(settings)
    app = create_app(make_services(settings, SlowEngine()))
    await uvicorn.Server(
        uvicorn.Config(app, port=settings.api.port, log_level="warning", timeout_graceful_shutdown=5)
    ).serve()


async def serve_background(settings: Settings) -> None:
    """The loops alone, until a signal ends them."""
    log_as_json(settings)
    sender.LEASE_SLACK_SECONDS = LEASE_SLACK_SECONDS
    made = make_services(settings, SlowEngine())
    await made.start()
    background, told = Background(made), asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, told.set)
    background.start()
    print("{}", flush=True)
    await told.wait()
    await background.close()
    await made.close()


def main() -> None:
    """Read the arguments and serve."""
    parser = argparse.ArgumentParser()
    parser.add_argument("role", choices=ROLES)
    parser.add_argument("--database", required=True)
    parser.add_argument("--state", type=Path, required=True)
    parser.add_argument("--port", type=int, required=True)
    given = parser.parse_args()
    for name, value in GENEROUS.items():
        os.environ.setdefault(name, value)
    settings = load_settings("embedded", state_dir=given.state, database__url=given.database, api__port=given.port)
    asyncio.run({"api": serve_api, "background": serve_background}[given.role](settings))


if __name__ == "__main__":
    main()
