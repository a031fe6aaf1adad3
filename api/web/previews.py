"""Small pictures, frames and waveforms of files, for the console.

A stranger's file is decoded where every other one is, in a process that can be killed; what comes out is encoded
anew, so nothing of the file's own bytes reaches the page. A person who has to decide on a file that was not approved
sees and hears this much of it: a picture of 1,280 pixels, twelve frames, the first minute of sound at 16 kHz.
"""

import asyncio
import json
import logging
import os
import shutil
import tempfile
import time
import wave
from collections.abc import Callable
from contextlib import suppress
from functools import cached_property
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from api.services import Services
from api.storage import ObjectMissing
from configs.settings import DecodeSettings, Settings
from pipeline.decode_image import fit
from pipeline.decode_process import Decoder
from pipeline.media import SAMPLE_RATE_HZ, Decoded, DecodedAudio, DecodedImage, DecodedVideo

PICTURE_PIXELS = 1280
THUMBNAIL_PIXELS = 320
WAVEFORM_BARS = 600
"""More than a phone has pixels for, and 3 KB."""
SOUND_SECONDS = 60
KEPT_SECONDS = 30 * 86400
"""A preview that nobody has looked at for so long is made again when somebody does."""
CLEANED_SECONDS = 3600

log = logging.getLogger("assay.previews")

_PICTURE_QUALITY, _THUMBNAIL_QUALITY = 85, 78
_MANIFEST = "preview.json"

Picture = NDArray[np.uint8]
Writer = Callable[[Path], None]


class Previews:
    """Makes previews once and keeps them on this machine's disk, below `data_dir`."""

    def __init__(self, settings: Settings) -> None:
        self._folder = settings.data_dir / "previews"
        self._limits = DecodeSettings(
            **settings.decode.model_dump()
            | {"workers": 1, "view_pixels": PICTURE_PIXELS, "frame_pixels": PICTURE_PIXELS}
        )
        self._one_at_a_time = asyncio.Lock()

    async def folder(self, use: Services, name: str, key: str) -> Path:
        """Where the preview of an object lies: `preview.json`, `thumbnail.jpg` and what else its kind has.

        Args:
            name: of the preview; another attempt at a submission has another one.
            key: of the object in the store.

        Raises:
            MediaError: the object cannot be decoded.
            ObjectMissing: there is none.
            StoreUnavailable: the store does not answer.
        """
        made = self._folder / name.partition("-")[0][-2:] / name
        if not await asyncio.to_thread(_is_made, made):
            async with self._one_at_a_time:
                if not made.exists():
                    await self._make(use, key, made)
        return made

    async def clean(self) -> None:
        """Remove old previews now and every hour, until cancelled: also where nobody asks for another."""
        while True:
            try:
                await asyncio.to_thread(self._clean)
            except OSError as error:
                log.warning("previews could not be cleaned", extra={"error": str(error)})
            await asyncio.sleep(CLEANED_SECONDS)

    def close(self) -> None:
        """End the decoding process, if there is one."""
        if "decoder" in self.__dict__:
            self.decoder.close()

    async def decoding(self, work: Callable[[Decoder], bytes]) -> bytes:
        """Do what else needs the decoding process, when no preview does."""
        async with self._one_at_a_time:
            return await asyncio.to_thread(lambda: work(self.decoder))

    @cached_property
    def decoder(self) -> Decoder:
        """Started when the first preview, or an agent's picture, is asked for: many servers never show one."""
        return Decoder(self._limits)

    async def _make(self, use: Services, key: str, made: Path) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=self._folder, prefix=".new-") as scratch:
            source = use.store.local_path(key)
            if source is None:
                source = Path(scratch) / "source"
                await use.store.fetch(key, source, max_bytes=self._limits.max_size_bytes)
            elif not await use.store.exists(key):
                raise ObjectMissing(f"there is no object {key}")
            out = Path(scratch) / "preview"
            await asyncio.to_thread(self._write, source, out)
            made.parent.mkdir(exist_ok=True)
            _take(out, made)

    def _write(self, source: Path, out: Path) -> None:
        decoded = self.decoder.decode(source)
        out.mkdir()
        (out / _MANIFEST).write_text(json.dumps(_manifest(decoded)))
        for name, write in _files(decoded).items():
            write(out / name)

    def _clean(self) -> None:
        """Remove what was not looked at for long; `_is_made` marks what is."""
        oldest = time.time() - KEPT_SECONDS
        for folder in self._folder.glob("*/*"):
            with suppress(FileNotFoundError):  # another process cleans too
                if folder.stat().st_mtime < oldest:
                    shutil.rmtree(folder, ignore_errors=True)


