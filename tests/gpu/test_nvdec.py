"""Video on NVDEC: the same frames as from the CPU's decoder, in a decoding process with its limits."""

import numpy as np
import pytest

from configs.settings import DecodeSettings
from pipeline.decode_process import Decoder
from pipeline.hardware import nvdec_is_there
from pipeline.media import DecodedVideo
from tests.media import footage, turned, video

pytestmark = pytest.mark.skipif(not nvdec_is_there(), reason="needs libnvcuvid.so.1 (driver capability `video`)")


@pytest.mark.parametrize("clockwise_degrees", [0, 90])
def test_frames_are_those_of_the_cpu(clockwise_degrees: int) -> None:
    clip = turned(video("mp4", footage()), clockwise_degrees)
    by_gpu, by_cpu = _decoded(clip, "cuda"), _decoded(clip, "cpu")
    assert (by_gpu.on_gpu, by_cpu.on_gpu) == (True, False)
    on_gpu, on_cpu = by_gpu.frames, by_cpu.frames
    assert [frame.at_seconds for frame in on_gpu] == [frame.at_seconds for frame in on_cpu]
    for one, other in zip(on_gpu, on_cpu, strict=True):
        assert one.view.shape == other.view.shape
        difference = np.abs(one.view.astype(int) - other.view.astype(int))
        assert difference.mean() < 2.0, "levels of 255; NVDEC's frames are NV12 rather than planar"


def test_what_the_gpu_lacks_is_decoded_all_the_same() -> None:
    """No NVDEC decodes H.264 with four colour samples to four of brightness."""
    clip = video("mp4", footage(), pixel_format="yuv444p")
    by_gpu, by_cpu = _decoded(clip, "cuda"), _decoded(clip, "cpu")
    assert not by_gpu.on_gpu
    assert len(by_gpu.frames) == len(by_cpu.frames)


def _decoded(clip: bytes, device: str) -> DecodedVideo:
    decoder = Decoder(DecodeSettings.model_validate({"video_device": device}))
    try:
        media = decoder.decode(clip)
    finally:
        decoder.close()
    assert isinstance(media, DecodedVideo)
    return media
