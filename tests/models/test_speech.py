from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from configs.settings import load_settings
from models import speech
from models.ctranslate2_weights import read_variables
from models.outputs import ItemError, Transcript
from models.runtime.device import Placement
from models.speech import SpeechModel
from models.speech_decoder import Hypothesis
from models.weights import Registry, Weights
from tests.models.espeak import INSTALLED, say, silence

pytestmark = pytest.mark.skipif(not INSTALLED, reason="espeak-ng is not installed: apt-get install espeak-ng")

BOOK = "Please put the blue book on the kitchen table."
RIVER = "We walked along the river until the sun went down."
WINDOW = "She opened the window because the room was very warm."
TIMES = np.arange(5 * 16_000) / 16_000


def _open(name: str) -> Weights:
    settings = load_settings("embedded")
    return Registry.load(settings.weights, settings.data_dir).open(name)


@pytest.fixture(scope="module")
def placement(tmp_path_factory: pytest.TempPathFactory) -> Placement:
    return Placement("cpu", "f32", 2, tmp_path_factory.mktemp("cache"))


@pytest.fixture(scope="module")
def tiny(placement: Placement) -> SpeechModel:
    return speech.load(_open("whisper-tiny-en"), placement)


@pytest.fixture(scope="module")
def base(placement: Placement) -> SpeechModel:
    return speech.load(_open("whisper-base"), placement)


def _transcripts(model: SpeechModel, batch: Sequence[NDArray[np.float32]]) -> list[Transcript]:
    results = model.run(batch)
    assert all(isinstance(result, Transcript) for result in results), results
    return [result for result in results if isinstance(result, Transcript)]


def test_hears_every_word(tiny: SpeechModel) -> None:
    sentences = [BOOK, RIVER, WINDOW]
    heard = _transcripts(tiny, [say(sentence) for sentence in sentences])
    assert [transcript.text for transcript in heard] == sentences
    assert {transcript.language for transcript in heard} == {"en"}


def test_words_have_their_times(tiny: SpeechModel) -> None:
    lead_seconds = 3.0
    recording = np.concatenate([silence(lead_seconds), say(RIVER), silence(1.0)])
    (transcript,) = _transcripts(tiny, [recording])
    (segment,) = transcript.segments
    assert [word.text for word in segment.words] == RIVER.split()
    edges = [edge for word in segment.words for edge in (word.start_seconds, word.end_seconds)]
    assert edges == sorted(edges)
    assert segment.start_seconds <= edges[0]
    assert edges[-1] <= segment.end_seconds
    spoken_seconds = len(say(RIVER)) / 16_000
    assert edges[0] == pytest.approx(lead_seconds, abs=0.3)
    assert edges[-1] == pytest.approx(lead_seconds + spoken_seconds, abs=0.5)
    assert transcript.speech_seconds == pytest.approx(spoken_seconds, abs=0.5)


def test_a_batch_hears_what_its_recordings_alone_do(tiny: SpeechModel) -> None:
    pause = silence(0.6)
    batch = [
        say(BOOK),
        np.concatenate([say(RIVER), pause, say(WINDOW), pause, say(BOOK)]),
        silence(2.0),
        np.concatenate([say(WINDOW), silence(4.0), say(RIVER)]),
    ]
    together, alone = _transcripts(tiny, batch), [_transcripts(tiny, [recording])[0] for recording in batch]
    assert together == alone  # to the last digit: windows depend on their own chunk only
    assert [len(transcript.segments) for transcript in together] == [1, 1, 0, 2]


@pytest.mark.slow
def test_long_speech_is_cut_into_windows(tiny: SpeechModel) -> None:
    sentences = [BOOK, RIVER, WINDOW] * 4
    recording = np.concatenate([part for sentence in sentences for part in (say(sentence), silence(0.7))])
    assert len(recording) > 35 * 16_000
    (transcript,) = _transcripts(tiny, [recording])
    assert len(transcript.segments) > 1
    starts = [segment.start_seconds for segment in transcript.segments]
    assert starts == sorted(starts)
    assert all(segment.end_seconds - segment.start_seconds <= 28.5 for segment in transcript.segments)
    assert transcript.text.count("river") == transcript.text.count("window") == 4


