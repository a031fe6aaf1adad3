"""From what the models said about a file to the evidence that is scored: pure functions."""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from rapidfuzz import fuzz
from rapidfuzz.distance import LCSseq

from configs.settings import Role
from models.outputs import AudioQuality, Concepts, Detection, PageText, Transcript
from pipeline.brief import JobBrief, Place
from pipeline.description import FACES
from pipeline.evidence import Evidence, MatchEvidence, RequirementEvidence, Whereabouts
from pipeline.image_signals import ImageSignals
from pipeline.media import MediaFacts, Position
from pipeline.relevance import (
    Calibration,
    Wish,
    match_probability,
    page_matches,
    page_probability,
    standard_score,
    wish_score,
)
from pipeline.result import Seen
from pipeline.rubric import Rubric
from pipeline.script import ScriptMatch, match_script, script_of, unquoted, words
from pipeline.video_signals import VideoSignals

EARTH_RADIUS_KM = 6371.0
MIN_REPEATED_WORDS, REPEATED_SHARE, FOUND_SHARE = 5, 0.7, 0.4
"""From which a text repeats a description: so many of its words, in its order, and not among many others."""
TEXT_FOUND_RATIO = 85.0
"""Similarity (0–100) from which a required text counts as read: one wrong letter in seven is the recogniser's."""
SEEN_PROBABILITY = 0.5
LABELLED_CONFIDENCE = 0.25
"""From which a subject counts as seen by its name: what ultralytics' detectors ask of a box by default. Classes that
have the name in common (Siamese cat, Egyptian cat) are added up."""
NEVER_SEEN = -10.0
"""Standard score where there is no picture to see anything in; lower than any picture gets."""


@dataclass(frozen=True, slots=True)
class Findings:
    """What was measured and what the models said; one entry a picture or frame."""

    facts: MediaFacts
    wish: Wish
    """The job's description in the embedding space."""
    subjects: tuple[Concepts, ...] = ()
    """The job's `must_show`, embedded, in its order."""
    concepts: tuple[Concepts, ...] = ()
    detections: tuple[tuple[Detection, ...], ...] = ()
    """Of the detector."""
    sensitive: tuple[tuple[Detection, ...], ...] = ()
    """Of the safety detector, where the profile has one: its classes are not the detector's."""
    pages: tuple[PageText, ...] = ()
    read_frames: tuple[int, ...] = ()
    """Which pictures the pages belong to."""
    read: Concepts | None = None
    """The text of the pages, embedded."""
    transcript: Transcript | None = None
    heard: Concepts | None = None
    """The transcript, embedded."""
    image: ImageSignals | None = None
    video: VideoSignals | None = None
    audio: AudioQuality | None = None
    duplicate_of: str | None = None

    @property
    def shown(self) -> tuple[Wish, ...]:
        """The job's `must_show`, each by itself."""
        return tuple(Wish(subject, named=((subject, subject),)) for subject in self.subjects)

    @property
    def nearest_kind(self) -> float:
        """How near the job comes to asking for something with writing on it, a cosine."""
        return max(wish.nearest_kind for wish in (self.wish, *self.shown))

    @property
    def text(self) -> str:
        """Everything read and heard."""
        spoken = self.transcript.text if self.transcript else ""
        return "\n".join([*(page.text for page in self.pages), spoken]).strip()

    @property
    def detected(self) -> tuple[tuple[Detection, ...], ...]:
        """Of both detectors, most confident first; one entry a picture, none when neither looked."""
        if not self.detections or not self.sensitive:
            return self.detections or self.sensitive
        both = (one + other for one, other in zip(self.detections, self.sensitive, strict=True))
        return tuple(tuple(sorted(found, key=lambda each: -each.confidence)) for found in both)

    @property
    def roles(self) -> tuple[Role, ...]:
        """Which models spoke; the concept encoder read the description in any case."""
        spoke: dict[Role, bool] = {
            "concepts": True,
            "detector": bool(self.detections),
            "safety": bool(self.sensitive),
            "text": bool(self.pages),
            "speech": self.transcript is not None,
            "audio_quality": self.audio is not None,
        }
        return tuple(role for role, said in spoke.items() if said)

    @property
    def embeddings(self) -> dict[Seen, NDArray[np.float32]]:
        """What can be searched for; frames are averaged, as in CLIP4Clip's parameter-free form (Luo et al. 2021)."""
        found: dict[Seen, NDArray[np.float32]] = {}
        if self.concepts:
            found["image"] = _unit(np.mean([_searchable(seen) for seen in self.concepts], axis=0))
        if self.read is not None:
            found["read"] = self.read.embedding
        if self.heard is not None:
            found["heard"] = self.heard.embedding
        return found

    def page_of_frame(self, index: int) -> str | None:
        """Text of a picture, `None` when it was not read."""
        return self.pages[self.read_frames.index(index)].text if index in self.read_frames else None


