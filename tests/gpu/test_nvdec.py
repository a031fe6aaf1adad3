"""Video on NVDEC: the same frames as from the CPU's decoder, in a decoding process with its limits."""

from collections.abc import Sequence
from io import BytesIO

import numpy as np
import pytest

from configs.settings import DecodeSettings
from pipeline.container import open_container
from pipeline.decode_process import Decoder
from pipeline.hardware import accelerator, nvdec_is_there
from pipeline.media import DecodedVideo, VideoFrame
from tests.media import footage, turned, video

pytestmark = pytest.mark.skipif(not nvdec_is_there(), reason="needs libnvcuvid.so.1 (driver capability `video`)")


def test_the_gpu_decodes() -> None:
    """Else the other tests compare the CPU with itself, which takes over whatever the GPU does not do."""
    settings = DecodeSettings.model_validate({"video_device": "cuda"})
    with open_container(BytesIO(video("mp4", footage())), "mp4", accelerator(settings)) as container:
        (track,) = container.streams.video
        next(container.decode(track))
        assert track.codec_context.is_hwaccel


@pytest.mark.parametrize("clockwise_degrees", [0, 90])
def test_frames_are_those_of_the_cpu(clockwise_degrees: int) -> None:
    clip = turned(video("mp4", footage()), clockwise_degrees)
    on_gpu, on_cpu = _decoded(clip, "cuda"), _decoded(clip, "cpu")
    assert [frame.at_seconds for frame in on_gpu] == [frame.at_seconds for frame in on_cpu]
    for one, other in zip(on_gpu, on_cpu, strict=True):
        assert one.view.shape == other.view.shape
        difference = np.abs(one.view.astype(int) - other.view.astype(int))
        assert difference.mean() < 2.0, "levels of 255; NVDEC's frames are NV12 rather than planar"


def test_a_codec_that_the_gpu_lacks_is_decoded_all_the_same() -> None:
    clip = video("webm", footage())
    assert len(_decoded(clip, "cuda")) == len(_decoded(clip, "cpu"))


def _decoded(clip: bytes, device: str) -> Sequence[VideoFrame]:
    decoder = Decoder(DecodeSettings.model_validate({"video_device": device}))
    try:
        media = decoder.decode(clip)
    finally:
        decoder.close()
    assert isinstance(media, DecodedVideo)
    return media.frames
