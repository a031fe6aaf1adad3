import numpy as np
import onnxruntime
import openvino
import pytest
from numpy.typing import NDArray
from openvino import opset13

from configs.settings import load_settings
from models import audio_quality
from models.audio_quality import AudioQualityModel, loudness_lufs, snr_db, windows
from models.outputs import AudioQuality, ItemError
from models.recording import Recording
from models.runtime.device import Placement
from models.voice_activity import Span
from models.weights import Registry, Weights
from tests.models.espeak import INSTALLED, say, silence

Samples = NDArray[np.float32]
RIVER = "We walked along the river until the sun went down."
WHOLE = audio_quality.WINDOW_SAMPLES
needs_speech = pytest.mark.skipif(not INSTALLED, reason="espeak-ng is not installed: apt-get install espeak-ng")


@pytest.fixture(scope="module")
def weights() -> Weights:
    settings = load_settings("embedded")
    return Registry.load(settings.weights, settings.data_dir).open("dnsmos")


@pytest.fixture(scope="module")
def model(weights: Weights, tmp_path_factory: pytest.TempPathFactory) -> AudioQualityModel:
    return audio_quality.load(weights, Placement("cpu", "f32", 2, tmp_path_factory.mktemp("cache")))


def _noisy(samples: Samples, snr: float) -> Samples:
    noise = np.random.default_rng(0).normal(0, 1, len(samples))
    power = np.mean(np.square(samples[samples != 0])) / 10 ** (snr / 10)
    return (samples + noise * np.sqrt(power)).astype(np.float32)


def _judged(model: AudioQualityModel, *recordings: Samples) -> list[AudioQuality]:
    results = model.run([Recording(samples, 0.0) for samples in recordings])
    assert all(isinstance(result, AudioQuality) for result in results), results
    return [result for result in results if isinstance(result, AudioQuality)]


@needs_speech
def test_noise_is_heard(model: AudioQualityModel) -> None:
    speech = np.concatenate([silence(1.5), say(RIVER), silence(1.5)])
    clean, mild, harsh = _judged(model, speech, _noisy(speech, 15), _noisy(speech, 0))
    assert clean.background > mild.background > harsh.background
    assert clean.overall > harsh.overall
    assert clean.snr_db > mild.snr_db > harsh.snr_db
    assert mild.snr_db == pytest.approx(15, abs=3)
    assert all(1 <= value <= 5 for each in (clean, harsh) for value in (each.signal, each.background, each.overall))
    assert clean.speech_ratio == pytest.approx(len(say(RIVER)) / len(speech), abs=0.15)


@needs_speech
def test_scores_are_those_of_the_published_recipe(model: AudioQualityModel, weights: Weights) -> None:
    """Microsoft's `dnsmos.py` for one window: ONNX Runtime, then one polynomial for each score."""
    recording = np.resize(say(RIVER), audio_quality.WINDOW_SAMPLES)
    session = onnxruntime.InferenceSession(weights.path("sig_bak_ovr.onnx"))
    signal, background, overall = session.run(None, {"input_1": recording[None]})[0][0].astype(float)
    (judged,) = _judged(model, recording)
    assert judged.signal == pytest.approx(-0.08397278 * signal**2 + 1.22083953 * signal + 0.0052439, abs=1e-3)
    assert judged.background == pytest.approx(
        -0.13166888 * background**2 + 1.60915514 * background - 0.39604546, abs=1e-3
    )
    assert judged.overall == pytest.approx(-0.06766283 * overall**2 + 1.11546468 * overall + 0.04602535, abs=1e-3)


@needs_speech
@pytest.mark.parametrize("seconds", [0.6, 1.5, 2.4])
def test_a_short_recording_is_judged_as_when_it_fills_the_window(model: AudioQualityModel, seconds: float) -> None:
    """Its authors repeat it for 9 s; that it begins elsewhere in its turn makes more of a difference (0029)."""
    recording = _noisy(say(RIVER)[: round(seconds * 16_000)], 20)
    assert windows(recording, 6).shape[1] < WHOLE / 2
    filled = np.resize(recording, WHOLE)
    short, whole = _judged(model, recording, filled)
    for of_short, of_whole in zip((short.signal, short.overall), (whole.signal, whole.overall), strict=True):
        assert of_short == pytest.approx(of_whole, abs=0.3)


