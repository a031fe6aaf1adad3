"""Annotations in the shapes of API.md.

Boxes are `[x_min, y_min, x_max, y_max]` in whole pixels of the delivered picture. Confidences have three
decimals, seconds and ratios too, levels in decibels one. A number that is not finite becomes null.
"""

import math
from collections.abc import Iterable, Sequence
from importlib import metadata
from typing import Any

from models.outputs import AudioQuality, Box, Concepts, Detection, ModelIdentity, PageText, Segment, Transcript
from pipeline.duplicates import Fingerprint
from pipeline.findings import Findings, count_faces
from pipeline.image_quality import image_quality
from pipeline.image_signals import ImageSignals
from pipeline.keywords import keywords
from pipeline.media import Decoded, DecodedAudio, DecodedImage, DecodedVideo, MediaFacts
from pipeline.palette import color_palette
from pipeline.perceptual_hash import hash_text
from pipeline.rubric import Rubric

ENGINE_VERSION = metadata.version("assay")
Annotations = dict[str, Any]
_SCENE_LABELS = 5


def annotate(
    media: Decoded, findings: Findings, print_: Fingerprint, rubric: Rubric, identities: Iterable[ModelIdentity]
) -> Annotations:
    """Everything that is delivered with a file; `print_` is its own, `identities` are the models that spoke."""
    match media:
        case DecodedImage():
            content = _image(media, findings, print_, rubric)
        case DecodedAudio():
            content = _audio(media.facts, findings)
        case DecodedVideo():
            content = _video(media, findings)
    models = [
        {
            "role": i.role,
            "name": i.name,
            "version": i.version,
            "weights_digest": i.weights_digest,
            "precision": i.precision,
        }
        for i in identities
    ]
    return content | {"models": models, "engine_version": ENGINE_VERSION}


def _image(media: DecodedImage, findings: Findings, print_: Fingerprint, rubric: Rubric) -> Annotations:
    facts, size = media.facts, _size(media.facts)
    concepts = findings.concepts[0] if findings.concepts else None
    detections = findings.detected[0] if findings.detected else ()
    page = findings.pages[0] if findings.pages else PageText(())
    return {
        "object_labels": _object_labels(concepts, detections, size),
        "ocr_text": page.text,
        "ocr_words": [
            {"text": word.text, "confidence": _round(word.confidence), "box": _pixels(word.box, size)}
            for word in page.words
        ],
        "scene_classification": concepts.labels[0].name if concepts and concepts.labels else None,
        "color_palette": list(color_palette(media.view)),
        "resolution": {"width": facts.width, "height": facts.height},
        "face_count": count_faces(findings, rubric),
        "quality": _image_quality(findings.image, facts, rubric),
        "safety": _safety(detections, rubric),
        "phash": hash_text(print_.pictures[0].hash),
    }


def _audio(facts: MediaFacts, findings: Findings) -> Annotations:
    return _speech(findings.transcript) | {
        "duration_seconds": _round(facts.duration_seconds),
        "sample_rate_hz": facts.sample_rate_hz,
        "channels": facts.channels,
        "codec": facts.codecs[0] if facts.codecs else None,
        **_sound(findings.audio),
    }


def _video(media: DecodedVideo, findings: Findings) -> Annotations:
    facts = media.facts
    spoken = _speech(findings.transcript)
    return {
        "scenes": _scenes(media, findings),
        "keyframes": _keyframes(media, findings),
        "object_labels": _labels_of(findings.concepts, findings.detected),
        "transcript": spoken["transcript"],
        "segments": spoken["segments"],
        "language": spoken["language"],
        "resolution": {"width": facts.width, "height": facts.height},
        "fps": _round(facts.fps),
        "duration_seconds": _round(facts.duration_seconds),
        "codecs": list(facts.codecs),
        "stability": _round(findings.video.stability if findings.video else None),
    }


def _object_labels(
    concepts: Concepts | None, detections: Sequence[Detection], size: tuple[int, int]
) -> list[Annotations]:
    """Objects with a box first, then the classes of the whole picture."""
    boxed = [
        {"label": found.label, "confidence": _round(found.confidence), "box": _pixels(found.box, size)}
        for found in detections
    ]
    whole = [
        {"label": label.name, "confidence": _round(label.confidence)} for label in (concepts.labels if concepts else ())
    ]
    return boxed + whole


