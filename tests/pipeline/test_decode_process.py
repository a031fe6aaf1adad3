"""The decoding processes: killed, starved, late or orphaned, they cost one result and nothing else."""

import os
import pickle
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import psutil
import pytest

from configs.settings import DecodeSettings
from pipeline import media_process
from pipeline.decode import decode
from pipeline.decode_channel import Channel
from pipeline.decode_process import Decoder
from pipeline.media import (
    CorruptMedia,
    Decoded,
    DecodedAudio,
    DecodedImage,
    DecodedVideo,
    DecodeTimeout,
    MediaTooLarge,
    UnsupportedFormat,
)
from pipeline.media_process import ProcessKilled, time_limit_seconds
from tests import media
from tests.pipeline.damage import png_bomb
from tests.pipeline.processes import decoding_processes, is_decoder

LIMITS = DecodeSettings()


@pytest.fixture(scope="module")
def decoder() -> Iterator[Decoder]:
    with Decoder(LIMITS) as shared:
        yield shared


@pytest.fixture(scope="module")
def photo() -> bytes:
    return media.image("jpeg", media.photo())


@pytest.fixture(scope="module")
def slow_file() -> bytes:
    """Takes most of a second on the fastest machine seen: 196 megapixels."""
    return png_bomb(14_000, 14_000)


def arrays(decoded: Decoded) -> list[np.ndarray]:
    match decoded:
        case DecodedImage():
            return [decoded.view]
        case DecodedAudio():
            return [decoded.samples]
        case DecodedVideo():
            sound = [decoded.audio.samples] if decoded.audio else []
            return [*(frame.view for frame in decoded.frames), decoded.frame_change, decoded.frame_shift, *sound]


@pytest.mark.parametrize("data", [
    media.image("jpeg", media.photo(), position=(1.0, 2.0)),
    media.audio("mp3", media.tone(0.5)),
    media.video("mp4", media.footage(scene_seconds=0.5), sound=media.tone(1.5)),
], ids=["image", "audio", "video"])  # fmt: skip
def test_same_as_in_process(decoder: Decoder, data: bytes, tmp_path: Path) -> None:
    file = tmp_path / "named.wrongly"
    file.write_bytes(data)
    expected = decode(data, LIMITS)
    for source in (data, file):
        decoded = decoder.decode(source)
        assert decoded.facts == expected.facts
        for one, other in zip(arrays(decoded), arrays(expected), strict=True):
            np.testing.assert_array_equal(one, other)


def test_errors_arrive_as_raised(decoder: Decoder, photo: bytes, tmp_path: Path) -> None:
    with pytest.raises(UnsupportedFormat, match="no accepted file format"):
        decoder.decode(b"text")
    with pytest.raises(CorruptMedia, match="JPEG picture is damaged"):
        decoder.decode(photo[:-2000])
    with pytest.raises(MediaTooLarge, match="200,000,000 pixels"):
        decoder.decode(png_bomb(15_000, 15_000))
    with pytest.raises(FileNotFoundError):
        decoder.decode(tmp_path / "absent.jpg")
    assert decoder.decode(photo).facts.width == 640


def test_relative_path(decoder: Decoder, photo: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "photo").write_bytes(photo)
    monkeypatch.chdir(tmp_path)
    assert decoder.decode(Path("photo")).facts.width == 640


def test_killed_once_the_file_is_tried_again(slow_file: bytes) -> None:
    with Decoder(LIMITS) as decoder, ThreadPoolExecutor(1) as threads:
        (victim,) = children_of(decoder)
        result = threads.submit(decoder.decode, slow_file)
        kill_when_busy(victim)
        assert result.result().facts.width == 14_000
        assert children_of(decoder) != {victim}
        assert not psutil.pid_exists(victim)


