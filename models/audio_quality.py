"""How a recording sounds: DNSMOS P.835 (Reddy et al. 2022), loudness, noise, clipping and speech."""

from collections.abc import Sequence

import numpy as np
import openvino
import pyloudnorm
from openvino import opset13

from models.outputs import AudioQuality, ItemError, ModelIdentity
from models.recording import Recording
from models.runtime.device import Placement
from models.runtime.openvino_network import compile_model
from models.voice_activity import SAMPLE_RATE_HZ, Samples, Span, problem_with, speech_spans
from models.weights import Weights

WINDOW_SAMPLES = round(9.01 * SAMPLE_RATE_HZ)
"""What DNSMOS hears at once; its authors repeat a shorter recording to fill it."""
HOPS, HOP_SAMPLES = 900, 160
TURN_SAMPLES = SAMPLE_RATE_HZ // 2
"""Of the second turn of a short recording: the network sees 0.2 s to each side (decision 0029)."""
FRAMINGS = 3
"""Where the network counts its hops: at the end of the first of two overlapping cuts, and in the frames of both."""
WINDOW_STEP_SAMPLES = 48 * HOP_SAMPLES
"""Shorter windows are a multiple of it, so that few are prepared for; three layers halve the 48 hops."""
LOUDNESS_FLOOR_LUFS = -70.0
"""Absolute gate of BS.1770-4."""
MIN_LOUDNESS_SAMPLES = round(0.4 * SAMPLE_RATE_HZ)
"""One block of the loudness meter."""
MIN_PAUSE_SECONDS, PADDING_SECONDS = 0.5, 0.2
MIN_PAUSE_SAMPLES = SAMPLE_RATE_HZ // 4
LEVEL_FRAME_SAMPLES = 320
SNR_RANGE_DB = (-20.0, 80.0)

_SIGNAL = np.poly1d([-0.08397278, 1.22083953, 0.0052439])
_BACKGROUND = np.poly1d([-0.13166888, 1.60915514, -0.39604546])
_OVERALL = np.poly1d([-0.06766283, 1.11546468, 0.04602535])
"""From the network's outputs to opinion scores: the fit that Microsoft publishes with the weights."""


def load(
    weights: Weights, placement: Placement, *, backend: str = "dnsmos", max_windows: int = 6
) -> "AudioQualityModel":
    """Compile the network.

    Args:
        backend: only `dnsmos`.
        max_windows: windows of a long recording that are judged, evenly spread.

    Raises:
        ValueError: no such backend.
    """
    if backend != "dnsmos":
        raise ValueError(f"no backend {backend!r}; known: dnsmos")
    return AudioQualityModel(weights, placement, max_windows)


class AudioQualityModel:
    """Item: `Recording`. Output: `AudioQuality`."""

    def __init__(self, weights: Weights, placement: Placement, max_windows: int) -> None:
        self.identity = ModelIdentity(
            "audio_quality", weights.name, weights.version, weights.digest, placement.precision
        )
        network = openvino.Core().read_model(weights.path("sig_bak_ovr.onnx"))
        self._network = compile_model(_of_any_length(network), placement)
        self._max_windows = max_windows

    def cost(self, item: Recording) -> float:
        """Seconds of sound."""
        return len(item.samples) / SAMPLE_RATE_HZ

    def warm_up(self) -> None:
        self.run([Recording(np.zeros(SAMPLE_RATE_HZ, np.float32), 0.0)])

    def run(self, batch: Sequence[Recording]) -> list[AudioQuality | ItemError]:
        """One recording after the other: its windows are the batch."""
        problems = [problem_with(item.samples) for item in batch]
        return [
            ItemError(problem) if problem else self._judge(item) for item, problem in zip(batch, problems, strict=True)
        ]

    def _judge(self, recording: Recording) -> AudioQuality:
        samples = recording.samples
        spans = speech_spans(samples, min_pause_seconds=MIN_PAUSE_SECONDS, padding_seconds=PADDING_SECONDS)
        signal, background, overall = self._opinions(samples)
        return AudioQuality(
            signal=signal,
            background=background,
            overall=overall,
            loudness_lufs=loudness_lufs(samples),
            snr_db=snr_db(samples, spans),
            speech_ratio=min(1.0, sum(span.seconds for span in spans) * SAMPLE_RATE_HZ / len(samples)),
            clipping_ratio=recording.clipping_ratio,
        )

    def _opinions(self, samples: Samples) -> tuple[float, float, float]:
        """Mean opinion scores for speech, background and overall, 1–5."""
        (raw,) = self._network(windows(samples, self._max_windows))
        signal, background, overall = (
            float(np.clip(curve(values).mean(), 1.0, 5.0))
            for curve, values in zip((_SIGNAL, _BACKGROUND, _OVERALL), raw.T.astype(np.float64), strict=True)
        )
        return signal, background, overall