def _labels_of(concepts: Sequence[Concepts], detections: Sequence[Sequence[Detection]]) -> list[Annotations]:
    """The highest confidence of each class over some frames, highest first."""
    seen = [(label.name, label.confidence) for frame in concepts for label in frame.labels]
    seen += [(found.label, found.confidence) for frame in detections for found in frame]
    best: dict[str, float] = {}
    for name, confidence in seen:
        best[name] = max(best.get(name, 0.0), confidence)
    ranked = sorted(best.items(), key=lambda entry: -entry[1])
    return [{"label": name, "confidence": _round(confidence)} for name, confidence in ranked]


def _image_quality(signals: ImageSignals | None, facts: MediaFacts, rubric: Rubric) -> Annotations | None:
    if signals is None or facts.width is None or facts.height is None:
        return None
    grades = image_quality(signals, facts.width, facts.height, rubric.image_quality)
    names = ("sharpness", "exposure", "noise", "contrast")
    return {name: _round(getattr(grades, name)) for name in names}


def _safety(detections: Sequence[Detection], rubric: Rubric) -> Annotations:
    """The highest confidence of every class that the policy names; 0 when it was not seen."""
    found = dict.fromkeys(rubric.unsafe_labels, 0.0)
    for detection in detections:
        if detection.label in found:
            found[detection.label] = max(found[detection.label], detection.confidence)
    return {label: _round(confidence) for label, confidence in found.items()}


def _speech(transcript: Transcript | None) -> Annotations:
    if transcript is None:
        unheard: Annotations = dict.fromkeys(("transcript", "language", "language_confidence"))
        return unheard | {"segments": [], "keywords": []}
    return {
        "transcript": transcript.text,
        "segments": [_segment(segment) for segment in transcript.segments],
        "language": transcript.language,
        "language_confidence": _round(transcript.language_confidence),
        "keywords": list(keywords(transcript.text)),
    }


def _segment(segment: Segment) -> Annotations:
    return {
        "start_seconds": _round(segment.start_seconds),
        "end_seconds": _round(segment.end_seconds),
        "text": segment.text.strip(),
        "words": [
            {
                "word": word.text.strip(),
                "start_seconds": _round(word.start_seconds),
                "end_seconds": _round(word.end_seconds),
                "confidence": _round(word.confidence),
            }
            for word in segment.words
        ],
    }


def _sound(audio: AudioQuality | None) -> Annotations:
    def value(name: str, digits: int) -> float | None:
        return _round(getattr(audio, name, None), digits)

    return {
        "loudness_lufs": value("loudness_lufs", 1),
        "snr_db": value("snr_db", 1),
        "speech_ratio": value("speech_ratio", 3),
        "clipping_ratio": value("clipping_ratio", 5),
        "quality": {name: value(name, 2) for name in ("signal", "background", "overall")},
    }


def _scenes(media: DecodedVideo, findings: Findings) -> list[Annotations]:
    """From one cut to the next, with the five surest classes seen on the way."""
    starts = [index for index, frame in enumerate(media.frames) if frame.starts_scene or index == 0]
    ends = [*starts[1:], len(media.frames)]
    times = [media.frames[index].at_seconds for index in starts]
    times[0] = 0.0
    last = media.facts.duration_seconds or media.frames[-1].at_seconds
    return [
        {
            "start_seconds": _round(start_seconds),
            "end_seconds": _round(end_seconds),
            "labels": [
                entry["label"]
                for entry in _labels_of(findings.concepts[first:end], findings.detected[first:end])[:_SCENE_LABELS]
            ],
        }
        for start_seconds, end_seconds, first, end in zip(times, [*times[1:], last], starts, ends, strict=True)
    ]


def _keyframes(media: DecodedVideo, findings: Findings) -> list[Annotations]:
    """Every frame that was looked at; its text where it was read."""
    size = _size(media.facts)
    return [
        {
            "at_seconds": _round(frame.at_seconds),
            "object_labels": _object_labels(
                findings.concepts[index] if findings.concepts else None,
                findings.detected[index] if findings.detected else (),
                size,
            ),
            "ocr_text": findings.page_of_frame(index),
        }
        for index, frame in enumerate(media.frames)
    ]


def _size(facts: MediaFacts) -> tuple[int, int]:
    return facts.width or 0, facts.height or 0


def _pixels(box: Box, size: tuple[int, int]) -> list[int]:
    width, height = size
    edges = (box.x_min * width, box.y_min * height, box.x_max * width, box.y_max * height)
    return [round(edge) for edge in edges]


def _round(value: float | None, digits: int = 3) -> float | None:
    return None if value is None or not math.isfinite(value) else round(float(value), digits)