@pytest.mark.parametrize(
    "sound",
    [
        np.zeros(5 * 16_000),
        np.random.default_rng(0).normal(0, 0.1, 5 * 16_000),
        np.sin(2 * np.pi * 440 * TIMES) / 2,
        np.zeros(1),
    ],
    ids=["silence", "noise", "tone", "one sample"],
)
def test_where_nobody_speaks_nothing_is_heard(tiny: SpeechModel, sound: NDArray[np.float64]) -> None:
    assert _transcripts(tiny, [sound.astype(np.float32)]) == [Transcript((), None, 0.0, 0.0)]


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (np.zeros(0, np.float32), "no samples"),
        (np.zeros((2, 100), np.float32), "shape"),
        (np.zeros(100, np.int16), "int16"),
        (np.full(100, np.nan, np.float32), "finite"),
    ],
)
def test_a_bad_recording_fails_alone(tiny: SpeechModel, bad: NDArray[np.float32], reason: str) -> None:
    error, heard = tiny.run([bad, say(BOOK)])
    assert isinstance(error, ItemError)
    assert reason in error.message
    assert isinstance(heard, Transcript)
    assert heard.text == BOOK


def test_nothing_in_nothing_out(tiny: SpeechModel) -> None:
    assert tiny.run([]) == []


def test_what_stays_doubtful_is_dropped(tiny: SpeechModel, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("models.speech_decoder.AVERAGE_LOG_PROBABILITY", 1.0)
    assert _transcripts(tiny, [say(BOOK)]) == [Transcript((), None, 0.0, 0.0)]


@pytest.mark.parametrize(
    ("no_speech", "log_probability", "compression", "text", "verdict"),
    [
        (0.1, -0.3, 1.4, "Hello.", "spoken"),
        (0.9, -0.3, 1.4, "Hello.", "spoken"),
        (0.9, -1.1, 1.4, "Thank you.", "silence"),
        (0.1, -1.1, 1.4, "Mumble.", "doubtful"),
        (0.1, -0.1, 2.5, "No no no no.", "doubtful"),
        (0.1, -0.1, 1.0, "", "doubtful"),
        (0.6, -1.0, 2.4, "On every threshold.", "spoken"),
    ],
)
def test_verdict(no_speech: float, log_probability: float, compression: float, text: str, verdict: str) -> None:
    loop = (1,) * 100
    assert Hypothesis(loop, text, no_speech, log_probability, compression).verdict(seconds=2.0) == verdict


def test_what_is_repeated_as_quickly_as_people_speak_was_said_so() -> None:
    thrice = Hypothesis((1,) * 27, "Drop the two. " * 3, 0.0, -0.1, 2.47)
    assert thrice.verdict(seconds=10.4) == "spoken"
    assert thrice.verdict(seconds=2.0) == "doubtful"


def test_both_encoders_hear_the_same(tiny: SpeechModel, placement: Placement) -> None:
    other = speech.load(_open("whisper-tiny-en"), placement, encoder="openvino")
    batch = [say(sentence) for sentence in (BOOK, RIVER, WINDOW)]
    heard = zip(_transcripts(tiny, batch), _transcripts(other, batch), strict=True)
    for ours, theirs in heard:
        assert ours.text == theirs.text
        assert ours.segments[0].average_log_probability == pytest.approx(
            theirs.segments[0].average_log_probability, abs=0.05
        )
    assert (tiny.identity.precision, other.identity.precision) == ("int8", "f32/int8")


def test_only_whisper_is_rebuilt(tmp_path: Path) -> None:
    model = tmp_path / "model.bin"
    model.write_bytes(b"\x06\x00\x00\x00\x0c\x00TransformerS")
    with pytest.raises(ValueError, match="TransformerS"):
        read_variables(model, "WhisperSpec")


def test_unknown_backend_is_named(placement: Placement) -> None:
    with pytest.raises(ValueError, match="known: whisper"):
        speech.load(_open("whisper-tiny-en"), placement, backend="kaldi")


@pytest.mark.slow
def test_base_tells_languages_of_a_batch_apart(base: SpeechModel) -> None:
    german = say("Guten Morgen, heute scheint die Sonne und wir gehen zusammen in den Wald.", "de")
    spanish = say("Buenos días, mañana vamos a la playa con toda la familia.", "es")
    heard = _transcripts(base, [say(RIVER), german, spanish])
    assert [transcript.language for transcript in heard] == ["en", "de", "es"]
    assert heard[0].text == RIVER
    assert "Guten Morgen" in heard[1].text
    assert "playa" in heard[2].text
    assert all(0 < transcript.language_confidence <= 1 for transcript in heard)


@pytest.mark.slow
def test_base_hears_speech_in_noise(base: SpeechModel) -> None:
    clean = say(WINDOW)
    noise = np.random.default_rng(0).normal(0, clean.std() / 10**0.5, len(clean))  # 10 dB below the speech
    (transcript,) = _transcripts(base, [(clean + noise).astype(np.float32)])
    assert transcript.text == WINDOW


@pytest.mark.slow
def test_base_warms_up_and_says_who_it_is(base: SpeechModel) -> None:
    base.warm_up()
    assert base.identity.role == "speech"
    assert base.identity.weights_digest == _open("whisper-base").digest
    assert base.cost(silence(2.5)) == 2.5