def _searchable(seen: Concepts) -> NDArray[np.float32]:
    """A picture by its own names and by what these are kinds of, half and half (decision 0030)."""
    if not len(seen.broader):
        return seen.embedding
    return _unit(seen.embedding + _unit(seen.broader.mean(axis=0)))


def _unit(vector: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.asarray(vector / max(float(np.linalg.norm(vector)), 1e-6), np.float32)


def weigh(findings: Findings, brief: JobBrief, rubric: Rubric, encoder: str) -> Evidence:
    """Compare the findings with the job; `encoder` names the calibration of the concept backend."""
    return Evidence(
        facts=findings.facts,
        match=_match(findings, brief, rubric, encoder),
        requirements=_requirements(findings, brief, rubric, encoder),
        image=findings.image,
        video=findings.video,
        audio=findings.audio,
        speech_seconds=findings.transcript.speech_seconds if findings.transcript else None,
        unsafe=_unsafe(findings.detected, rubric),
        duplicate_of=findings.duplicate_of,
        encoder=encoder,
    )


def _match(findings: Findings, brief: JobBrief, rubric: Rubric, encoder: str) -> MatchEvidence:
    calibration, wish = rubric.relevance[encoder], findings.wish
    return MatchEvidence(
        visual=_best_half([wish_score(seen, wish, calibration) for seen in findings.concepts]),
        read=_read(findings, brief, calibration),
        heard=None if findings.heard is None else wish_score(findings.heard, wish, calibration),
        pages=page_matches(findings.read, wish, calibration),
        nearest_wordy=wish.nearest_wordy,
        words_read=sum(len(page.text.split()) for page in findings.pages) if findings.pages else None,
        familiarity=wish.familiarity,
        script=_script(findings, brief),
        looks_like=tuple(dict.fromkeys(label.name for seen in findings.concepts for label in seen.labels[:3])),
    )


def _read(findings: Findings, brief: JobBrief, calibration: Calibration) -> float | None:
    """Text that is the description itself, on a note or a screenshot of the job, says nothing of what is shown."""
    pages = "\n".join(page.text for page in findings.pages)
    if findings.read is None or _repeats(brief.description, pages):
        return None
    return wish_score(findings.read, findings.wish, calibration)


def _repeats(description: str, text: str) -> bool:
    """Words that a job quotes may well be those that it wants to see."""
    wanted, found = words(unquoted(description)), words(text)
    shared = LCSseq.similarity(wanted, found) if len(wanted) >= MIN_REPEATED_WORDS else 0
    return shared >= REPEATED_SHARE * len(wanted) and shared >= FOUND_SHARE * len(found)


def _script(findings: Findings, brief: JobBrief) -> ScriptMatch | None:
    script = script_of(brief.description, findings.facts.content_type)
    if script is None or findings.transcript is None:
        return None
    return match_script(script, findings.transcript.text)


def _best_half(values: Sequence[float]) -> float | None:
    """Mean of the better half: a video may pan to its subject and away again."""
    if not values:
        return None
    best = sorted(values, reverse=True)[: math.ceil(len(values) / 2)]
    return float(np.mean(best))


def _requirements(findings: Findings, brief: JobBrief, rubric: Rubric, encoder: str) -> RequirementEvidence:
    text = findings.text.lower()
    calibration = rubric.relevance[encoder]
    unseen = {}
    for name, wish in zip(brief.requirements.must_show, findings.shown, strict=True):
        best = max((standard_score(seen, wish.whole, calibration) for seen in findings.concepts), default=NEVER_SEEN)
        seen = max(
            match_probability(best, calibration),
            page_probability(page_matches(findings.read, wish, calibration), calibration),
        )
        if seen < SEEN_PROBABILITY and not _is_labelled(name, findings, rubric):
            unseen[name] = best
    wanted = brief.requirements.must_contain_text
    distance = distance_km(findings.facts.position, brief.location)
    return RequirementEvidence(
        missing_text=tuple(each for each in wanted if _likeness(each.lower(), text) < TEXT_FOUND_RATIO),
        unseen=unseen,
        faces=count_faces(findings, rubric),
        language=findings.transcript.language if findings.transcript else None,
        language_confidence=findings.transcript.language_confidence if findings.transcript else 1.0,
        location=whereabouts(distance, brief.location),
        distance_km=distance,
    )


def _likeness(wanted: str, text: str) -> float:
    """Of the part of the text that is most like what is wanted, 0–100; no part of what is wanted stands for it all."""
    return fuzz.partial_ratio(wanted, text) if len(wanted) <= len(text) else fuzz.ratio(wanted, text)


def _is_labelled(subject: str, findings: Findings, rubric: Rubric) -> bool:
    """Whether a model knows the subject by name, as whole words: no cat is a catamaran. One of the names of a class has
    to end with it: a tiger cat is a cat and no tiger."""
    name = re.compile(rf"\b{re.escape(subject)}\b", re.IGNORECASE)
    faces = rubric.face_labels if subject.lower() in FACES else ()
    boxes = (box for picture in findings.detected for box in picture if box.confidence >= LABELLED_CONFIDENCE)
    if any(box.label in faces or name.search(box.label.replace("_", " ")) for box in boxes):
        return True
    kind = re.compile(rf"\b{re.escape(subject)}(?:,|$)", re.IGNORECASE)
    shares = (sum(label.confidence for label in seen.labels if kind.search(label.name)) for seen in findings.concepts)
    return max(shares, default=0.0) >= LABELLED_CONFIDENCE


def count_faces(findings: Findings, rubric: Rubric) -> int:
    """Faces in the picture with the most of them; where both detectors know faces, the one that sees more counts."""
    looks = findings.detections + findings.sensitive
    return max((sum(found.label in rubric.face_labels for found in look) for look in looks), default=0)


def _unsafe(detections: Sequence[Sequence[Detection]], rubric: Rubric) -> dict[str, float]:
    found: dict[str, float] = {}
    for detection in (detection for picture in detections for detection in picture):
        if detection.confidence >= rubric.unsafe_labels.get(detection.label, math.inf):
            found[detection.label] = max(found.get(detection.label, 0.0), detection.confidence)
    return found


def whereabouts(distance_km: float | None, place: Place | None) -> Whereabouts | None:
    """Of a capture so far from a place; `None` without a place."""
    if place is None:
        return None
    if distance_km is None:
        return "unverified"
    return "within" if distance_km <= place.radius_km else "outside"


def distance_km(captured: Position | None, place: Place | None) -> float | None:
    """Great-circle distance (haversine formula); `None` when one of the two is unknown."""
    if captured is None or place is None:
        return None
    from_lat, to_lat = math.radians(captured.latitude_degrees), math.radians(place.lat)
    half_lng = math.radians(place.lng - captured.longitude_degrees) / 2
    chord = math.sin((to_lat - from_lat) / 2) ** 2 + math.cos(from_lat) * math.cos(to_lat) * math.sin(half_lng) ** 2
    return 2 * EARTH_RADIUS_KM * math.asin(math.sqrt(chord))