@pytest.mark.parametrize(("number", "error", "message"), [
    (signal.SIGKILL, ProcessKilled, "short of memory"),
    (signal.SIGSEGV, CorruptMedia, "does not survive"),
])  # fmt: skip
def test_crashed_twice_the_file_is_to_blame_and_killed_twice_the_machine(
    number: signal.Signals, error: type[Exception], message: str, slow_file: bytes, photo: bytes
) -> None:
    with Decoder(LIMITS) as decoder, ThreadPoolExecutor(1) as threads:
        (first,) = children_of(decoder)
        result = threads.submit(decoder.decode, slow_file)
        kill_when_busy(first, number)
        (second,) = wait_for(lambda: children_of(decoder) - {first})
        kill_when_busy(second, number)
        with pytest.raises(error, match=message):
            result.result()
        assert decoder.decode(photo).facts.width == 640


def test_time_limit(slow_file: bytes, photo: bytes) -> None:
    with Decoder(DecodeSettings(timeout_seconds=0.5)) as decoder:
        decoder.decode(photo)
        (late,) = children_of(decoder)
        start = time.monotonic()
        with pytest.raises(DecodeTimeout):
            decoder.decode(slow_file)
        assert time.monotonic() - start < 2
        assert not psutil.pid_exists(late)
    with Decoder(LIMITS) as decoder:
        assert decoder.decode(photo).facts.width == 640


def test_a_process_that_the_machine_kept_from_working_is_no_fault_of_the_file(photo: bytes) -> None:
    with Decoder(DecodeSettings(timeout_seconds=2.0)) as decoder:
        decoder.decode(photo)
        (stopped,) = children_of(decoder)
        os.kill(stopped, signal.SIGSTOP)
        assert decoder.decode(photo).facts.width == 640
        assert children_of(decoder) != {stopped}


