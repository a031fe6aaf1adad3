"""Other people's ways to serve the same files, each in a process of its own."""

import asyncio
import base64
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass

import httpx
import psutil

from scripts.bench.api import free_port
from scripts.bench.families import Family
from scripts.bench.mixed import MixedFile

START_SECONDS = 300.0


class Rival:
    """A server that answers one file a request."""

    def __init__(self, url: str) -> None:
        self._http = httpx.AsyncClient(base_url=url, timeout=600)

    async def burst(self, files: Sequence[MixedFile], at_once: int) -> float:
        """Seconds for all of the files, with so many requests at a time."""
        places = asyncio.Semaphore(at_once)

        async def score(file: MixedFile) -> None:
            async with places:
                await self._score(file)

        started = time.perf_counter()
        await asyncio.gather(*map(score, files))
        return time.perf_counter() - started

    async def _score(self, file: MixedFile) -> None:
        raise NotImplementedError


class Naive(Rival):
    """`scripts.bench.naive_service`."""

    module, health = "scripts.bench.naive_service", "/openapi.json"

    async def _score(self, file: MixedFile) -> None:
        form = {"content_type": file.brief.content_type}
        (await self._http.post("/score", files={"file": file.path.read_bytes()}, data=form)).raise_for_status()


class LitServe(Rival):
    """`scripts.bench.litserve_service`."""

    module, health = "scripts.bench.litserve_service", "/health"

    async def _score(self, file: MixedFile) -> None:
        content = base64.b64encode(file.path.read_bytes()).decode()
        body = {"content": content, "description": file.brief.description, "content_type": file.brief.content_type}
        (await self._http.post("/predict", json=body)).raise_for_status()


@dataclass(frozen=True, slots=True)
class Server:
    """Where it answers, and its processes: those of LitServe look at their queues all the time."""

    url: str
    family: Family


@contextmanager
def started(module: str, health: str, *arguments: str) -> Iterator[Server]:
    """A server that runs and answers, which ends with the block.

    Raises:
        TimeoutError: it does not answer in time.
    """
    port = free_port()
    process = subprocess.Popen([sys.executable, "-m", module, str(port), *arguments])
    url = f"http://127.0.0.1:{port}"
    try:
        _until_healthy(f"{url}{health}", process)
        yield Server(url, Family(psutil.Process(process.pid)))
    finally:
        family = psutil.Process(process.pid).children(recursive=True)
        process.kill()
        process.wait()
        for left in family:
            with suppress(psutil.NoSuchProcess):
                left.kill()


def _until_healthy(url: str, process: "subprocess.Popen[bytes]") -> None:
    ends = time.monotonic() + START_SECONDS
    while time.monotonic() < ends and process.poll() is None:
        try:
            if httpx.get(url, timeout=5).is_success:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.2)
    raise TimeoutError(f"{url} does not answer")
