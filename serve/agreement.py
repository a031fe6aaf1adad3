"""How far two models of a role say the same about one item, from 0 (nothing in common) to 1 (the same)."""

from collections.abc import Callable
from typing import Any

import numpy as np
from rapidfuzz.distance import Levenshtein

from configs.settings import Role
from models.outputs import AudioQuality, Box, Concepts, Detection, PageText, Transcript

MIN_OVERLAP = 0.5
"""Intersection over union of two boxes that mean the same object, as in COCO's mAP50."""
MOS_RANGE = 4.0
"""DNSMOS goes from 1 to 5."""


def agreement(role: Role, one: Any, other: Any) -> float:
    """Agreement of two outputs for the same item."""
    return _MEASURES[role](one, other)


def compared(role: Role, one: Any, other: Any) -> float | None:
    """Agreement, unless both found nothing, which proves nothing."""
    return None if _is_empty(one) and _is_empty(other) else agreement(role, one, other)


def detections(one: tuple[Detection, ...], other: tuple[Detection, ...]) -> float:
    """F1 of the boxes that match in place and label."""
    if not one and not other:
        return 1.0
    left = list(other)
    matched = 0
    for found in one:
        same = next((each for each in left if each.label == found.label and _overlap(each.box, found.box)), None)
        if same is not None:
            left.remove(same)
            matched += 1
    return 2 * matched / (len(one) + len(other))


def embeddings(one: Concepts, other: Concepts) -> float:
    """Cosine in a shared space; between spaces, the overlap (Jaccard) of what is named most confidently."""
    if one.embedding.shape == other.embedding.shape:
        return max(0.0, float(one.embedding @ other.embedding))
    names, others = ({label.name for label in each.labels} for each in (one, other))
    return len(names & others) / len(names | others) if names | others else 0.0


def pages(one: PageText, other: PageText) -> float:
    """1 less the share of characters to edit, blind to case and to spaces."""
    texts = ["".join(each.text.lower().split()) for each in (one, other)]
    return float(Levenshtein.normalized_similarity(*texts))


def transcripts(one: Transcript, other: Transcript) -> float:
    """1 less the share of words to edit, blind to case and punctuation."""
    return float(Levenshtein.normalized_similarity(_spoken(one), _spoken(other)))


def qualities(one: AudioQuality, other: AudioQuality) -> float:
    """1 less the difference of the overall quality over its range."""
    return 1 - min(1.0, abs(one.overall - other.overall) / MOS_RANGE)


def _is_empty(output: Any) -> bool:
    match output:
        case PageText() | Transcript():
            return not output.text.strip()
        case Concepts():  # of a sentence, among others: sentences agree whatever becomes of pictures
            return not output.labels
        case tuple():
            return not output
    return False


def _overlap(one: Box, other: Box) -> bool:
    width = min(one.x_max, other.x_max) - max(one.x_min, other.x_min)
    height = min(one.y_max, other.y_max) - max(one.y_min, other.y_min)
    shared = max(width, 0.0) * max(height, 0.0)
    return shared >= MIN_OVERLAP * (_area(one) + _area(other) - shared)


def _area(box: Box) -> float:
    return (box.x_max - box.x_min) * (box.y_max - box.y_min)


def _spoken(transcript: Transcript) -> list[str]:
    letters = "".join(each if each.isalnum() else " " for each in transcript.text.lower())
    return letters.split()


_MEASURES: dict[Role, Callable[[Any, Any], float]] = {
    "detector": detections,
    "safety": detections,
    "concepts": embeddings,
    "text": pages,
    "speech": transcripts,
    "audio_quality": qualities,
}


def flaw(role: Role, output: Any) -> str | None:
    """What no working model says, whatever it was shown; `None` if the output could be true."""
    numbers = np.array(_numbers(role, output), dtype=np.float64)
    if not np.isfinite(numbers).all():
        return f"{role} answers with numbers that are none"
    low, high = (1.0, 5.0) if role == "audio_quality" else (-1.0, 1.0) if role == "concepts" else (0.0, 1.0)
    tolerance = 0.1 if role == "audio_quality" else 1e-3
    if numbers.size and (numbers.min() < low - tolerance or numbers.max() > high + tolerance):
        return f"{role} answers with {numbers.min():.3g} to {numbers.max():.3g}, outside of {low:.0f} to {high:.0f}"
    return None


def _numbers(role: Role, output: Any) -> list[float]:
    match role:
        case "detector" | "safety":
            return [each.confidence for each in output]
        case "concepts":
            return [*output.embedding.tolist(), *(label.confidence for label in output.labels)]
        case "text":
            return [word.confidence for word in output.words]
        case "speech":
            return [word.confidence for segment in output.segments for word in segment.words]
        case "audio_quality":
            return [output.signal, output.background, output.overall]