def windows(samples: Samples, most: int) -> Samples:
    """At most `most` windows of 9.01 s, evenly spread; shape (windows, 144160).

    Of a shorter recording it is one, repeated for half a second or a little more; shape (1, up to 144160).
    """
    if len(samples) < WINDOW_SAMPLES:
        steps = -(-(len(samples) + TURN_SAMPLES) // WINDOW_STEP_SAMPLES)
        return np.resize(samples, (1, min(WINDOW_SAMPLES, steps * WINDOW_STEP_SAMPLES + HOP_SAMPLES)))
    count = min(most, max(1, round(len(samples) / WINDOW_SAMPLES)))
    starts = np.linspace(0, len(samples) - WINDOW_SAMPLES, count).astype(int)
    return np.stack([samples[start : start + WINDOW_SAMPLES] for start in starts])


def _of_any_length(network: openvino.Model) -> openvino.Model:
    """The network for windows that are shorter: convolutions and a maximum, of which only the framing counts hops.

    Raises:
        ValueError: it frames otherwise.
    """
    all_but_one_hop = opset13.constant(np.array([np.iinfo(np.int64).max, -HOP_SAMPLES]))
    as_many_hops = opset13.constant(np.array([0, -1, HOP_SAMPLES]))
    swapped = 0
    for node in network.get_ordered_ops():
        match node.get_type_name():
            case "Slice" if _constant(node.input_value(2)) == (np.iinfo(np.int64).max, HOPS * HOP_SAMPLES):
                node.input(2).replace_source_output(all_but_one_hop.output(0))
            case "Reshape" if _constant(node.input_value(1)) == (-1, HOPS, HOP_SAMPLES):
                node.input(1).replace_source_output(as_many_hops.output(0))
            case _:
                continue
        swapped += 1
    if swapped != FRAMINGS:
        raise ValueError(f"the network is no DNSMOS P.835 of {HOPS} hops: {swapped} of {FRAMINGS} framings were found")
    network.reshape([-1, -1])
    return network


def _constant(value: openvino.Output) -> tuple[int, ...] | None:
    node = value.get_node()
    return tuple(node.data.tolist()) if node.get_type_name() == "Constant" else None


def loudness_lufs(samples: Samples) -> float:
    """Integrated loudness; the floor for silence. What is shorter than one block is repeated until it fills one."""
    if len(samples) < MIN_LOUDNESS_SAMPLES:
        samples = np.resize(samples, MIN_LOUDNESS_SAMPLES)
    with np.errstate(divide="ignore"):
        loudness = float(pyloudnorm.Meter(SAMPLE_RATE_HZ).integrated_loudness(samples.astype(np.float64)))
    return max(LOUDNESS_FLOOR_LUFS, loudness) if np.isfinite(loudness) else LOUDNESS_FLOOR_LUFS


def snr_db(samples: Samples, spans: Sequence[Span]) -> float:
    """10 log10((speech power - pause power) / pause power), between -20 and 80 dB.

    Where the pauses last under a quarter of a second, the quietest tenth of the 20 ms frames stands for them.
    """
    speaking = np.zeros(len(samples), bool)
    for span in spans:
        speaking[span.start_sample : span.end_sample] = True
    if not speaking.any():
        return SNR_RANGE_DB[0]
    pauses = samples[~speaking]
    noise = float(np.mean(np.square(pauses))) if len(pauses) >= MIN_PAUSE_SAMPLES else _quiet_power(samples)
    speech = float(np.mean(np.square(samples[speaking]))) - noise
    ratio = 10 * np.log10(max(speech, 1e-12) / max(noise, 1e-12))
    return float(np.clip(ratio, *SNR_RANGE_DB))


def _quiet_power(samples: Samples) -> float:
    frames = samples[: len(samples) // LEVEL_FRAME_SAMPLES * LEVEL_FRAME_SAMPLES].reshape(-1, LEVEL_FRAME_SAMPLES)
    return float(np.percentile(np.square(frames).mean(axis=1), 10)) if len(frames) else float(np.square(samples).mean())
