"""Decoding as an awaitable: first come, first served, off the event loop."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from configs.settings import Settings
from pipeline.decode_process import Decoder
from pipeline.media import Decoded
from serve.fetching import Fetcher


class AsyncDecoder:
    """Awaitable front of the decoding processes: `await decoder(source)`.

    The scorer holds it, rather than a deployment of its own: the decoding is in child processes already, and a
    replica in between would copy every view twice more (12 ms and 100 MB of memory for nothing).
    """

    def __init__(self, settings: Settings) -> None:
        self._decoder = Decoder(settings.decode)
        self._threads = ThreadPoolExecutor(settings.decode.workers, thread_name_prefix="decode")
        self._fetcher = Fetcher(settings)
        # One more than is decoded, so that the next is there: others would fill the disk while they wait.
        self._places = asyncio.Semaphore(settings.decode.workers + 1)

    async def __call__(self, source: Path | str | bytes) -> Decoded:
        """Decode a file, fetched first when the source is a URL.

        Raises:
            MediaError: the file is damaged, of no accepted format, or over a limit.
            OSError: it is not there, or cannot be fetched.
        """
        if isinstance(source, str):
            async with self._places, self._fetcher.file(source) as path:
                return await self._decode(path)
        return await self._decode(source)

    async def _decode(self, source: Path | bytes) -> Decoded:
        return await asyncio.get_running_loop().run_in_executor(self._threads, self._decoder.decode, source)

    def close(self) -> None:
        """End the decoding processes; what waits is cancelled, and what is being fetched ends with its loop."""
        self._threads.shutdown(wait=False, cancel_futures=True)
        self._decoder.close()
