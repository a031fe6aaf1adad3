"""The SDK against a real server process, by both clients."""

import asyncio
import inspect
import itertools
import time
from collections.abc import Callable, Iterator
from operator import attrgetter
from pathlib import Path
from typing import Any, TypeVar

import pytest
from assay_sdk import AsyncClient, AsyncWorkerClient, Client, RetryPolicy, WorkerClient
from assay_sdk.types import Job, WorkerSubmission

from tests.api.scripted import picture
from tests.api.server import RunningServer, running
from tests.sdk_python.inbox import Inbox
from tests.sdk_python.proxy import FaultProxy

Call = Callable[..., Any]
T = TypeVar("T")

JOB: dict[str, Any] = {
    "title": "Menus",
    "description": "Photos of coffee shop menus with readable prices",
    "type": "data_collection",
    "content_type": "image",
    "file_formats": ["jpeg", "png"],
    "quantity": 3,
    "reward_per_file": 50,
}
QUICK = RetryPolicy(max_retries=8, first_delay_seconds=0.05, longest_delay_seconds=0.4)
_seeds = itertools.count(1)


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """One server for all tests that get along."""
    with running("sqlite", tmp_path_factory.mktemp("server")) as started:
        yield started


@pytest.fixture(scope="session")
def proxy() -> Iterator[FaultProxy]:
    """Between the clients and the server behind it; a test says what goes wrong."""
    with FaultProxy() as made:
        yield made


@pytest.fixture(scope="session")
def far_server(proxy: FaultProxy, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """A server that signs its URLs for clients beyond the proxy."""
    with running("sqlite", tmp_path_factory.mktemp("far"), ASSAY_API__PUBLIC_URL=proxy.url) as started:
        proxy.connect(started.url)
        yield started


@pytest.fixture(scope="session")
def inbox() -> Iterator[Inbox]:
    """Where webhooks of the tests go."""
    with Inbox() as made:
        yield made


@pytest.fixture
def client(server: RunningServer) -> Iterator[Client]:
    with Client(api_key=server.api_key, base_url=server.url) as made:
        yield made


@pytest.fixture
def worker(server: RunningServer) -> Iterator[WorkerClient]:
    with WorkerClient(token=server.worker_token, base_url=server.url) as made:
        yield made


@pytest.fixture(params=["sync", "async"])
def call(request: pytest.FixtureRequest, server: RunningServer) -> Call:
    """`call("jobs.get", id)` with either client."""
    return caller(request.param, server.api_key, server.url)


@pytest.fixture(params=["sync", "async"])
def worker_call(request: pytest.FixtureRequest, server: RunningServer) -> Call:
    """`worker_call("capture", job_id, path)` with either client of a worker."""
    return caller(request.param, server.worker_token, server.url, WorkerClient, AsyncWorkerClient)


@pytest.fixture(params=["sync", "async"])
def far_call(request: pytest.FixtureRequest, far_server: RunningServer, proxy: FaultProxy) -> Call:
    """The same through the proxy, with retries that do not take long."""
    return caller(request.param, far_server.api_key, proxy.url, retry=QUICK, timeout_seconds=2.0)


@pytest.fixture(params=["sync", "async"])
def far_worker_call(request: pytest.FixtureRequest, far_server: RunningServer, proxy: FaultProxy) -> Call:
    """A worker's, through the proxy."""
    return caller(
        request.param,
        far_server.worker_token,
        proxy.url,
        WorkerClient,
        AsyncWorkerClient,
        retry=QUICK,
        timeout_seconds=2.0,
    )


def caller(
    kind: str,
    secret: str,
    url: str,
    client: Callable[..., Any] = Client,
    async_client: Callable[..., Any] = AsyncClient,
    **settings: Any,
) -> Call:
    """Calls methods of a client that is made for the purpose."""

    def call(method: str, /, *arguments: Any, **named: Any) -> Any:
        if kind == "async":
            return asyncio.run(call_async(method, arguments, named))
        with client(secret, url, **settings) as made:
            return attrgetter(method)(made)(*arguments, **named)

    async def call_async(method: str, arguments: tuple[Any, ...], named: dict[str, Any]) -> Any:
        async with async_client(secret, url, **settings) as made:
            answer = attrgetter(method)(made)(*arguments, **named)
            return await answer if inspect.isawaitable(answer) else answer

    return call


def until(look: Callable[[], T], good: Callable[[T], bool], patience_seconds: float = 60) -> T:
    """What `look` finds once it is good."""
    ends_at = time.monotonic() + patience_seconds
    while not good(seen := look()):
        assert time.monotonic() < ends_at, seen
        time.sleep(0.05)
    return seen


def new_picture(folder: Path, stars: int = 5) -> Path:
    """A picture that the engine gives so many stars, and that it has not seen before."""
    seed = next(_seeds)
    path = folder / f"menu-{seed}.png"
    path.write_bytes(picture(stars, seed=seed))
    return path


def deliver(server: RunningServer, job: Job, folder: Path, stars: int = 5, count: int = 1) -> list[WorkerSubmission]:
    """A worker's files of so many stars, decided."""
    with WorkerClient(token=server.worker_token, base_url=server.url) as worker:
        return [worker.capture(job.id, new_picture(folder, stars)) for _ in range(count)]


def forgive(server: RunningServer) -> None:
    """Strikes of the server's worker must not add up over the tests."""
    with Client(api_key=server.api_key, base_url=server.url) as client:
        me = WorkerClient(token=server.worker_token, base_url=server.url).me()
        client.workers.unban(me.id)
