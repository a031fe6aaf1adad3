"""Whisper's decoder over CTranslate2: languages, words and their times, and what is not to be believed.

faster-whisper supplies the tokenizer and the word alignment, CTranslate2 the network.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from faster_whisper import WhisperModel
from faster_whisper.tokenizer import Tokenizer
from faster_whisper.transcribe import (
    get_compression_ratio,
    get_ctranslate2_storage,
    get_suppressed_tokens,
    merge_punctuations,
)
from numpy.typing import NDArray

from models.outputs import SpokenWord

NO_SPEECH_PROBABILITY = 0.6
AVERAGE_LOG_PROBABILITY = -1.0
COMPRESSION_RATIO = 2.4
"""Defaults of OpenAI's `whisper.transcribe`: above, below and above them a text is silence, a guess, or a loop."""
SPOKEN_TOKENS_PER_SECOND = 8
"""Quick speech is 4 words, under 8 tokens, a second."""
TOKENS_PER_SECOND, TOKENS_AT_LEAST = 12, 32
"""Bound on what a loop may cost."""
PREPENDED, APPENDED = "\"'“¿([{-", "\"'.。,，!！?？:：”)]}、"
"""Punctuation that belongs to the next and to the previous word, as in faster-whisper."""


@dataclass(frozen=True, slots=True)
class Effort:
    """How hard the decoder searches."""

    beam_size: int
    repetition_penalty: float = 1.0
    """Divides the score of a token that was already said; 1 leaves it alone."""


@dataclass(frozen=True, slots=True)
class Language:
    """What a recording is spoken in."""

    code: str
    """ISO 639-1."""
    confidence: float


@dataclass(frozen=True, slots=True)
class Hypothesis:
    """The most probable text of one window."""

    tokens: tuple[int, ...]
    """Of the text, without Whisper's own."""
    text: str
    no_speech_probability: float
    average_log_probability: float
    compression_ratio: float

    def verdict(self, seconds: float) -> Literal["spoken", "doubtful", "silence"]:
        """The rules of OpenAI's `whisper.transcribe`, which decodes the doubtful again at a higher temperature.

        But what repeats itself no quicker than people speak was said so; a loop goes on as long as it may.

        Args:
            seconds: of the sound.
        """
        unlikely = self.average_log_probability < AVERAGE_LOG_PROBABILITY
        if unlikely and self.no_speech_probability > NO_SPEECH_PROBABILITY:
            return "silence"
        is_quick = len(self.tokens) > SPOKEN_TOKENS_PER_SECOND * seconds
        repetitive = self.compression_ratio > COMPRESSION_RATIO and is_quick
        return "doubtful" if unlikely or repetitive or not self.text else "spoken"


class Decoder:
    """The decoder of a loaded Whisper. States are the encoder's, shape (windows, frames / 2, width)."""

    def __init__(self, whisper: WhisperModel) -> None:
        self._whisper = whisper
        self._multilingual = bool(whisper.model.is_multilingual)

    def languages(self, states: NDArray[Any]) -> list[Language]:
        """The most probable language of every window; English with weights that know no other."""
        if not self._multilingual:
            return [Language("en", 1.0)] * len(states)
        found = self._whisper.model.detect_language(get_ctranslate2_storage(states))
        return [Language(ranked[0][0].strip("<|>"), float(ranked[0][1])) for ranked in found]

    def decode(self, states: NDArray[Any], language: str, effort: Effort) -> list[Hypothesis]:
        """One hypothesis for every window, without sampling: the same states give the same text."""
        tokenizer = self._tokenizer(language)
        prompt = [*tokenizer.sot_sequence, tokenizer.no_timestamps]
        seconds = states.shape[1] / self._whisper.tokens_per_second
        results = self._whisper.model.generate(
            get_ctranslate2_storage(states),
            [prompt] * len(states),
            beam_size=effort.beam_size,
            repetition_penalty=effort.repetition_penalty,
            return_scores=True,
            return_no_speech_prob=True,
            suppress_tokens=list(get_suppressed_tokens(tokenizer, [-1])),
            max_length=min(self._whisper.max_length, TOKENS_AT_LEAST + round(TOKENS_PER_SECOND * seconds)),
        )
        return [_hypothesis(result, tokenizer) for result in results]

    def words(
        self, states: NDArray[Any], language: str, hypotheses: Sequence[Hypothesis], frames: Sequence[int]
    ) -> list[tuple[SpokenWord, ...]]:
        """Words of every window, from its start, by dynamic time warping over the cross-attention.

        Args:
            frames: log-mel frames of each window that hold sound; words end there.
        """
        if not hypotheses:
            return []
        tokens = [list(hypothesis.tokens) for hypothesis in hypotheses]
        storage = get_ctranslate2_storage(states)
        aligned = self._whisper.find_alignment(self._tokenizer(language), tokens, storage, list(frames))
        return [
            _words(timings, count / self._whisper.frames_per_second)
            for timings, count in zip(aligned, frames, strict=True)
        ]

    def _tokenizer(self, language: str) -> Tokenizer:
        return Tokenizer(self._whisper.hf_tokenizer, self._multilingual, task="transcribe", language=language)


def _hypothesis(result: Any, tokenizer: Tokenizer) -> Hypothesis:
    tokens = tuple(token for token in result.sequences_ids[0] if token < tokenizer.eot)
    text = tokenizer.decode(tokens).strip()
    return Hypothesis(
        tokens=tokens,
        text=text,
        no_speech_probability=float(result.no_speech_prob),
        average_log_probability=float(result.scores[0]) * len(tokens) / (len(tokens) + 1),  # the end token counts
        compression_ratio=float(get_compression_ratio(text)),
    )


def _words(timings: list[dict[str, Any]], seconds: float) -> tuple[SpokenWord, ...]:
    merge_punctuations(timings, PREPENDED, APPENDED)
    return tuple(
        SpokenWord(
            text=timing["word"].strip(),
            start_seconds=min(float(timing["start"]), seconds),
            end_seconds=min(float(timing["end"]), seconds),
            confidence=float(np.clip(timing["probability"], 0, 1)),
        )
        for timing in timings
        if timing["word"].strip()
    )
