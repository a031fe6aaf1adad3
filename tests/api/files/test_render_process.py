"""The processes that make renditions: killed, starved, late or taken over, they cost one file and nothing else."""

import os
import signal
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest
from PIL import ExifTags, Image

from api.files.render_process import Renderer, Rendition, _Writer
from api.files.rendition import render
from configs.settings import DecodeSettings
from models.weights import sha256_of
from pipeline.media import (
    CorruptMedia,
    MediaError,
    MediaTooLarge,
    PictureSize,
    UnsupportedFormat,
)
from pipeline.media_process import ProcessKilled
from pipeline.sniff import SNIFF_BYTES, sniff
from tests import media
from tests.pipeline.damage import damaged_files

pytestmark = pytest.mark.anyio

MOST_SECONDS = 20.0


@pytest.fixture(scope="module")
def photo() -> bytes:
    return media.image("jpeg", media.photo(), orientation=6, position=(52.5, 13.4))


@pytest.fixture(scope="module")
def slow_file() -> bytes:
    """Lies on its side, so it is decoded, turned and encoded: 100 megapixels, some seconds."""
    return lying_png(10_000, 10_000)


@pytest.fixture
async def own() -> AsyncIterator[Callable[..., Renderer]]:
    """`own(timeout_seconds=1)`: a renderer of this test, with limits."""
    made: list[Renderer] = []

    def start(**limits: Any) -> Renderer:
        made.append(Renderer(DecodeSettings(**limits)))
        return made[-1]

    yield start
    for one in made:
        await one.close()


async def rendered(renderer: Renderer, folder: Path, content: bytes, format: str, keep_location: bool = False):
    given, out = folder / "given", folder / "made"
    given.write_bytes(content)
    return await renderer.render(given, out, format=format, keep_location=keep_location)


@pytest.mark.parametrize("keep_location", [False, True])
@pytest.mark.parametrize("format", [*media.IMAGE_FORMATS, *media.AUDIO_FORMATS, *media.VIDEO_FORMATS])
async def test_same_as_in_process(renderer: Renderer, tmp_path: Path, format: str, keep_location: bool) -> None:
    content = example(format)
    made = await rendered(renderer, tmp_path, content, format, keep_location)
    with (tmp_path / "expected").open("wb") as file:
        size = render(tmp_path / "given", file, format=format, keep_location=keep_location)
    assert (tmp_path / "made").read_bytes() == (tmp_path / "expected").read_bytes()
    assert made == Rendition((tmp_path / "made").stat().st_size, sha256_of(tmp_path / "made"), size)


async def test_damaged_files(renderer: Renderer, tmp_path: Path, photo: bytes) -> None:
    outcomes: Counter[str] = Counter()
    for name, content in damaged_files():
        try:
            format = sniff(content[:SNIFF_BYTES])
        except UnsupportedFormat:
            continue
        start = time.monotonic()
        try:
            await rendered(renderer, tmp_path, content, format)
            outcomes["made"] += 1
        except MediaError as error:
            outcomes[type(error).__name__] += 1
        assert time.monotonic() - start < MOST_SECONDS, name
        assert (await rendered(renderer, tmp_path, photo, "jpeg")).picture == PictureSize(480, 640), name
    assert outcomes.total() > 150
    assert outcomes.keys() == {"made", "CorruptMedia"}


async def test_killed_once_the_file_is_tried_again(own, tmp_path: Path, slow_file: bytes) -> None:
    renderer = own()
    with killer(renderer, [signal.SIGKILL]):
        made = await rendered(renderer, tmp_path, slow_file, "png")
    assert made.picture == PictureSize(10_000, 10_000)
    with Image.open(tmp_path / "made") as image:
        image.load()
        assert image.size == (10_000, 10_000)


@pytest.mark.parametrize(("number", "error", "message"), [
    (signal.SIGKILL, ProcessKilled, "short of memory"),
    (signal.SIGSEGV, CorruptMedia, "does not survive"),
])  # fmt: skip
async def test_crashed_twice_the_file_is_to_blame_and_killed_twice_the_machine(
    own, tmp_path: Path, number: signal.Signals, error: type[Exception], message: str, slow_file: bytes, photo: bytes
) -> None:
    renderer = own()
    with killer(renderer, [number, number]), pytest.raises(error, match=message):
        await rendered(renderer, tmp_path, slow_file, "png")
    assert (await rendered(renderer, tmp_path, photo, "jpeg")).picture == PictureSize(480, 640)


async def test_processes_that_the_machine_keeps_from_working_are_ended(
    own, tmp_path: Path, slow_file: bytes, photo: bytes
) -> None:
    renderer = own(timeout_seconds=0.5)
    await rendered(renderer, tmp_path, photo, "jpeg")
    (late,) = processes(renderer)
    stopped = [signal.SIGSTOP, signal.SIGSTOP]
    with killer(renderer, stopped), pytest.raises(ProcessKilled, match="no processor time"):
        await rendered(renderer, tmp_path, slow_file, "png")
    assert not psutil.pid_exists(late)
    assert (await rendered(renderer, tmp_path, photo, "jpeg")).picture == PictureSize(480, 640)