def test_a_thread_that_would_work_while_the_first_one_waits_for_it_is_no_hanging_process(
    photo: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Such as FFmpeg's: all of the process' threads but the first are runnable, and get nothing."""
    with Decoder(LIMITS) as decoder:
        decoder.decode(photo)
        (child,) = decoder._children
        for states, kept in ((["S", "R"], True), (["S", "S"], False), (["S", "D"], True), ([], False)):
            monkeypatch.setattr(child, "_thread_states", lambda states=states: iter(states))
            child._cpu_seconds_before = child._cpu_seconds()
            assert child._was_kept_from_working(30.0) == kept
        monkeypatch.undo()
        assert set(child._thread_states()) & {"S", "R"}


@pytest.mark.parametrize(("size_bytes", "expected"), [(0, 30.0), (4_000_000, 30.2), (600_000_000, 60.0)])
def test_large_files_get_more_time(size_bytes: int, expected: float) -> None:
    assert time_limit_seconds(size_bytes, LIMITS) == pytest.approx(expected)


def test_memory_limit(photo: bytes) -> None:
    with Decoder(DecodeSettings(memory_bytes=1 << 30)) as decoder:
        with pytest.raises(MediaTooLarge, match="memory"):
            decoder.decode(png_bomb(14_000, 14_000, channels=3))
        assert decoder.decode(photo).facts.width == 640


def test_children_are_recycled(photo: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(media_process, "FILES_PER_CHILD", 2)
    with Decoder(LIMITS) as decoder:
        seen = []
        for _ in range(4):
            seen += children_of(decoder)
            decoder.decode(photo)
    assert len(set(seen)) == 2
    assert seen[0] == seen[1]


def test_many_threads(photo: bytes) -> None:
    with Decoder(DecodeSettings(workers=2)) as decoder, ThreadPoolExecutor(8) as threads:
        assert len(children_of(decoder)) == 2
        results = list(threads.map(decoder.decode, [photo] * 24))
    assert {result.facts.width for result in results} == {640}


def test_closed(photo: bytes, slow_file: bytes) -> None:
    before = decoding_processes()
    decoder = Decoder(LIMITS)
    with ThreadPoolExecutor(1) as threads:
        running = threads.submit(decoder.decode, slow_file)
        (child,) = decoding_processes() - before
        busy(child)
        decoder.close()
        assert running.result().facts.width == 14_000
    assert decoding_processes() == before
    decoder.close()
    with pytest.raises(RuntimeError, match="closed"):
        decoder.decode(photo)


def test_child_knows_neither_torch_nor_ray_nor_credentials(decoder: Decoder, photo: bytes) -> None:
    decoder.decode(photo)
    (child,) = children_of(decoder)
    mapped = Path(f"/proc/{child}/maps").read_text(encoding="utf-8")
    assert "libavcodec" in mapped
    assert not {name for name in ("libtorch", "_raylet", "openvino", "ctranslate2") if name in mapped}
    assert psutil.Process(child).environ().keys() <= {*media_process._KEPT_VARIABLES, *media_process._environment()}


@pytest.mark.parametrize("busy_at_death", [False, True])
def test_children_die_with_their_parent(busy_at_death: bool, tmp_path: Path, slow_file: bytes) -> None:
    file = tmp_path / "slow.png"
    file.write_bytes(slow_file)
    script = (
        "import sys, pathlib, threading, time\n"
        "from configs.settings import DecodeSettings\n"
        "from pipeline.decode_process import Decoder\n"
        "decoder = Decoder(DecodeSettings())\n"
        f"if {busy_at_death}: threading.Thread(target=decoder.decode, args=[pathlib.Path({str(file)!r})]).start()\n"
        "time.sleep(60)\n"
    )
    parent = subprocess.Popen([sys.executable, "-c", script])
    (child,) = wait_for(lambda: [each for each in psutil.Process(parent.pid).children() if is_decoder(each)])
    if busy_at_death:
        busy(child.pid)
    parent.kill()
    parent.wait()
    child.wait(timeout=30)


class Evil:
    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.system, ("true",)


@pytest.mark.parametrize("value", [Evil(), subprocess.Popen, getattr, np.load])
def test_channel_builds_no_foreign_objects(value: object) -> None:
    ours, theirs = socket.socketpair()
    Channel(theirs, 1 << 20).send(value)
    with pytest.raises(pickle.UnpicklingError, match="may not come"):
        Channel(ours, 1 << 20).receive(5.0)


def test_channel_refuses_huge_messages() -> None:
    ours, theirs = socket.socketpair()
    with ThreadPoolExecutor(1) as threads:
        threads.submit(Channel(theirs, 1 << 20).send, np.zeros(50_000))
        with pytest.raises(pickle.UnpicklingError, match="at most 1000 bytes"):
            Channel(ours, 1000).receive(5.0)
        ours.close()


def test_channel_times_out() -> None:
    ours, theirs = socket.socketpair()
    with theirs, pytest.raises(TimeoutError):
        Channel(ours, 1 << 20).receive(0.05)


def test_handover_is_quick(decoder: Decoder) -> None:
    """A view of 9 MB takes 3 ms on an idle machine; 60 leave room for a busy one."""
    ours, theirs = socket.socketpair()
    view = np.zeros((1512, 2016, 3), np.uint8)
    there, here = Channel(theirs, 1 << 30), Channel(ours, 1 << 30)
    seconds = []
    for _ in range(9):
        sender = threading.Thread(target=there.send, args=[view])
        start = time.perf_counter()
        sender.start()
        here.receive(30.0)
        seconds.append(time.perf_counter() - start)
        sender.join()
    assert min(seconds) < 0.06


def children_of(decoder: Decoder) -> set[int]:
    """Process ids."""
    return {child._process.pid for child in decoder._children}


def busy(pid: int) -> None:
    """Wait until the process has imported everything and works on a file."""
    process = psutil.Process(pid)
    wait_for(lambda: process.memory_info().rss > 150e6)


def kill_when_busy(pid: int, number: signal.Signals = signal.SIGKILL) -> None:
    busy(pid)
    os.kill(pid, number)


def wait_for(condition, timeout_seconds: float = 60.0):
    deadline = time.monotonic() + timeout_seconds
    while not (found := condition()):
        assert time.monotonic() < deadline, "nothing happened"
        time.sleep(0.01)
    return found
