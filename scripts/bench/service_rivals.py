"""Other people's ways to serve the same files, each in a process of its own."""

import asyncio
import base64
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import AbstractAsyncContextManager, contextmanager, suppress
from dataclasses import dataclass
from typing import Any

import aiohttp
import httpx
import psutil

from scripts.bench.api import free_port
from scripts.bench.families import Family
from scripts.bench.mixed import MixedFile

START_SECONDS = 300.0
TIMEOUT = aiohttp.ClientTimeout(total=600)


class Rival:
    """A server that answers one file a request."""

    def __init__(self, url: str) -> None:
        self._url = url

    async def burst(self, files: Sequence[MixedFile], at_once: int) -> float:
        """Seconds for all of the files, with so many requests at a time."""
        places = asyncio.Semaphore(at_once)

        async def score(file: MixedFile) -> None:
            async with places, self._request(http, file) as answer:
                await answer.read()

        async with aiohttp.ClientSession(self._url, raise_for_status=True, timeout=TIMEOUT) as http:
            started = time.perf_counter()
            await asyncio.gather(*map(score, files))
            return time.perf_counter() - started

    def _request(self, http: aiohttp.ClientSession, file: MixedFile) -> AbstractAsyncContextManager[Any]:
        raise NotImplementedError


class Naive(Rival):
    """`scripts.bench.naive_service`."""

    module, health = "scripts.bench.naive_service", "/openapi.json"

    def _request(self, http: aiohttp.ClientSession, file: MixedFile) -> AbstractAsyncContextManager[Any]:
        form = aiohttp.FormData({"content_type": file.brief.content_type})
        form.add_field("file", file.path.read_bytes(), filename=file.path.name)
        return http.post("/score", data=form)


class LitServe(Rival):
    """`scripts.bench.litserve_service`."""

    module, health = "scripts.bench.litserve_service", "/health"

    def _request(self, http: aiohttp.ClientSession, file: MixedFile) -> AbstractAsyncContextManager[Any]:
        content = base64.b64encode(file.path.read_bytes()).decode()
        body = {"content": content, "description": file.brief.description, "content_type": file.brief.content_type}
        return http.post("/predict", json=body)


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
