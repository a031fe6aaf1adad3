"""Decoding video on the GPU: NVDEC through FFmpeg, which PyAV's wheels are built with."""

import ctypes
from functools import cache

from av.codec.hwaccel import HWAccel

from configs.settings import DecodeSettings

NVDEC_FORMATS = ("nv12", "p010le", "p016le")
"""How its frames arrive, of 8, 10 and 12 bits; FFmpeg's own decoders of what we accept make none of these."""
_LIBRARIES = ("libcuda.so.1", "libnvcuvid.so.1")
"""Of the driver. A container has the second one only with the capability `video`."""


def accelerator(limits: DecodeSettings) -> HWAccel | None:
    """For `open_container`; `None` where video is decoded on the CPU.

    What the GPU or FFmpeg's decoder for it does not know (AV1, ProRes) is decoded on the CPU by FFmpeg itself.
    """
    if limits.video_device == "cpu" or not nvdec_is_there():
        return None
    return HWAccel("cuda", allow_software_fallback=True)


@cache
def nvdec_is_there() -> bool:
    """Whether the driver's libraries load. Whether there is a device shows when one is opened."""
    return all(_loads(name) for name in _LIBRARIES)


def _loads(name: str) -> bool:
    try:
        ctypes.CDLL(name)
    except OSError:
        return False
    return True
