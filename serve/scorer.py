"""One submission's path through the ensemble: cheap models first, costly ones for what the gates let through."""

import asyncio
import math
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from configs.settings import Role
from models.concepts import ReadText
from models.outputs import Concepts, ModelIdentity, PageText
from models.recording import Recording
from pipeline.annotations import annotate
from pipeline.brief import JobBrief
from pipeline.description import request_of
from pipeline.duplicates import Fingerprint, find_duplicate, fingerprint, may_be_another_page, with_text
from pipeline.evidence import Evidence
from pipeline.findings import Findings, weigh
from pipeline.image_signals import measure_image, median_signals
from pipeline.media import Decoded, DecodedAudio, DecodedImage, DecodedVideo, MediaError
from pipeline.relevance import Wish
from pipeline.result import EarlierFile, ScoreRequest, ScoreResult
from pipeline.rubric import Rubric
from pipeline.score import is_gated, score
from pipeline.video_signals import measure_video
from serve.recent import Recent

MIN_EMBEDDED_WORDS = 3
"""Fewer words say too little to be compared with a description."""
MAX_EMBEDDED_CHARACTERS = 1000
"""The sentence encoder cuts at 256 tokens; there is no use in sending more."""
FRAMES_READ = 3
"""Frames of a video whose text is read: reading one costs more than all other models together."""
REMEMBERED = 1000
"""Descriptions, since the same one comes with every file of its job; and sentences."""

Handle = Callable[[Any], Awaitable[Any]]
"""Sends one item to a model and waits for its output."""
Decode = Callable[[Path | str | bytes], Awaitable[Decoded]]


