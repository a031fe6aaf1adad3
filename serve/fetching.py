"""Getting a file from the object store to the machine that decodes it."""

import ssl
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx

from configs.settings import Settings
from pipeline.media import MediaTooLarge

PREFIX = "assay-fetch-"
"""Of the files' names, by which those of killed processes are found."""
TIMEOUT_SECONDS = 60.0
"""Without a byte; a large file may take longer as a whole."""


class Fetcher:
    """Downloads files by URL. The URLs come from our own store, signed, never from a client."""

    def __init__(self, settings: Settings) -> None:
        bundle = settings.store.ca_bundle
        verify = ssl.create_default_context(cafile=str(bundle)) if bundle else True
        self._client = httpx.AsyncClient(timeout=TIMEOUT_SECONDS, verify=verify, trust_env=False)
        self._max_bytes = settings.decode.max_size_bytes

    @asynccontextmanager
    async def file(self, url: str) -> AsyncIterator[Path]:
        """The content of the URL in a file that is deleted at the end.

        Raises:
            FileNotFoundError: the store has no such object.
            OSError: it cannot be fetched.
            MediaTooLarge: it is larger than what may be decoded.
        """
        with tempfile.NamedTemporaryFile(prefix=PREFIX) as file:
            try:
                async with self._client.stream("GET", url) as response:
                    _check(response)
                    await self._copy(response, file)
            except httpx.HTTPError as error:
                raise OSError(f"the object store does not answer: {type(error).__name__}") from error
            file.flush()
            yield Path(file.name)

    async def _copy(self, response: httpx.Response, file: "tempfile._TemporaryFileWrapper[bytes]") -> None:
        async for chunk in response.aiter_bytes():
            file.write(chunk)
            if file.tell() > self._max_bytes:
                raise MediaTooLarge(f"The file is larger than {self._max_bytes:,} bytes.")

    async def close(self) -> None:
        await self._client.aclose()


def _check(response: httpx.Response) -> None:
    if response.status_code == httpx.codes.NOT_FOUND:
        raise FileNotFoundError("the object store has no such file")
    if response.is_error:
        raise OSError(f"the object store answers {response.status_code}")
