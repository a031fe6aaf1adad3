"""What tests of the stores send and fetch."""

import asyncio
import socket
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

import httpx

from api.storage import (
    ObjectStore,
    SignedUpload,
)

KEY = "uploads/org_1/job_1/sub_1/1"
MEGABYTE = 1_000_000
LIMIT = 10 * MEGABYTE


def upload_of(store: ObjectStore, key: str = KEY, **changed):
    return store.sign_upload(key, **{"max_bytes": LIMIT, "expires_seconds": 600} | changed)


def download_of(store: ObjectStore, key: str = KEY, **changed) -> str:
    given = {"filename": "menu.jpeg", "content_type": "image/jpeg", "expires_seconds": 600}
    return store.sign_download(key, **given | changed)


async def put(http: httpx.AsyncClient, upload, content) -> int:
    return (await http.put(upload.url, content=content, headers=upload.headers)).status_code


async def content_of(store: ObjectStore, key: str = KEY) -> bytes:
    return b"".join([chunk async for chunk in store.open_stream(key)])


@contextmanager
def half_an_upload(upload: SignedUpload) -> Iterator[None]:
    """Two of three megabytes are sent, and the connection is cut at the end of the block."""
    url = urlsplit(upload.url)
    headers = {"Host": url.netloc, "Content-Length": 3 * MEGABYTE} | upload.headers
    head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    with socket.create_connection((url.hostname, url.port)) as connection:
        connection.sendall(f"PUT {url.path}?{url.query} HTTP/1.1\r\n{head}\r\n".encode() + bytes(2 * MEGABYTE))
        yield


async def until(is_so: Callable[[], bool]) -> None:
    for _ in range(600):
        if is_so():
            return
        await asyncio.sleep(0.05)
    raise AssertionError("it did not come to pass in half a minute")


def altered(value: str) -> str:
    return value[:-1] + ("1" if value[-1] != "1" else "2")


async def chunks_of(size_bytes: int) -> AsyncIterator[bytes]:
    for start in range(0, size_bytes, 65536):
        yield bytes(min(65536, size_bytes - start))
