"""Speech recognition with Whisper (Radford et al. 2022), decoded together across recordings.

Voice activity detection cuts every recording into chunks; the chunks of a whole batch of recordings go
through the encoder and the decoder together. faster-whisper supplies the features, the tokenizer and the
word alignment, CTranslate2 the networks, and OpenVINO the encoder where the processor has bf16 units.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import numpy as np
from faster_whisper import WhisperModel
from faster_whisper.tokenizer import Tokenizer
from faster_whisper.transcribe import get_compression_ratio, get_ctranslate2_storage, get_suppressed_tokens
from numpy.typing import NDArray

from models.outputs import ItemError, ModelIdentity, Segment, SpokenWord, Transcript
from models.runtime.device import Placement
from models.speech_encoder import Encoder, OpenVinoEncoder
from models.voice_activity import SAMPLE_RATE_HZ, Samples, Span, merged, problem_with, speech_spans
from models.weights import Weights

FRAMES_PER_SECOND = 100
FULL_CONTEXT_FRAMES = 3000
"""30 s, the window that Whisper was trained on."""
MARGIN_FRAMES = 200
"""Silence that a shortened window keeps after the speech."""

NO_SPEECH_PROBABILITY = 0.6
AVERAGE_LOG_PROBABILITY = -1.0
COMPRESSION_RATIO = 2.4
"""Thresholds of OpenAI's `transcribe` for what is no speech, too uncertain, or repeats itself."""

MIN_PAUSE_SECONDS, PADDING_SECONDS = 0.5, 0.2
MAX_CHUNK_SECONDS = 28.0
"""The window less the padding on both sides."""


def load(
    weights: Weights,
    placement: Placement,
    *,
    backend: str = "whisper",
    beam_size: int = 1,
    chunks_per_batch: int = 8,
    context_step_frames: int = 1000,
) -> "SpeechModel":
    """Load the networks.

    Args:
        backend: only `whisper`.
        beam_size: hypotheses that the decoder follows.
        chunks_per_batch: chunks that are decoded at once.
        context_step_frames: the encoder's window is a multiple of it, as short as the chunk allows; 3000 gives
            every chunk Whisper's full window. On the development recordings 1000 is three times as fast as 3000
            with the same words; 500 loses a sentence.

    Raises:
        ValueError: no such backend.
    """
    if backend != "whisper":
        raise ValueError(f"no backend {backend!r}; known: whisper")
    return SpeechModel(weights, placement, beam_size, chunks_per_batch, context_step_frames)