async def test_memory_limit(own, tmp_path: Path, photo: bytes) -> None:
    renderer = own(memory_bytes=1 << 30)
    with pytest.raises(MediaTooLarge, match="memory"):
        await rendered(renderer, tmp_path, lying_png(14_000, 14_000, channels=3), "png")
    assert (await rendered(renderer, tmp_path, photo, "jpeg")).picture == PictureSize(480, 640)


async def test_a_rendition_that_outgrows_its_limit(own, tmp_path: Path, photo: bytes) -> None:
    file = BytesIO()
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = 6
    Image.fromarray(media.photo()).save(file, "JPEG", quality=1, exif=exif)
    renderer = own(max_size_bytes=len(file.getvalue()))
    with pytest.raises(MediaTooLarge, match="would be larger"):
        await rendered(renderer, tmp_path, file.getvalue(), "jpeg")
    with pytest.raises(MediaTooLarge, match="larger than"):
        await rendered(renderer, tmp_path, photo, "jpeg")
    assert (await rendered(renderer, tmp_path, media.image("png", media.photo(size=(8, 8))), "png")).picture


async def test_a_fault_of_ours_is_told_as_it_is(own, tmp_path: Path, photo: bytes) -> None:
    """A full disk is no fault of the file; what its process still sends is not taken for the next answer."""
    renderer = own()
    await rendered(renderer, tmp_path, photo, "jpeg")
    before = processes(renderer)
    with pytest.raises(ZeroDivisionError):
        renderer._processes._run((tmp_path / "given", "jpeg", False), 0, lambda: lambda _part: 1 / 0)
    assert processes(renderer) != before
    assert (await rendered(renderer, tmp_path, photo, "jpeg")).picture == PictureSize(480, 640)


async def test_what_a_process_that_was_taken_over_sends(tmp_path: Path) -> None:
    with (tmp_path / "out").open("wb") as file:
        take = _Writer(file, max_bytes=10)
        assert [take(one) for one in ((4, b"456"), (0, b"0123"), None)] == [True, True, False]
        for wrong in [(-1, b"x"), ("0", b"x"), (0, "x"), (0, b"x", 1), np.zeros(3), "done", 7]:
            with pytest.raises(CorruptMedia):
                take(wrong)
        for large in [(8, b"890"), (1 << 60, b"x")]:
            with pytest.raises(MediaTooLarge):
                take(large)
    assert (tmp_path / "out").read_bytes() == b"0123456"


async def test_the_process_may_write_nothing_and_knows_no_secrets(renderer: Renderer, tmp_path, photo, monkeypatch):
    monkeypatch.setenv("ASSAY_STORAGE__SECRET", "hidden")
    await rendered(renderer, tmp_path, photo, "jpeg")
    for pid in processes(renderer):
        process = psutil.Process(pid)
        assert process.rlimit(psutil.RLIMIT_FSIZE) == (0, 0)
        assert not [name for name in process.environ() if name.startswith("ASSAY_")]


@cache
def example(format: str) -> bytes:
    if format in media.IMAGE_FORMATS:
        return media.image(format, media.photo(), orientation=6, position=(52.5, 13.4))
    if format in media.AUDIO_FORMATS:
        return media.audio(format, media.tone(0.5))
    return media.video(format, media.footage(("coffee.png",)), sound=media.tone(1.0))


def lying_png(width: int, height: int, channels: int = 1) -> bytes:
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = 6
    file = BytesIO()
    picture = Image.new("L" if channels == 1 else "RGB", (width, height))
    picture.save(file, "PNG", exif=exif, compress_level=1)
    return file.getvalue()


def processes(renderer: Renderer) -> set[int]:
    """Their ids."""
    return {child._process.pid for child in renderer._processes._children}


@contextmanager
def killer(renderer: Renderer, numbers: list[signal.Signals]) -> Iterator[None]:
    """Sends each signal to another process, once it is at work and holds 150 MB."""

    def kill() -> None:
        seen: set[int] = set()
        for number in numbers:
            victim = wait_for(lambda: next(iter(processes(renderer) - seen), None))
            wait_for(lambda pid=victim: psutil.Process(pid).memory_info().rss > 150e6)
            seen.add(victim)
            os.kill(victim, number)

    with ThreadPoolExecutor(1) as threads:
        done = threads.submit(kill)
        yield
        done.result()


def wait_for(condition, timeout_seconds: float = 60.0):
    deadline = time.monotonic() + timeout_seconds
    while not (found := condition()):
        assert time.monotonic() < deadline, "nothing happened"
        time.sleep(0.01)
    return found
