"""Speech for tests, spoken by espeak-ng (Debian package `espeak-ng`)."""

import shutil
import subprocess
from functools import cache
from io import BytesIO

import numpy as np
from faster_whisper.audio import decode_audio
from numpy.typing import NDArray

INSTALLED = shutil.which("espeak-ng") is not None


@cache
def say(text: str, voice: str = "en-us") -> NDArray[np.float32]:
    """A sentence at 140 words a minute, shape (samples,), 16 kHz."""
    wav = subprocess.run(["espeak-ng", "-v", voice, "-s", "140", "--stdout", text], check=True, capture_output=True)
    samples: NDArray[np.float32] = decode_audio(BytesIO(wav.stdout), sampling_rate=16_000)
    return samples


def silence(seconds: float) -> NDArray[np.float32]:
    return np.zeros(round(seconds * 16_000), np.float32)
