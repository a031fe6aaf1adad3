"""Without a GPU: video is decoded on the CPU all the same, and nobody's file is blamed."""

import pytest
from av.codec.hwaccel import HWAccel

from configs.settings import DecodeSettings
from pipeline import decode_video, hardware
from pipeline.decode import decode
from pipeline.decode_process import Decoder
from pipeline.media import DecodedVideo
from tests.media import footage, video

ON_GPU = DecodeSettings(video_device="cuda")


@pytest.fixture(scope="module")
def clip() -> bytes:
    return video("mp4", footage(scene_seconds=0.5))


def test_the_cpu_is_the_default() -> None:
    assert hardware.accelerator(DecodeSettings()) is None


def test_without_the_drivers_libraries_there_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hardware, "nvdec_is_there", lambda: False)
    assert hardware.accelerator(ON_GPU) is None


@pytest.mark.skipif(hardware.nvdec_is_there(), reason="there is a GPU, which would not fail")
def test_a_device_that_fails_costs_no_file(clip: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    on_cpu = decode(clip, DecodeSettings())
    opened = []

    def accelerator(limits: DecodeSettings) -> HWAccel:
        opened.append(HWAccel("cuda", allow_software_fallback=True))
        return opened[-1]

    monkeypatch.setattr(decode_video, "accelerator", accelerator)
    fallen_back = decode(clip, ON_GPU)
    assert len(opened) == 1
    assert isinstance(fallen_back, DecodedVideo)
    assert isinstance(on_cpu, DecodedVideo)
    assert [frame.at_seconds for frame in fallen_back.frames] == [frame.at_seconds for frame in on_cpu.frames]


def test_the_decoding_process_does_its_work_in_private_memory(clip: bytes) -> None:
    decoder = Decoder(ON_GPU)
    try:
        assert isinstance(decoder.decode(clip), DecodedVideo)
    finally:
        decoder.close()