class Scorer:
    """Composes the models. It holds no weights, so that many submissions can be on their way at once."""

    def __init__(
        self,
        decode: Decode,
        handles: Mapping[Role, Handle],
        identities: Mapping[Role, ModelIdentity],
        rubric: Rubric,
        encoder: str,
    ) -> None:
        """
        Args:
            decode: turns a file into arrays, or raises a `MediaError`.
            handles: one for each model of the profile; `concepts` is needed, any other role without a handle
                stays silent.
            identities: of the same models, for the annotations.
            rubric: every number that scoring needs.
            encoder: name of the concept backend, whose calibration the rubric holds.
        """
        self._decode = decode
        self._handles = handles
        self._identities = identities
        self._rubric = rubric
        self._encoder = encoder
        self._wishes: Recent[str, Wish] = Recent(REMEMBERED)
        self._sentences: Recent[str, Concepts] = Recent(REMEMBERED)

    async def score(self, request: ScoreRequest) -> ScoreResult:
        """Score one file. A bad file is a result with a reason; only a fault of the engine raises."""
        try:
            media = await self._decode(request.source)
        except MediaError as error:
            return self._refuse(error, request.brief)
        findings = await self._describe(media, request.brief)
        findings = await self._look(media, findings)
        print_ = await asyncio.to_thread(fingerprint, media)
        original = await asyncio.to_thread(self._original, print_, request.earlier)
        if original is not None and may_be_another_page(print_, original.fingerprint):
            findings, print_, original = await self._read_before_comparing(media, findings, print_, request)
        findings = replace(findings, duplicate_of=original.name if original else None)
        if not self._is_gated(findings, request.brief):
            findings = await self._read_and_listen(media, findings)
            print_ = _with_text(print_, findings)
        return await self._conclude(media, findings, print_, request.brief)

    async def _read_before_comparing(
        self, media: Decoded, findings: Findings, print_: Fingerprint, request: ScoreRequest
    ) -> tuple[Findings, Fingerprint, EarlierFile | None]:
        """A picture that looks like an earlier one with words on it may be another page. What a gate refuses anyway is
        not read for that, and not called a copy."""
        if self._is_gated(findings, request.brief):
            return findings, print_, None
        if isinstance(media, DecodedImage):
            findings = await self._read([media.view], (0,), findings)
            print_ = _with_text(print_, findings)
        return findings, print_, await asyncio.to_thread(self._original, print_, request.earlier)

    def _refuse(self, error: MediaError, brief: JobBrief) -> ScoreResult:
        evidence = Evidence(facts=None, broken=error.code, broken_detail=str(error), encoder=self._encoder)
        return ScoreResult(score(evidence, brief, self._rubric), evidence, None, None, ())

    async def _describe(self, media: Decoded, brief: JobBrief) -> Findings:
        """Start the findings with what the job asks for."""
        wish, shown = await asyncio.gather(
            self._wishes.get(brief.description, partial(self._wish, brief.description)),
            asyncio.gather(*(self._embed(subject) for subject in brief.requirements.must_show)),
        )
        return Findings(media.facts, wish, tuple(shown))

    async def _wish(self, description: str) -> Wish:
        asked = await asyncio.to_thread(request_of, description)
        embedded = await self._ask_each("concepts", asked.texts)
        return Wish.of(asked, dict(zip(asked.texts, embedded, strict=True)))

    async def _look(self, media: Decoded, findings: Findings) -> Findings:
        """The cheap models and the measurements that need none."""
        match media:
            case DecodedAudio():
                return findings
            case DecodedImage():
                views, video = [media.view], None
            case DecodedVideo():
                views, video = [frame.view for frame in media.frames], measure_video(media)
        signals, concepts, detections, sensitive = await asyncio.gather(
            asyncio.to_thread(lambda: median_signals([measure_image(view) for view in views])),
            self._ask_each("concepts", views),
            self._ask_each("detector", views),
            self._ask_each("safety", views),
        )
        looked = replace(findings, concepts=concepts, detections=detections, sensitive=sensitive)
        return replace(looked, image=signals, video=video)

    async def _read_and_listen(self, media: Decoded, findings: Findings) -> Findings:
        """Text and speech: nine tenths of the cost of a file."""
        match media:
            case DecodedImage():
                return findings if findings.pages else await self._read([media.view], (0,), findings)
            case DecodedAudio():
                return await self._listen(media, findings)
            case DecodedVideo():
                chosen = _frames_to_read(media)
                read = await self._read([media.frames[index].view for index in chosen], chosen, findings)
                return await self._listen(media.audio, read) if media.audio else read

    async def _read(self, views: Sequence[Any], frames: tuple[int, ...], findings: Findings) -> Findings:
        pages: tuple[PageText, ...] = await self._ask_each("text", views)
        lines = tuple(line.text for page in pages for line in page.lines)
        read = await self._embed_words(
            " ".join(lines), lines if findings.nearest_kind >= self._rubric.relevance[self._encoder].asked_kind else ()
        )
        return replace(findings, pages=pages, read_frames=frames if pages else (), read=read)

    async def _listen(self, audio: DecodedAudio, findings: Findings) -> Findings:
        recording = Recording(audio.samples, audio.clipping_ratio)
        transcripts, qualities = await asyncio.gather(
            self._ask_each("speech", [audio.samples]), self._ask_each("audio_quality", [recording])
        )
        transcript, quality = next(iter(transcripts), None), next(iter(qualities), None)
        heard = await self._embed_words(transcript.text) if transcript else None
        return replace(findings, transcript=transcript, audio=quality, heard=heard)

    async def _conclude(self, media: Decoded, findings: Findings, print_: Fingerprint, brief: JobBrief) -> ScoreResult:
        evidence = self._weigh(findings, brief)
        result = score(evidence, brief, self._rubric)
        spoke = tuple(self._identities[role] for role in findings.roles if role in self._identities)
        annotations = None
        if not evidence.unsafe:
            annotations = await asyncio.to_thread(partial(annotate, media, findings, print_, self._rubric, spoke))
        embeddings = {} if evidence.unsafe else findings.embeddings
        return ScoreResult(result, evidence, annotations, print_, spoke, embeddings)

    async def embed(self, sentence: str) -> NDArray[np.float32]:
        """A sentence in the space of `ScoreResult.embeddings`; unit length, shape (dimensions,)."""
        embedded = await self._embed(sentence[:MAX_EMBEDDED_CHARACTERS])
        return embedded.embedding

    def _weigh(self, findings: Findings, brief: JobBrief) -> Evidence:
        return weigh(findings, brief, self._rubric, self._encoder)

    def _is_gated(self, findings: Findings, brief: JobBrief) -> bool:
        return is_gated(self._weigh(findings, brief), brief, self._rubric)

    def _original(self, print_: Fingerprint, earlier: Sequence[EarlierFile]) -> EarlierFile | None:
        match = find_duplicate(print_, [file.fingerprint for file in earlier], self._rubric.duplicates)
        return earlier[match.index] if match else None

    async def _ask_each(self, role: Role, items: Sequence[Any]) -> tuple[Any, ...]:
        """All items go off at once: the model's batcher puts them together, with those of other submissions."""
        if role not in self._handles:
            return ()
        return tuple(await asyncio.gather(*(self._handles[role](item) for item in items)))

    async def _embed_words(self, text: str, lines: tuple[str, ...] = ()) -> Concepts | None:
        """`lines` where it matters what they stand on."""
        if len(text.split()) < MIN_EMBEDDED_WORDS:
            return None
        text = text[:MAX_EMBEDDED_CHARACTERS]
        words: Concepts = await self._handles["concepts"](ReadText(text, lines) if lines else text)
        return words

    async def _embed(self, sentence: str) -> Concepts:
        """What may well be asked again: a subject that a job must show, a search."""
        return await self._sentences.get(sentence, lambda: self._handles["concepts"](sentence))


def _with_text(print_: Fingerprint, findings: Findings) -> Fingerprint:
    """Of a picture; the frames of a video that are read are not all that it has."""
    if findings.facts.content_type != "image":
        return print_
    return with_text(print_, "\n".join(page.text for page in findings.pages))


def _frames_to_read(video: DecodedVideo) -> tuple[int, ...]:
    """Evenly spread over the frames that start a scene."""
    starts = [index for index, frame in enumerate(video.frames) if frame.starts_scene]
    return tuple(starts[:: max(1, math.ceil(len(starts) / FRAMES_READ))])
