"""Files on their way to a decoding process."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from configs.settings import load_settings
from pipeline.media import Decoded
from scripts.bench.api import small_photo
from serve.decoding import AsyncDecoder

pytestmark = pytest.mark.anyio


async def test_no_more_files_are_fetched_than_are_decoded_soon(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each may have 2 GiB, and would lie on the disk until its turn."""
    settings = load_settings("embedded", data_dir=tmp_path)
    decoder, here, most = AsyncDecoder(settings), 0, 0
    (tmp_path / "photo").write_bytes(small_photo(1))

    @asynccontextmanager
    async def fetched(url: str) -> AsyncIterator[Path]:
        nonlocal here, most
        here += 1
        most = max(most, here)
        yield tmp_path / "photo"
        here -= 1

    monkeypatch.setattr(decoder._fetcher, "file", fetched)
    decoded: list[Decoded] = await asyncio.gather(*(decoder(f"http://store.test/{n}") for n in range(8)))
    decoder.close()
    assert len(decoded) == 8
    assert most == settings.decode.workers + 1
