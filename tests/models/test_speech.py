"""Whisper base on synthetic speech: words, times, batches, and what is no speech."""

import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

from configs.settings import load_settings
from models.model import Model
from models.outputs import ItemError, Transcript
from serve.loading import load_model

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(shutil.which("espeak-ng") is None, reason="espeak-ng makes the speech and is not installed"),
]
Samples = NDArray[np.float32]
Speech = Model[Samples, Transcript]


@pytest.fixture(scope="module")
def model() -> Speech:
    model: Speech = load_model("speech", load_settings("embedded"))
    return model


@pytest.fixture(scope="module")
def spoken(tmp_path_factory: pytest.TempPathFactory) -> list[Samples]:
    folder = tmp_path_factory.mktemp("speech")
    return [_speak(text, folder) for text in ("The weather in Berlin is cold today.", "My brother plays the piano.")]


def _speak(text: str, folder: Path) -> Samples:
    path = folder / f"{len(text)}.wav"
    subprocess.run(["espeak-ng", "-s", "140", "-w", str(path), text], check=True)
    samples, rate_hz = soundfile.read(path, dtype="float32")
    at = np.arange(0, len(samples), rate_hz / 16_000)
    return np.interp(at, np.arange(len(samples)), samples).astype(np.float32)


def _transcripts(results: list[Transcript | ItemError]) -> list[Transcript]:
    assert all(isinstance(result, Transcript) for result in results)
    return [result for result in results if isinstance(result, Transcript)]


def test_words_language_and_times(model: Speech, spoken: list[Samples]) -> None:
    weather, piano = _transcripts(model.run(spoken))
    assert {"berlin", "cold"} <= set(weather.text.lower().replace(".", "").replace(",", "").split())
    assert "piano" in piano.text.lower()
    assert weather.language == "en"
    words = [word for segment in weather.segments for word in segment.words]
    starts = [word.start_seconds for word in words]
    assert starts == sorted(starts)
    assert words[-1].end_seconds <= len(spoken[0]) / 16_000 + 0.5


def test_a_batch_hears_what_its_recordings_alone_do(model: Speech, spoken: list[Samples]) -> None:
    together = _transcripts(model.run(spoken[::-1]))[::-1]
    alone = [_transcripts(model.run([samples]))[0] for samples in spoken]
    assert [one.text for one in together] == [one.text for one in alone]


def test_what_is_no_speech_gives_no_words_and_an_empty_recording_fails_alone(
    model: Speech, spoken: list[Samples]
) -> None:
    silence = np.zeros(32_000, np.float32)
    noise = np.random.default_rng(0).normal(0, 0.01, 32_000).astype(np.float32)
    quiet, hiss, nothing, speech = model.run([silence, noise, np.zeros(0, np.float32), spoken[0]])
    for result in (quiet, hiss):
        assert isinstance(result, Transcript)
        assert result.segments == ()
        assert result.language is None
    assert isinstance(nothing, ItemError)
    assert isinstance(speech, Transcript)
    assert speech.segments
