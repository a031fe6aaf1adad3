# Generated from _async/downloads.py by sdk/python/generate_sync.py; edit that.
"""Fetching files from signed URLs: again where a connection breaks, from the byte where it broke."""

from collections.abc import Callable
from datetime import datetime, timezone
from pathlib import Path

from assay_sdk._sync.runtime import in_thread, sleep
from assay_sdk._sync.transport import Transport
from assay_sdk.errors import ApiError, AssayError, ConnectionFailed, DownloadFailed
from assay_sdk.partial_file import PartialFile, is_there
from assay_sdk.types.exports import Export
from assay_sdk.types.files import File

Source = File | Export
OnBytes = Callable[[int], None]
"""Told how many bytes have come; a negative number when they have to come again."""
_EXPIRED = (400, 401, 403)
"""What stores answer to a URL whose time is over."""


def download(
    transport: Transport,
    source: Source,
    target: Path,
    refresh: Callable[[], Source],
    on_bytes: OnBytes = lambda count: None,
) -> Path:
    """Fetch what a resource offers, unless it is there already; the target.

    Args:
        transport: of the client.
        source: a file or an export.
        target: the final name, which stands for the whole content or not at all.
        refresh: reads the source anew, with a fresh URL.
        on_bytes: told of what comes.

    Raises:
        DownloadFailed: there is nothing to fetch, or its content is not what it should be.
        ApiError: the store refused.
        ConnectionFailed: it does not answer, or not to the end.
    """
    size_bytes = source.size_bytes
    if source.download_url is None or size_bytes is None:
        raise DownloadFailed(f"{source.id} is {source.status}: it has no content to download")
    if in_thread(_is_there, source, target):
        on_bytes(size_bytes)
        return target
    with in_thread(_begin, source, target) as part:
        Download(transport, source, part, refresh, on_bytes).run()
    return target


class Download:
    """One file on its way."""

    def __init__(
        self,
        transport: Transport,
        source: Source,
        part: PartialFile,
        refresh: Callable[[], Source],
        on_bytes: OnBytes,
    ) -> None:
        self._transport, self._source, self._part = transport, source, part
        self._refresh, self._on_bytes = refresh, on_bytes
        self._has_fresh_url = False
        on_bytes(part.received_bytes)

    def run(self) -> None:
        """Until it stands under its final name. What is wrong as a whole is fetched once more from the start."""
        for _ in range(2):
            self._fill()
            if self._part.is_right():
                in_thread(self._part.finish)
                return
            self._restart()
        raise DownloadFailed(f"{self._source.id}: what came is not what its SHA-256 says")

    def _fill(self) -> None:
        retries, most_bytes = 0, self._part.received_bytes
        while not self._part.is_full:
            try:
                self._receive()
            except AssayError as error:
                if self._part.received_bytes > most_bytes:  # it comes on, if in pieces
                    retries, most_bytes = 0, self._part.received_bytes
                self._recover(error, retries)
                retries += 1

    def _receive(self) -> None:
        self._renew_if_expired()
        start = self._part.received_bytes
        headers = {"Accept-Encoding": "identity"} | ({"Range": f"bytes={start}-"} if start else {})
        with self._transport.open(self._source.download_url or "", headers) as response:
            if response.status_code != 206:
                self._restart()
            for chunk in response.iter_raw():
                self._part.write(chunk)
                self._has_fresh_url = False
                self._on_bytes(len(chunk))
        if not self._part.is_full:
            raise ConnectionFailed(f"{self._source.id}: the download ended early")

    def _recover(self, error: AssayError, retries: int) -> None:
        """Make ready for another attempt, or raise the error."""
        status = error.status if isinstance(error, ApiError) else None
        if status in _EXPIRED and not self._has_fresh_url:
            self._renew()
            return
        if status == 416 and self._part.received_bytes:
            self._restart()
            return
        delay_seconds = self._transport.retry.delay_seconds(retries, error)
        if delay_seconds is None:
            raise error
        sleep(delay_seconds)

    def _renew_if_expired(self) -> None:
        expires_at = self._source.download_url_expires_at
        if expires_at is not None and expires_at <= datetime.now(timezone.utc) and not self._has_fresh_url:
            self._renew()

    def _renew(self) -> None:
        self._source = self._refresh()
        self._has_fresh_url = True

    def _restart(self) -> None:
        self._on_bytes(-self._part.received_bytes)
        self._part.restart()


def _is_there(source: Source, target: Path) -> bool:
    return is_there(target, size_bytes=source.size_bytes or 0, sha256=source.sha256)


def _begin(source: Source, target: Path) -> PartialFile:
    return PartialFile(target, size_bytes=source.size_bytes or 0, sha256=source.sha256)
