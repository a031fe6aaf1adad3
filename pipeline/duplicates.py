"""Copies within a job: the same file, the same picture scaled, cropped, recompressed or brightened, the same sound.

A picture's hash and embedding only say where to look. What decides is a comparison of small pictures: one is
shifted and scaled over the other for the best normalised cross-correlation, which brightness does not touch and
a crop only moves.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict

from pipeline.media import SAMPLE_RATE_HZ, Decoded, DecodedAudio, DecodedImage, DecodedVideo
from pipeline.perceptual_hash import perceptual_hash

THUMBNAIL_PIXELS = 64
_SCALES = (1.0, 0.96, 0.92, 0.88, 0.84)
"""Part of the earlier picture that a cropped copy shows, along each side."""
_BANDS = 33
_BAND_RANGE_HZ = (300.0, 3000.0)
_FRAME_SECONDS, _STEP_SECONDS = 0.37, 0.05
"""Frames and bands of the audio fingerprint, after Haitsma and Kalker (2002) with a coarser step."""
_MIN_SHARED_FRAMES = 20
"""One second: less sound in common proves nothing."""
_MAX_SOUND_FRAMES = 2400
"""Two minutes of a recording are compared."""

Grey = NDArray[np.uint8]


class DuplicateRubric(BaseModel):
    """Section `duplicates` of the rubric."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    hash_bits: int
    """Pictures whose hashes differ in more bits of 64 are not looked at, unless their embeddings are alike."""
    embedding_cosine: float
    """Pictures whose embeddings are at least this close are looked at."""
    correlation: float
    """Normalised cross-correlation from which two pictures are one, 0–1."""
    sound_bit_error: float
    """Share of differing bits up to which two recordings are one (0.5 is chance)."""


@dataclass(frozen=True, slots=True)
class Picture:
    """What is kept of a picture or frame."""

    hash: int
    """Perceptual hash, 64 bits."""
    thumbnail: Grey
    """The whole picture squeezed to (64, 64)."""
    embedding: NDArray[np.float16] | None = None


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """What is kept of a file to recognise its copies; about 6 KB a picture."""

    sha256: str
    pictures: tuple[Picture, ...] = ()
    sound: NDArray[np.uint32] | None = None
    """Shape (frames,), one word of 32 band differences each; `None` without sound worth comparing."""


@dataclass(frozen=True, slots=True)
class Match:
    """The earlier file that a new one copies."""

    index: int
    """Its place among the earlier files."""
    similarity: float
    """Correlation of the pictures, or share of equal bits of the sound; 1 for identical bytes."""


def fingerprint(media: Decoded, embeddings: Sequence[NDArray[np.float32]] = ()) -> Fingerprint:
    """The fingerprint of a decoded file; `embeddings` are those of its pictures, in order, where they are known."""
    match media:
        case DecodedImage():
            return Fingerprint(media.facts.sha256, tuple(_pictures([media.view], embeddings)))
        case DecodedVideo():
            views = [frame.view for frame in media.frames]
            return Fingerprint(media.facts.sha256, tuple(_pictures(views, embeddings)))
        case DecodedAudio():
            return Fingerprint(media.facts.sha256, sound=sound_words(media.samples))


def find_duplicate(new: Fingerprint, earlier: Sequence[Fingerprint], rubric: DuplicateRubric) -> Match | None:
    """The earlier file that the new one copies, `None` when it is new.

    A video is a copy when most of its frames are found in one earlier video or picture.
    """
    for index, old in enumerate(earlier):
        if old.sha256 == new.sha256:
            return Match(index, 1.0)
    for index in _candidates(new, earlier, rubric):
        similarity = _similarity(new, earlier[index], rubric)
        if similarity is not None:
            return Match(index, similarity)
    return None


def _pictures(views: Sequence[NDArray[np.uint8]], embeddings: Sequence[NDArray[np.float32]]) -> list[Picture]:
    greys = [cv2.cvtColor(view, cv2.COLOR_RGB2GRAY) for view in views]
    size = (THUMBNAIL_PIXELS, THUMBNAIL_PIXELS)
    thumbnails = [np.asarray(cv2.resize(grey, size, interpolation=cv2.INTER_AREA), np.uint8) for grey in greys]
    known: list[NDArray[np.float16] | None] = [np.asarray(embedding, np.float16) for embedding in embeddings]
    return [
        Picture(perceptual_hash(grey), thumbnail, embedding)
        for grey, thumbnail, embedding in zip(greys, thumbnails, known or [None] * len(views), strict=True)
    ]


def _candidates(new: Fingerprint, earlier: Sequence[Fingerprint], rubric: DuplicateRubric) -> list[int]:
    """Files that are worth a comparison: near in hash or embedding, or with sound."""
    if new.sound is not None:
        return [index for index, old in enumerate(earlier) if old.sound is not None]
    owners = [(index, picture) for index, old in enumerate(earlier) for picture in old.pictures]
    if not owners or not new.pictures:
        return []
    hashes = np.array([picture.hash for _, picture in owners], np.uint64)
    near = np.zeros(len(owners), bool)
    for picture in new.pictures:
        near |= np.bitwise_count(hashes ^ np.uint64(picture.hash)) <= rubric.hash_bits
        near |= _alike(picture, [owner for _, owner in owners], rubric)
    return list(dict.fromkeys(owners[at][0] for at in np.flatnonzero(near)))


