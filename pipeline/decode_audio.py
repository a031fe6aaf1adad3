"""Sound: one channel of 16 kHz float32, as loud as it was, and how much of it clips."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import av
import numpy as np
from av.audio.stream import AudioStream
from av.container import InputContainer
from numpy.typing import NDArray

from pipeline.container import codec_name, declared_seconds, decoded_frames, packets, require_complete, start_seconds
from pipeline.media import SAMPLE_RATE_HZ, CorruptMedia, DecodedAudio, MediaFacts, MediaTooLarge

Block = NDArray[np.float32]
"""Samples of shape (channels, samples); full scale is ±1."""

_BLOCK_SECONDS = 4.0
"""Sound that is mixed and resampled at once: numpy's cost per call vanishes, memory stays in megabytes."""

_FULL_SCALE = 0.999
_PLATEAU_MIN = 0.9
"""A lower peak is held to be the sound's own, not the converter's limit."""
_QUANTUM = 2.0**-15
"""One step of 16 bits: samples on a plateau differ by rounding alone."""
_CLIPPED_RUN = 3
"""Fewer samples in a row touch full scale in clean recordings too."""

_MAX_AMPLITUDE = 10.0
"""20 dB over full scale. Lossy codecs overshoot by a few dB; beyond this a float file is damaged."""
_CANCELLED = 0.1
"""Sound in a single one of n channels has 1/n² of its power in their mean; of what cancels out, less than a tenth of
that is left."""
_RATES_HZ = range(4_000, 768_001)


@dataclass(slots=True)
class Clipping:
    """Counts clipped samples block by block.

    A sample is clipped when it lies, with at least two neighbours of its channel, at full scale (0.999), or, in a
    file that was turned down after it clipped, on the plateau of its own peak. A run that crosses from one block
    into the next counts as two.
    """

    threshold: float = np.inf
    clipped: int = 0
    samples: int = 0

    def add(self, block: Block) -> None:
        """Count `block`; a peak that raises the threshold shows that lower blocks were not clipped."""
        magnitude = np.abs(block)
        peak = float(magnitude.max(initial=0.0))
        threshold = min(_FULL_SCALE, peak - _QUANTUM)
        if peak >= _PLATEAU_MIN and (threshold > self.threshold or self.threshold == np.inf):
            self.threshold, self.clipped = threshold, 0
        self.clipped += sum(_in_runs(channel >= self.threshold) for channel in magnitude)
        self.samples += block.size

    @property
    def ratio(self) -> float:
        return self.clipped / self.samples if self.samples else 0.0


def decode_audio(container: InputContainer, track: AudioStream, facts: MediaFacts, max_seconds: float) -> DecodedAudio:
    """Decode one track: the mean of its channels, resampled to `SAMPLE_RATE_HZ`, loudness untouched.

    Returns:
        Samples, float32 of shape (samples,), full scale ±1, of which an empty track has none, and facts with
        duration, codec, rate and channels.

    Raises:
        MediaTooLarge: longer than `max_seconds`.
        CorruptMedia: fewer samples than the file declares.
        UnsupportedFormat: a codec that is not accepted.
    """
    codec = codec_name(track)
    declared = declared_seconds(container, track)
    if facts.format != "mp3":  # there it is a guess, from the bit rate of the first frame
        _require_at_most(declared or 0.0, max_seconds)
    clipping, mixer = Clipping(), _Mixer()
    for rate_hz, block in _blocks(container, track):
        clipping.add(block)
        mixer.add(block, rate_hz)
        _require_at_most(mixer.seconds, max_seconds)
    samples = mixer.finish()
    duration_seconds = len(samples) / SAMPLE_RATE_HZ
    require_complete(start_seconds(track) + duration_seconds, declared, facts.format)
    facts = replace(
        facts,
        duration_seconds=duration_seconds,
        codecs=(codec,),
        sample_rate_hz=mixer.first_rate_hz,
        channels=mixer.first_channels,
    )
    return DecodedAudio(facts, samples, clipping.ratio)


