"""Decoding as an awaitable: first come, first served, off the event loop."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from configs.settings import DecodeSettings
from pipeline.decode_process import Decoder
from pipeline.media import Decoded


class AsyncDecoder:
    """Awaitable front of the decoding processes: `await decoder(source)`.

    The scorer holds it, rather than a deployment of its own: the decoding is in child processes already, and a
    replica in between would copy every view twice more (12 ms and 100 MB of memory for nothing).
    """

    def __init__(self, limits: DecodeSettings) -> None:
        self._decoder = Decoder(limits)
        self._threads = ThreadPoolExecutor(limits.workers, thread_name_prefix="decode")

    async def __call__(self, source: Path | bytes) -> Decoded:
        """Decode a file.

        Raises:
            MediaError: the file is damaged, of no accepted format, or over a limit.
            FileNotFoundError: no such file.
        """
        return await asyncio.get_running_loop().run_in_executor(self._threads, self._decoder.decode, source)

    def close(self) -> None:
        """End the decoding processes; what waits is cancelled."""
        self._threads.shutdown(wait=False, cancel_futures=True)
        self._decoder.close()
