"""Whether two recordings are one: the audio fingerprint of Haitsma and Kalker (2002), with a coarser step."""

import numpy as np
from numpy.typing import NDArray

from pipeline.media import SAMPLE_RATE_HZ

_BANDS = 33
_BAND_RANGE_HZ = (300.0, 3000.0)
"""Up to 3 kHz instead of their 2, since speech has more to tell there than music."""
_FRAME_SECONDS, _STEP_SECONDS = 0.37, 0.05
_MIN_SHARED_FRAMES = 20
"""One second: less sound in common proves nothing."""
_MAX_FRAMES = 2400
"""Two minutes of a recording are compared."""
_SILENT_ENERGY = 1e-3
"""Digital silence is alike everywhere."""
_INDEXED_BITS = np.uint32(0xFFFF)

Words = NDArray[np.uint32]


def sound_words(samples: NDArray[np.float32]) -> Words | None:
    """Signs of the change of energy from band to band and frame to frame, of samples at 16 kHz.

    Digital silence (a noise gate's, say) is left out, or any two recordings that have some would be alike there.

    Returns:
        One word of 32 signs a step of 50 ms, shape (frames,); `None` with less than 1.4 s of sound.
    """
    frame, step = round(_FRAME_SECONDS * SAMPLE_RATE_HZ), round(_STEP_SECONDS * SAMPLE_RATE_HZ)
    if len(samples) < frame + _MIN_SHARED_FRAMES * step:
        return None
    windows = np.lib.stride_tricks.sliding_window_view(samples, frame)[::step][:_MAX_FRAMES]
    energy = _band_energy(windows * np.hanning(frame).astype(np.float32))
    energy = energy[energy.max(axis=1) >= _SILENT_ENERGY]
    if len(energy) <= _MIN_SHARED_FRAMES:
        return None
    rises = np.diff(np.diff(energy, axis=1), axis=0) > 0
    return np.asarray((rises * (np.uint32(1) << np.arange(_BANDS - 1, dtype=np.uint32))).sum(axis=1), np.uint32)


def _band_energy(windows: NDArray[np.float32]) -> NDArray[np.float32]:
    """Energy in 33 bands of equal ratio, shape (frames, 33)."""
    power = np.abs(np.fft.rfft(windows, axis=1)) ** 2
    edges_hz = np.geomspace(*_BAND_RANGE_HZ, _BANDS + 1)
    edges = (edges_hz / (SAMPLE_RATE_HZ / 2) * (power.shape[1] - 1)).astype(int)
    return np.asarray(np.add.reduceat(power, edges, axis=1)[:, :_BANDS], np.float32)


def bit_error(one: Words, other: Words) -> float:
    """Least share of differing bits over all shifts by which two sounds overlap at least half; 0.5 is chance."""
    short, long = sorted((one, other), key=len)
    least = max(_MIN_SHARED_FRAMES, len(short) // 2)
    shifts = range(least - len(short), len(long) - least + 1)
    return min((_bit_error_at(short, long, shift) for shift in shifts), default=1.0)


def _bit_error_at(short: Words, long: Words, shift: int) -> float:
    start, end = max(0, shift), min(len(long), shift + len(short))
    return float(np.bitwise_count(long[start:end] ^ short[start - shift : end - shift]).mean()) / 32


def shared_words(new: Words, earlier: list[Words]) -> NDArray[np.float64]:
    """Share of each earlier recording's words whose lower 16 bits occur in the new one, shape (len(earlier),).

    Copies share a fifth or more and other speech 4% at most (7 recordings, five kinds of copies), so this finds
    what is worth the search over all shifts, as their lookup table does.
    """
    if not earlier:
        return np.zeros(0)
    occurs = np.zeros(int(_INDEXED_BITS) + 1, bool)
    occurs[new & _INDEXED_BITS] = True
    lengths = np.array([len(words) for words in earlier])
    starts = np.cumsum(lengths) - lengths
    return np.asarray(np.add.reduceat(occurs[np.concatenate(earlier) & _INDEXED_BITS], starts, dtype=int) / lengths)
