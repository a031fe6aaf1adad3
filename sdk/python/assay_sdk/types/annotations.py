"""What the engine's models saw, read and heard in a file."""

from pydantic import Field

from assay_sdk.types.base import Resource

Number = int | float
"""Kept as it came, so that whole pixels stay whole."""
Box = list[Number]
"""`[x_min, y_min, x_max, y_max]` in pixels of the delivered picture."""


class ObjectLabel(Resource):
    """Something that was recognised."""

    label: str
    confidence: Number | None = None
    """0 to 1."""
    box: Box | None = None
    """Where it is; `None` for what is true of the whole picture."""


class WrittenWord(Resource):
    """A word that was read."""

    text: str
    confidence: Number | None = None
    """0 to 1."""
    box: Box | None = None


class SpokenWord(Resource):
    """A word that was heard."""

    word: str
    start_seconds: Number | None = None
    end_seconds: Number | None = None
    confidence: Number | None = None
    """0 to 1."""


class TranscriptSegment(Resource):
    """A stretch of speech."""

    start_seconds: Number | None = None
    end_seconds: Number | None = None
    text: str = ""
    words: list[SpokenWord] = Field(default_factory=list)


class Scene(Resource):
    """A video from one cut to the next."""

    start_seconds: Number | None = None
    end_seconds: Number | None = None
    labels: list[str] = Field(default_factory=list)
    """The surest classes, at most five."""


class Keyframe(Resource):
    """A frame that was looked at."""

    at_seconds: Number | None = None
    object_labels: list[ObjectLabel] = Field(default_factory=list)
    ocr_text: str | None = None


class Resolution(Resource):
    """Size of the upright picture."""

    width: int | None = None
    """Pixels."""
    height: int | None = None
    """Pixels."""


class AnnotationQuality(Resource):
    """Grades of a picture (the first four) or of a recording (the last three, DNSMOS, 1 to 5)."""

    sharpness: Number | None = None
    exposure: Number | None = None
    noise: Number | None = None
    contrast: Number | None = None
    signal: Number | None = None
    background: Number | None = None
    overall: Number | None = None


class ModelVersion(Resource):
    """A model that spoke."""

    role: str | None = None
    name: str | None = None
    version: str | None = None
    weights_digest: str | None = None
    """SHA-256 of its weights."""
    precision: str | None = None


class Annotations(Resource):
    """Everything that is delivered with a file. What does not belong to its content type is `None` or empty."""

    object_labels: list[ObjectLabel] = Field(default_factory=list)
    """Image and video: objects with a box first, then classes of the whole."""
    ocr_text: str | None = None
    """Image."""
    ocr_words: list[WrittenWord] = Field(default_factory=list)
    """Image."""
    scene_classification: str | None = None
    """Image."""
    color_palette: list[str] = Field(default_factory=list)
    """Image: `#RRGGBB`, the most frequent first."""
    resolution: Resolution | None = None
    """Image and video."""
    face_count: int | None = None
    """Image."""
    quality: AnnotationQuality | None = None
    """Image and audio."""
    safety: dict[str, Number | None] | None = None
    """Image: confidence of each class of the policy."""
    phash: str | None = None
    """Image: perceptual hash, hexadecimal."""
    transcript: str | None = None
    """Audio and video."""
    segments: list[TranscriptSegment] = Field(default_factory=list)
    """Audio and video."""
    language: str | None = None
    """Audio and video: ISO 639-1."""
    language_confidence: Number | None = None
    """Audio: 0 to 1."""
    keywords: list[str] = Field(default_factory=list)
    """Audio."""
    duration_seconds: Number | None = None
    """Audio and video."""
    sample_rate_hz: Number | None = None
    """Audio."""
    channels: int | None = None
    """Audio."""
    codec: str | None = None
    """Audio."""
    loudness_lufs: Number | None = None
    """Audio."""
    snr_db: Number | None = None
    """Audio."""
    speech_ratio: Number | None = None
    """Audio: 0 to 1."""
    clipping_ratio: Number | None = None
    """Audio: 0 to 1."""
    scenes: list[Scene] = Field(default_factory=list)
    """Video."""
    keyframes: list[Keyframe] = Field(default_factory=list)
    """Video."""
    fps: Number | None = None
    """Video: frames per second."""
    codecs: list[str] = Field(default_factory=list)
    """Video."""
    stability: Number | None = None
    """Video: 0 to 1."""
    models: list[ModelVersion] = Field(default_factory=list)
    """Every model that spoke."""
    engine_version: str | None = None