def _alike(picture: Picture, others: Sequence[Picture], rubric: DuplicateRubric) -> NDArray[np.bool_]:
    if picture.embedding is None or any(other.embedding is None for other in others):
        return np.zeros(len(others), bool)
    cosines = np.stack([other.embedding for other in others if other.embedding is not None]) @ picture.embedding
    return np.asarray(cosines >= rubric.embedding_cosine)


def _similarity(new: Fingerprint, old: Fingerprint, rubric: DuplicateRubric) -> float | None:
    """How alike two files are, `None` when they are two."""
    if new.sound is not None and old.sound is not None:
        error = bit_error(new.sound, old.sound)
        return 1 - error if error <= rubric.sound_bit_error else None
    best = [max((correlation(a.thumbnail, b.thumbnail) for b in old.pictures), default=0.0) for a in new.pictures]
    middle = float(np.median(best)) if best else 0.0
    return middle if middle >= rubric.correlation else None


def correlation(one: Grey, other: Grey) -> float:
    """Best normalised cross-correlation of two thumbnails, -1…1, when either may be a crop of the other."""
    return max(max(_find(one, other, scale), _find(other, one, scale)) for scale in _SCALES)


def _find(part: Grey, whole: Grey, scale: float) -> float:
    """`part` shrunk to `scale` and searched in `whole`, compared away from its own edge, where a crop differs."""
    side = round(THUMBNAIL_PIXELS * scale)
    template = cv2.resize(part, (side, side), interpolation=cv2.INTER_AREA) if side < THUMBNAIL_PIXELS else part
    template = template[2:-2, 2:-2]
    if template.std() < 1.0:
        return 0.0
    return float(cv2.matchTemplate(whole, template, cv2.TM_CCOEFF_NORMED).max())


def sound_words(samples: NDArray[np.float32]) -> NDArray[np.uint32] | None:
    """Signs of the change of energy from band to band and frame to frame; shape (frames,), `None` if too short."""
    frame, step = round(_FRAME_SECONDS * SAMPLE_RATE_HZ), round(_STEP_SECONDS * SAMPLE_RATE_HZ)
    if len(samples) < frame + _MIN_SHARED_FRAMES * step:
        return None
    windows = np.lib.stride_tricks.sliding_window_view(samples, frame)[::step][:_MAX_SOUND_FRAMES]
    power = np.abs(np.fft.rfft(windows * np.hanning(frame).astype(np.float32), axis=1)) ** 2
    edges_hz = np.geomspace(*_BAND_RANGE_HZ, _BANDS + 1)
    edges = (edges_hz / (SAMPLE_RATE_HZ / 2) * (power.shape[1] - 1)).astype(int)
    energy = np.add.reduceat(power, edges[:-1], axis=1)[:, :_BANDS]
    if float(energy.max(initial=0.0)) < 1e-3:  # digital silence is alike everywhere
        return None
    change = np.diff(np.diff(energy, axis=1), axis=0) > 0
    return np.asarray((change * (np.uint32(1) << np.arange(_BANDS - 1, dtype=np.uint32))).sum(axis=1), np.uint32)


def bit_error(one: NDArray[np.uint32], other: NDArray[np.uint32]) -> float:
    """Least share of differing bits over all shifts by which two sounds overlap at least half."""
    short, long = sorted((one, other), key=len)
    least = max(_MIN_SHARED_FRAMES, len(short) // 2)
    best = 1.0
    for shift in range(least - len(short), len(long) - least + 1):
        start, end = max(0, shift), min(len(long), shift + len(short))
        differing = np.bitwise_count(long[start:end] ^ short[start - shift : end - shift])
        best = min(best, float(differing.mean()) / 32)
    return best


def to_json(print_: Fingerprint) -> dict[str, Any]:
    """A fingerprint as plain data, for the database."""
    return {
        "sha256": print_.sha256,
        "sound": None if print_.sound is None else print_.sound.tobytes().hex(),
        "pictures": [
            {
                "hash": f"{picture.hash:016x}",
                "thumbnail": picture.thumbnail.tobytes().hex(),
                "embedding": None if picture.embedding is None else picture.embedding.tobytes().hex(),
            }
            for picture in print_.pictures
        ],
    }


def from_json(data: dict[str, Any]) -> Fingerprint:
    """The inverse of `to_json`."""
    side = (THUMBNAIL_PIXELS, THUMBNAIL_PIXELS)
    pictures = tuple(
        Picture(
            int(picture["hash"], 16),
            np.frombuffer(bytes.fromhex(picture["thumbnail"]), np.uint8).reshape(side),
            None if picture["embedding"] is None else np.frombuffer(bytes.fromhex(picture["embedding"]), np.float16),
        )
        for picture in data["pictures"]
    )
    sound = None if data["sound"] is None else np.frombuffer(bytes.fromhex(data["sound"]), np.uint32)
    return Fingerprint(data["sha256"], pictures, sound)