@dataclass(frozen=True, slots=True)
class _Chunk:
    """A piece of one recording that is decoded as one."""

    item: int
    start_seconds: float
    samples: Samples

    @property
    def frames(self) -> int:
        return -(-len(self.samples) * FRAMES_PER_SECOND // SAMPLE_RATE_HZ)


@dataclass(frozen=True, slots=True)
class _Heard:
    """A chunk with what was decoded from it."""

    chunk: _Chunk
    segment: Segment | None
    language: str
    language_confidence: float


class SpeechModel:
    """Item: recording, float32, shape (samples,), 16 kHz. Output: `Transcript`."""

    def __init__(
        self, weights: Weights, placement: Placement, beam_size: int, chunks_per_batch: int, context_step_frames: int
    ) -> None:
        precision = "f16" if placement.device == "cuda" else "int8"
        self.identity = ModelIdentity("speech", weights.name, weights.version, weights.digest, precision)
        compute_type = "float16" if placement.device == "cuda" else "int8"
        self._whisper = WhisperModel(
            str(weights.directory),
            device=placement.device,
            compute_type=compute_type,
            cpu_threads=placement.threads,
            local_files_only=True,
        )
        self._encoder: Encoder | None = None
        if placement.precision == "bf16":
            self._encoder = OpenVinoEncoder(weights.path("model.bin"), placement)
        self._beam_size = beam_size
        self._chunks_per_batch = chunks_per_batch
        self._context_step_frames = context_step_frames

    def cost(self, item: Samples) -> float:
        """Seconds of sound."""
        return len(item) / SAMPLE_RATE_HZ

    def warm_up(self) -> None:
        tone = np.sin(np.arange(SAMPLE_RATE_HZ, dtype=np.float32) / 8) / 4
        list(self._decode([_Chunk(0, 0.0, tone.astype(np.float32))], self._context_step_frames))

    def run(self, batch: Sequence[Samples]) -> list[Transcript | ItemError]:
        """Chunks of all recordings are decoded together, those of like length side by side."""
        problems = [problem_with(samples) for samples in batch]
        spans = [[] if problem else _spans(samples) for samples, problem in zip(batch, problems, strict=True)]
        chunks = [
            _Chunk(item, span.start_sample / SAMPLE_RATE_HZ, batch[item][span.start_sample : span.end_sample])
            for item, found in enumerate(spans)
            for span in merged(found, max_gap_seconds=MAX_CHUNK_SECONDS, max_seconds=MAX_CHUNK_SECONDS)
        ]
        heard: list[list[_Heard]] = [[] for _ in batch]
        for context, group in self._groups(chunks):
            results = list(self._decode(group, context))
            doubtful = [result.chunk for result in results if result.segment is None]
            if doubtful and context < FULL_CONTEXT_FRAMES:  # the full window is what Whisper knows best
                results = [result for result in results if result.segment is not None]
                results += self._decode(doubtful, FULL_CONTEXT_FRAMES)
            for result in results:
                heard[result.chunk.item].append(result)
        return [
            ItemError(problem) if problem else self._transcript(found, results)
            for problem, found, results in zip(problems, spans, heard, strict=True)
        ]

    def _context(self, chunk: _Chunk) -> int:
        """Frames of the encoder's window: decided by the chunk alone, so that no neighbour changes its words."""
        step = self._context_step_frames
        return min(FULL_CONTEXT_FRAMES, -(-(chunk.frames + MARGIN_FRAMES) // step) * step)

    def _groups(self, chunks: list[_Chunk]) -> Iterator[tuple[int, list[_Chunk]]]:
        """Chunks of one context, the shortest first: a group decodes in as many steps as its longest needs."""
        ordered = sorted(chunks, key=lambda chunk: len(chunk.samples))
        for context, same in groupby(ordered, key=self._context):
            members = list(same)
            for start in range(0, len(members), self._chunks_per_batch):
                yield context, members[start : start + self._chunks_per_batch]

    def _decode(self, chunks: Sequence[_Chunk], context: int) -> Iterator[_Heard]:
        """Encode chunks in windows of `context` frames; those of one language are decoded together."""
        encoded = self._encode(np.stack([self._features(chunk, context) for chunk in chunks]))
        languages = self._languages(encoded, len(chunks))
        for language in sorted({name for name, _ in languages}):
            chosen = [index for index, (name, _) in enumerate(languages) if name == language]
            part = get_ctranslate2_storage(encoded[chosen])
            segments = self._decode_language(part, [chunks[index] for index in chosen], language)
            for index, segment in zip(chosen, segments, strict=True):
                yield _Heard(chunks[index], segment, *languages[index])

    def _features(self, chunk: _Chunk, context: int) -> NDArray[np.float32]:
        """Log-mel frames, padded with silence to the context; shape (mels, frames)."""
        missing = context * SAMPLE_RATE_HZ // FRAMES_PER_SECOND - len(chunk.samples)
        padded = np.pad(chunk.samples, (0, max(0, missing)))
        features = self._whisper.feature_extractor(padded, padding=0)
        return np.asarray(features[:, :context], np.float32)

    def _encode(self, features: NDArray[np.float32]) -> NDArray[Any]:
        if self._encoder is not None:
            return self._encoder(features)
        return np.array(self._whisper.model.encode(get_ctranslate2_storage(features), to_cpu=True))

    def _languages(self, encoded: NDArray[Any], count: int) -> list[tuple[str, float]]:
        """Most probable language of every chunk; English with weights that know no other."""
        if not self._whisper.model.is_multilingual:
            return [("en", 1.0)] * count
        found = self._whisper.model.detect_language(get_ctranslate2_storage(encoded))
        return [(ranked[0][0].strip("<|>"), float(ranked[0][1])) for ranked in found]

    def _decode_language(self, encoded: Any, chunks: Sequence[_Chunk], language: str) -> list[Segment | None]:
        tokenizer = Tokenizer(
            self._whisper.hf_tokenizer, self._whisper.model.is_multilingual, task="transcribe", language=language
        )
        prompt = [*tokenizer.sot_sequence, tokenizer.no_timestamps]
        results = self._whisper.model.generate(
            encoded,
            [prompt] * len(chunks),
            beam_size=self._beam_size,
            return_scores=True,
            return_no_speech_prob=True,
            suppress_blank=True,
            suppress_tokens=list(get_suppressed_tokens(tokenizer, [-1])),
            max_length=self._whisper.max_length,
        )
        tokens = [_text_tokens(result.sequences_ids[0], tokenizer) for result in results]
        frames = [min(chunk.frames, FULL_CONTEXT_FRAMES) for chunk in chunks]
        aligned = self._whisper.find_alignment(tokenizer, tokens, encoded, frames)
        return [
            _segment(chunk, tokenizer.decode(ids), ids, result, words)
            for chunk, ids, result, words in zip(chunks, tokens, results, aligned or [[]] * len(chunks), strict=True)
        ]

    def _transcript(self, spans: Sequence[Span], heard: Sequence[_Heard]) -> Transcript:
        """The language is the one that most seconds were heard in."""
        ordered = sorted(heard, key=lambda result: result.chunk.start_seconds)
        spoken = [result for result in ordered if result.segment is not None]
        if not spoken:
            return Transcript((), None, 0.0, 0.0)
        longest = max(spoken, key=lambda result: len(result.chunk.samples))
        segments = tuple(result.segment for result in spoken if result.segment is not None)
        return Transcript(segments, longest.language, longest.language_confidence, sum(span.seconds for span in spans))


def _spans(samples: Samples) -> list[Span]:
    return speech_spans(
        samples,
        min_pause_seconds=MIN_PAUSE_SECONDS,
        padding_seconds=PADDING_SECONDS,
        max_seconds=MAX_CHUNK_SECONDS,
    )


def _text_tokens(ids: Sequence[int], tokenizer: Tokenizer) -> list[int]:
    return [token for token in ids if token < tokenizer.eot]


def _segment(chunk: _Chunk, text: str, ids: Sequence[int], result: Any, words: Sequence[Any]) -> Segment | None:
    """The decoded chunk, or nothing where the decoder made words up."""
    average = float(result.scores[0])
    compression = float(get_compression_ratio(text)) if text else 0.0
    made_up = average < AVERAGE_LOG_PROBABILITY and result.no_speech_prob > NO_SPEECH_PROBABILITY
    if not ids or not text.strip() or made_up or compression > COMPRESSION_RATIO:
        return None
    at = chunk.start_seconds
    return Segment(
        start_seconds=at,
        end_seconds=at + len(chunk.samples) / SAMPLE_RATE_HZ,
        text=text.strip(),
        words=tuple(
            SpokenWord(
                text=word["word"].strip(),
                start_seconds=at + float(word["start"]),
                end_seconds=at + float(max(word["start"], word["end"])),
                confidence=float(word["probability"]),
            )
            for word in words
            if any(letter.isalnum() for letter in word["word"])
        ),
        no_speech_probability=float(result.no_speech_prob),
        average_log_probability=average,
        compression_ratio=compression,
    )