def test_other_networks_are_refused() -> None:
    picture = opset13.parameter([-1, 100], np.float32)
    other = openvino.Model([opset13.relu(picture)], [picture], "other")
    with pytest.raises(ValueError, match=r"no DNSMOS P\.835 of 900 hops: 0 of 3"):
        audio_quality._of_any_length(other)


def test_silence_and_noise_are_no_speech(model: AudioQualityModel) -> None:
    noise = np.random.default_rng(0).normal(0, 0.1, 48_000).astype(np.float32)
    quiet, loud, instant = _judged(model, silence(3.0), noise, silence(0.01))
    assert (quiet.speech_ratio, quiet.loudness_lufs, quiet.snr_db) == (0.0, -70.0, -20.0)
    assert (loud.speech_ratio, loud.snr_db) == (0.0, -20.0)
    assert loud.loudness_lufs > -30
    assert instant.loudness_lufs == -70.0


def test_a_bad_recording_fails_alone(model: AudioQualityModel) -> None:
    empty, fine = model.run([Recording(np.zeros(0, np.float32), 0.0), Recording(silence(1.0), 0.25)])
    assert isinstance(empty, ItemError)
    assert "no samples" in empty.message
    assert isinstance(fine, AudioQuality)
    assert fine.clipping_ratio == 0.25


def test_unknown_backend_is_named(weights: Weights, model: AudioQualityModel) -> None:
    with pytest.raises(ValueError, match="known: dnsmos"):
        audio_quality.load(weights, Placement("cpu", "f32", 1, weights.directory), backend="nisqa")
    assert model.identity.weights_digest == weights.digest


def test_loudness_of_the_reference_tone() -> None:
    """BS.1770-4: a 997 Hz sine at full scale on one front channel reads -3.01 LUFS."""
    times = np.arange(3 * 16_000) / 16_000
    tone = np.sin(2 * np.pi * 997 * times).astype(np.float32)
    assert loudness_lufs(tone) == pytest.approx(-3.01, abs=0.1)
    assert loudness_lufs(tone / 10) == pytest.approx(-23.01, abs=0.1)
    assert loudness_lufs(tone[:4_800]) == pytest.approx(-3.01, abs=0.2), "shorter than a block of the meter"


@pytest.mark.parametrize(
    ("noise", "speech", "speaking", "expected"),
    [
        (0.01, 0.1, [(16_000, 32_000)], 20.0),
        (0.1, 0.1, [(16_000, 32_000)], 0.0),
        (0.001, 0.1, [(16_000, 32_000)], 40.0),
        (0.0, 0.1, [(16_000, 32_000)], 80.0),
        (0.01, 0.1, [(0, 48_000)], 20.0),
        (0.01, 0.1, [], -20.0),
    ],
    ids=["20 dB", "0 dB", "40 dB", "digital silence", "no pauses marked", "no speech"],
)
def test_snr(noise: float, speech: float, speaking: list[tuple[int, int]], expected: float) -> None:
    generator = np.random.default_rng(0)
    samples = generator.normal(0, 1, 48_000) * noise
    samples[16_000:32_000] += generator.normal(0, 1, 16_000) * speech
    ratio = snr_db(samples.astype(np.float32), [Span(*edges) for edges in speaking])
    # marked as speech throughout, two thirds of it are noise: the mean level is 4.8 dB lower
    assert ratio == pytest.approx(expected - (4.8 if speaking == [(0, 48_000)] else 0), abs=1.5)


@pytest.mark.parametrize(
    ("seconds", "count", "samples"),
    [
        (0.01, 1, 15_520),
        (0.5, 1, 23_200),
        (4, 1, 76_960),
        (8.9, 1, WHOLE),
        (12, 1, WHOLE),
        (20, 2, WHOLE),
        (600, 6, WHOLE),
    ],
)
def test_windows_span_the_recording(seconds: float, count: int, samples: int) -> None:
    ramp = np.linspace(0, 1, round(seconds * 16_000), dtype=np.float32)
    cut = windows(ramp, 6)
    assert cut.shape == (count, samples)
    assert cut[0, 0] == 0
    if count > 1:
        assert cut[-1, -1] == 1