class _Mixer:
    """Mixes blocks to one channel and resamples them; a change of rate within the file is followed."""

    def __init__(self) -> None:
        self.first_rate_hz: int | None = None
        self.first_channels: int | None = None
        self.seconds = 0.0
        self._rate_hz = 0
        self._resampler: av.AudioResampler | None = None
        self._parts: list[NDArray[np.float32]] = []

    def add(self, block: Block, rate_hz: int) -> None:
        self.first_rate_hz = self.first_rate_hz or rate_hz
        self.first_channels = self.first_channels or len(block)
        self.seconds += block.shape[1] / rate_hz
        if rate_hz != self._rate_hz:
            self._flush()
            self._rate_hz, self._resampler = rate_hz, av.AudioResampler("flt", "mono", SAMPLE_RATE_HZ)
        mono = np.nan_to_num(_mixed(block), posinf=_MAX_AMPLITUDE, neginf=-_MAX_AMPLITUDE)
        frame = av.AudioFrame.from_ndarray(mono.clip(-_MAX_AMPLITUDE, _MAX_AMPLITUDE)[np.newaxis], "flt", "mono")
        frame.sample_rate = rate_hz
        self._resample(frame)

    def finish(self) -> NDArray[np.float32]:
        self._flush()
        return np.concatenate(self._parts) if self._parts else np.zeros(0, np.float32)

    def _flush(self) -> None:
        if self._resampler is not None:
            self._resample(None)

    def _resample(self, frame: Any) -> None:
        assert self._resampler is not None
        self._parts += [part.to_ndarray()[0] for part in self._resampler.resample(frame)]


def _mixed(block: Block) -> NDArray[np.float32]:
    """The mean of the channels, or the loudest of those that cancel each other out.

    The mean keeps the level of what all channels share; FFmpeg's own downmix of floats adds 3 dB. A balanced
    microphone on a stereo plug has its sound in both channels with opposite signs, and none in the mean.
    """
    mean: NDArray[np.float32] = block.mean(axis=0, dtype=np.float32)
    powers = np.square(block).mean(axis=1)
    if float(np.square(mean).mean()) < _CANCELLED * float(powers.max()) / len(block) ** 2:
        return np.asarray(block[int(powers.argmax())], np.float32)
    return mean


def _blocks(container: InputContainer, track: AudioStream) -> Iterator[tuple[int, Block]]:
    """Rate in hertz and samples, in pieces of about `_BLOCK_SECONDS` in which rate and channels are the same."""
    pending: list[Block] = []
    rate_hz = pending_samples = 0
    for frame in decoded_frames(track, packets(container, track)):
        _require_plausible(frame.sample_rate)
        samples = _float_samples(frame)
        changes = pending and (frame.sample_rate != rate_hz or len(samples) != len(pending[0]))
        if pending and (changes or pending_samples >= _BLOCK_SECONDS * rate_hz):
            yield rate_hz, np.concatenate(pending, axis=1)
            pending, pending_samples = [], 0
        rate_hz = frame.sample_rate
        pending.append(samples)
        pending_samples += samples.shape[1]
    if pending:
        yield rate_hz, np.concatenate(pending, axis=1)


def _float_samples(frame: Any) -> Block:
    """The samples of a frame in any of FFmpeg's sample formats."""
    samples = frame.to_ndarray()
    if not frame.format.is_planar:
        samples = samples.reshape(-1, len(frame.layout.channels)).T
    if samples.dtype == np.uint8:
        return np.asarray((samples.astype(np.float32) - 128) / 128, np.float32)
    scale = 1.0 if samples.dtype.kind == "f" else 2.0 ** (8 * samples.itemsize - 1)
    return np.asarray(samples, np.float32) / np.float32(scale)


def _in_runs(flags: NDArray[np.bool_]) -> int:
    """How many of the flags are set in a run of at least `_CLIPPED_RUN`."""
    if not flags.any():
        return 0
    edges = np.flatnonzero(np.diff(flags, prepend=False, append=False))
    lengths = edges[1::2] - edges[::2]
    return int(lengths[lengths >= _CLIPPED_RUN].sum())


def _require_at_most(seconds: float, max_seconds: float) -> None:
    if seconds > max_seconds:
        raise MediaTooLarge(f"The recording is longer than {max_seconds:.0f} seconds.")


def _require_plausible(rate_hz: int) -> None:
    if rate_hz not in _RATES_HZ:
        raise CorruptMedia(f"The file declares an impossible sample rate of {rate_hz} Hz.")