def _is_made(folder: Path) -> bool:
    """Whether it is there; its time is then that of this look."""
    try:
        os.utime(folder)
    except FileNotFoundError:
        return False
    return True


def _take(out: Path, made: Path) -> None:
    """Give a preview its place, unless another process was faster."""
    try:
        out.rename(made)
    except OSError:
        if not made.is_dir():
            raise


def _manifest(decoded: Decoded) -> dict[str, object]:
    """What the page has to know before it asks for the rest."""
    facts = decoded.facts
    sound = decoded if isinstance(decoded, DecodedAudio) else getattr(decoded, "audio", None)
    return {
        "content_type": facts.content_type,
        "width": facts.width,
        "height": facts.height,
        "duration_seconds": facts.duration_seconds,
        "waveform": waveform(sound.samples) if sound else None,
        "frames": [f.at_seconds for f in decoded.frames] if isinstance(decoded, DecodedVideo) else [],
    }


def _files(decoded: Decoded) -> dict[str, Writer]:
    match decoded:
        case DecodedImage():
            return _pictures(decoded.view)
        case DecodedVideo():
            frames = {f"frame-{n}.jpg": _jpeg(f.view, PICTURE_PIXELS // 2) for n, f in enumerate(decoded.frames)}
            middle = decoded.frames[len(decoded.frames) // 2].view
            return _pictures(middle) | frames | (_sound(decoded.audio) if decoded.audio else {})
        case DecodedAudio():
            return _sound(decoded)


def _pictures(view: Picture) -> dict[str, Writer]:
    return {"picture.jpg": _jpeg(view, PICTURE_PIXELS), "thumbnail.jpg": _jpeg(view, THUMBNAIL_PIXELS)}


def _sound(audio: DecodedAudio) -> dict[str, Writer]:
    return {"sound.wav": lambda path: _write_wav(path, audio.samples[: SOUND_SECONDS * SAMPLE_RATE_HZ])}


def _jpeg(view: Picture, long_side: int) -> Writer:
    height, width = view.shape[:2]
    size = fit((width, height), long_side)
    quality = _THUMBNAIL_QUALITY if long_side == THUMBNAIL_PIXELS else _PICTURE_QUALITY

    def write(path: Path) -> None:
        small = view if size == (width, height) else cv2.resize(view, size, interpolation=cv2.INTER_AREA)
        _, encoded = cv2.imencode(".jpg", cv2.cvtColor(small, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, quality])
        path.write_bytes(encoded.tobytes())

    return write


def _write_wav(path: Path, samples: NDArray[np.float32]) -> None:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(SAMPLE_RATE_HZ)
        file.writeframes((samples.clip(-1, 1) * 32767).astype("<i2").tobytes())


def waveform(samples: NDArray[np.float32], bars: int = WAVEFORM_BARS) -> list[int]:
    """The loudest sample of each of at most `bars` equal parts, 0–100."""
    bars = min(bars, len(samples))
    edges = np.linspace(0, len(samples), bars, endpoint=False).astype(int)
    peaks = np.maximum.reduceat(np.abs(samples), edges) if bars else np.zeros(0)
    return [round(float(peak) * 100) for peak in peaks.clip(0, 1)]
