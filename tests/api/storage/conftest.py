"""Both stores, each behind a real server."""

from collections.abc import AsyncIterator, Iterator
from itertools import count
from pathlib import Path

import httpx
import pytest

from api.storage import (
    ObjectStore,
)
from api.storage_local import LocalStore
from api.storage_s3 import S3Store
from api.storage_signing import UrlSigner
from tests.api.stores import S3Server, free_ports, seaweedfs, serving

_buckets = count(1)


@pytest.fixture(scope="session")
def s3(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3Server]:
    with seaweedfs(tmp_path_factory.mktemp("weed")) as server:
        yield server


@pytest.fixture
def bucket() -> str:
    return f"assay-{next(_buckets)}"


@pytest.fixture(params=["local", "s3"])
def store(request: pytest.FixtureRequest) -> ObjectStore:
    made: ObjectStore = request.getfixturevalue(f"{request.param}_store")
    return made


@pytest.fixture
async def local_store(tmp_path: Path) -> AsyncIterator[LocalStore]:
    (port,) = free_ports(1)
    made = LocalStore(tmp_path / "store", UrlSigner(b"k" * 32, f"http://127.0.0.1:{port}"))
    await made.start()
    with serving(made, port):
        yield made


@pytest.fixture
async def s3_store(s3: S3Server, bucket: str) -> AsyncIterator[S3Store]:
    made = S3Store(s3.settings(bucket))
    await made.start()
    yield made
    await made.close()


@pytest.fixture
async def http() -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(timeout=60) as client:
        yield client
