"""Speech recognition with Whisper (Radford et al. 2022), decoded together across recordings.

Voice activity detection cuts every recording into chunks; the chunks of a whole batch of recordings go
through the decoder together, each in a window as short as it allows.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Any, Literal

import numpy as np
from faster_whisper import WhisperModel
from numpy.typing import NDArray

from models.model import is_out_of_memory
from models.outputs import ItemError, ModelIdentity, Segment, SpokenWord, Transcript
from models.runtime.cublas import load_cublas
from models.runtime.device import Placement
from models.speech_decoder import Decoder, Effort, Hypothesis, Language
from models.speech_encoder import CTranslate2Encoder, Encoder, OpenVinoEncoder
from models.voice_activity import SAMPLE_RATE_HZ, Samples, Span, merged, problem_with, speech_spans
from models.weights import Weights

FRAMES_PER_SECOND = 100
FULL_CONTEXT_FRAMES = 3000
"""30 s, the window that Whisper was trained on."""
MARGIN_FRAMES = 200
"""Silence that a shortened window keeps after the speech. Without any, word errors rise from 0.6 to 10%."""
MIN_PAUSE_SECONDS, PADDING_SECONDS = 0.5, 0.2
MAX_PAUSE_SECONDS = 2.0
"""A longer pause parts chunks, as in faster-whisper: decoders make up words in long silences."""
MAX_CHUNK_SECONDS = 28.0
"""The window less its margin."""
ISO_CODES = {"jw": "jv"}
"""Of languages for which Whisper has a code of its own."""
SECOND_EFFORT = Effort(beam_size=5, repetition_penalty=1.2)
"""For what is doubtful at first. OpenAI samples at rising temperatures instead, which no two runs repeat."""


def load(
    weights: Weights,
    placement: Placement,
    *,
    backend: str = "whisper",
    encoder: Literal["auto", "ctranslate2", "openvino"] = "auto",
    beam_size: int = 1,
    chunks_per_batch: int = 8,
    context_step_frames: int = 1000,
) -> "SpeechModel":
    """Load the networks: int8 on the CPU (bf16 encoder where it computes in that), f16 on CUDA.

    Args:
        backend: only `whisper`.
        encoder: what runs it; by default OpenVINO where the processor computes in bf16, else CTranslate2.
        beam_size: hypotheses that the decoder follows.
        chunks_per_batch: chunks that are decoded at once.
        context_step_frames: the encoder's window is a multiple of it, as short as the chunk allows; 3000 gives
            every chunk Whisper's full window. On 32 clips of 2–15 s 1000 encodes in a third of the time of 3000
            with word errors of 0.6 against 0.8%; a smaller step encodes less but parts the batches, and gains
            nothing.

    Raises:
        ValueError: no such backend, OpenVINO on another device than the CPU, or CUDA without cuBLAS 12.
    """
    if backend != "whisper":
        raise ValueError(f"no backend {backend!r}; known: whisper")
    if placement.device == "cuda":
        load_cublas()
    whisper = WhisperModel(
        str(weights.directory),
        device=placement.device,
        compute_type="float16" if placement.device == "cuda" else "int8",
        # Of each worker. Batches that overlap share the threads; one alone gains little from a second (decision 0004).
        cpu_threads=max(1, placement.threads // placement.concurrent),
        num_workers=placement.concurrent,
        local_files_only=True,
    )
    precision = "f16" if placement.device == "cuda" else "int8"
    encode: Encoder = CTranslate2Encoder(whisper.model, chunks_per_batch if placement.device == "cuda" else 1)
    if encoder == "openvino" or (encoder, placement.device, placement.precision) == ("auto", "cpu", "bf16"):
        encode = OpenVinoEncoder(weights.path("model.bin"), placement)
        precision = f"{placement.precision}/int8"
    identity = ModelIdentity("speech", weights.name, weights.version, weights.digest, precision)
    return SpeechModel(identity, whisper, encode, Effort(beam_size), chunks_per_batch, context_step_frames)


@dataclass(frozen=True, slots=True)
class Chunk:
    """A piece of one recording that is decoded as one."""

    item: int
    """Index of the recording in the batch."""
    start_seconds: float
    samples: Samples

    @property
    def frames(self) -> int:
        return -(-len(self.samples) * FRAMES_PER_SECOND // SAMPLE_RATE_HZ)


class SpeechModel:
    """Item: recording, float32, shape (samples,), 16 kHz. Output: `Transcript`."""

    def __init__(
        self,
        identity: ModelIdentity,
        whisper: WhisperModel,
        encoder: Encoder,
        effort: Effort,
        chunks_per_batch: int,
        context_step_frames: int,
    ) -> None:
        self.identity = identity
        self._features = whisper.feature_extractor
        self._encoder = encoder
        self._decoder = Decoder(whisper)
        self._effort = effort
        self._chunks_per_batch = chunks_per_batch
        self._context_step_frames = context_step_frames

    def cost(self, item: Samples) -> float:
        """Seconds of sound."""
        return len(item) / SAMPLE_RATE_HZ

    def warm_up(self) -> None:
        """Decode a second of silence, which voice activity detection would keep from the networks."""
        chunk = Chunk(0, 0.0, np.zeros(SAMPLE_RATE_HZ, np.float32))
        list(self._hear([chunk], self._context(chunk), {}))

    def run(self, batch: Sequence[Samples]) -> list[Transcript | ItemError]:
        """Chunks of all recordings are decoded together, those in windows of one length side by side.

        A recording gives the same numbers alone and in any batch.
        """
        try:
            return self._transcribe(batch)
        except RuntimeError as error:
            if is_out_of_memory(error):
                raise MemoryError(str(error)) from error
            raise

    def _transcribe(self, batch: Sequence[Samples]) -> list[Transcript | ItemError]:
        problems = [problem_with(samples) for samples in batch]
        spans = [[] if problem else _spans(samples) for samples, problem in zip(batch, problems, strict=True)]
        chunks = [
            chunk
            for item, (samples, found) in enumerate(zip(batch, spans, strict=True))
            for chunk in chunked(item, samples, found)
        ]
        languages: dict[int, Language] = {}
        segments: dict[int, list[Segment]] = {item: [] for item in range(len(batch))}
        for context, group in self._groups(chunks):
            for chunk, segment in self._hear(group, context, languages):
                segments[chunk.item].append(segment)
        return [
            ItemError(problem) if problem else _transcript(segments[item], languages.get(item), spans[item])
            for item, problem in enumerate(problems)
        ]

    def _context(self, chunk: Chunk) -> int:
        """Frames of the encoder's window: decided by the chunk alone, so that no neighbour changes its words."""
        step = self._context_step_frames
        return min(FULL_CONTEXT_FRAMES, -(-(chunk.frames + MARGIN_FRAMES) // step) * step)

    def _groups(self, chunks: Sequence[Chunk]) -> Iterator[tuple[int, list[Chunk]]]:
        """Chunks of one context. The longest of every recording come before all others: they tell the languages."""
        longest = {chunk.item: chunk for chunk in sorted(chunks, key=lambda chunk: chunk.frames)}
        leads, others = list(longest.values()), [chunk for chunk in chunks if chunk is not longest[chunk.item]]
        for part in (leads, others):
            ordered = sorted(part, key=lambda chunk: chunk.frames)  # a group takes as many steps as its longest
            for context, same in groupby(ordered, key=self._context):
                members = list(same)
                for start in range(0, len(members), self._chunks_per_batch):
                    yield context, members[start : start + self._chunks_per_batch]

    def _hear(
        self, chunks: Sequence[Chunk], context: int, languages: dict[int, Language]
    ) -> Iterator[tuple[Chunk, Segment]]:
        """Segments of chunks in windows of `context` frames; languages not known yet are added."""
        states = self._encode(chunks, context)
        if any(chunk.item not in languages for chunk in chunks):
            for chunk, language in zip(chunks, self._decoder.languages(states), strict=True):
                languages.setdefault(chunk.item, language)
        codes = [languages[chunk.item].code for chunk in chunks]
        for code in sorted(set(codes)):
            chosen = [index for index, other in enumerate(codes) if other == code]
            yield from self._understand([chunks[index] for index in chosen], states[chosen], code, self._effort)

    def _understand(
        self, chunks: Sequence[Chunk], states: NDArray[Any], language: str, effort: Effort
    ) -> Iterator[tuple[Chunk, Segment]]:
        """Segments of what is believable. The doubtful is decoded again in the full window, and then dropped."""
        found = self._decoder.decode(states, language, effort)
        heard = zip(chunks, found, strict=True)
        verdicts = [hypothesis.verdict(chunk.frames / FRAMES_PER_SECOND) for chunk, hypothesis in heard]
        spoken = [index for index, verdict in enumerate(verdicts) if verdict == "spoken"]
        frames = [chunks[index].frames for index in spoken]
        words = self._decoder.words(states[spoken], language, [found[index] for index in spoken], frames)
        for index, said in zip(spoken, words, strict=True):
            yield chunks[index], _segment(chunks[index], found[index], said)
        doubtful = [chunk for chunk, verdict in zip(chunks, verdicts, strict=True) if verdict == "doubtful"]
        if doubtful and effort != SECOND_EFFORT:
            again = self._encode(doubtful, FULL_CONTEXT_FRAMES)
            yield from self._understand(doubtful, again, language, SECOND_EFFORT)

    def _encode(self, chunks: Sequence[Chunk], context: int) -> NDArray[Any]:
        """States of shape (chunks, context / 2, width); after the chunk a window is silent."""
        samples = context * SAMPLE_RATE_HZ // FRAMES_PER_SECOND
        padded = (np.pad(chunk.samples[:samples], (0, max(0, samples - len(chunk.samples)))) for chunk in chunks)
        return self._encoder(np.stack([self._features(sound, padding=0) for sound in padded]).astype(np.float32))


def chunked(item: int, samples: Samples, spans: Sequence[Span]) -> list[Chunk]:
    """The pieces of one recording that are decoded: neighbouring speech together, as much as a window holds."""
    return [
        Chunk(item, span.start_sample / SAMPLE_RATE_HZ, samples[span.start_sample : span.end_sample])
        for span in merged(spans, max_gap_seconds=MAX_PAUSE_SECONDS, max_seconds=MAX_CHUNK_SECONDS)
    ]


def _spans(samples: Samples) -> list[Span]:
    return speech_spans(
        samples, min_pause_seconds=MIN_PAUSE_SECONDS, padding_seconds=PADDING_SECONDS, max_seconds=MAX_CHUNK_SECONDS
    )


def _segment(chunk: Chunk, hypothesis: Hypothesis, words: Sequence[SpokenWord]) -> Segment:
    """The hypothesis, its times counted from the start of the recording."""
    start = chunk.start_seconds
    return Segment(
        start_seconds=start,
        end_seconds=start + len(chunk.samples) / SAMPLE_RATE_HZ,
        text=hypothesis.text,
        words=tuple(
            replace(word, start_seconds=start + word.start_seconds, end_seconds=start + word.end_seconds)
            for word in words
        ),
        no_speech_probability=hypothesis.no_speech_probability,
        average_log_probability=hypothesis.average_log_probability,
        compression_ratio=hypothesis.compression_ratio,
    )


def _transcript(segments: Sequence[Segment], language: Language | None, spans: Sequence[Span]) -> Transcript:
    """Segments in order of time. Voices in which nothing was understood are no speech."""
    if not segments or language is None:
        return Transcript((), None, 0.0, 0.0)
    ordered = tuple(sorted(segments, key=lambda segment: segment.start_seconds))
    code = ISO_CODES.get(language.code, language.code)
    return Transcript(ordered, code, language.confidence, sum(span.seconds for span in spans))
