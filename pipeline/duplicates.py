"""Copies within a job: the same file, the same picture scaled, cropped, recompressed or brightened, the same sound.

Perceptual hashes and shared words of sound only say where to look. What decides is a comparison of thumbnails, or of
the sound over all shifts; of silent videos before one background, what moves. Pages of one layout look alike and are
still no copies when other things are written there.
"""

import re
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict

from pipeline.media import Decoded, DecodedAudio, DecodedImage, DecodedVideo
from pipeline.motion_match import differs_in_motion
from pipeline.perceptual_hash import hash_text, perceptual_hash
from pipeline.picture_match import THUMBNAIL_PIXELS, Grey, correlation, thumbnail
from pipeline.sound_match import Words, bit_error, shared_words, sound_words

_MAX_PICTURES, _MAX_SOUNDS = 16, 4
"""Candidates that are compared for each new picture or recording: 0.4 and 3 ms each."""
_TURNED_HASH_BITS = 16
"""In no more do near copies of photos that were not turned differ (`rubric.yaml`). Six turns at the usual limit would
take 60 ms a picture where there are 900 earlier ones, nearly all of it for pictures that have nothing in common."""
_MIN_SHARED_WORDS = 0.08
_UNRELATED_BIT_ERROR = 0.4
"""Two videos that sound as different as chance are two takes of one scene, however alike they look."""


MIN_WRITTEN = 8
"""Words that a page has to have to be told from another by them."""
OTHER_PAGE = 0.3
"""Share of the words of the one with fewer that two pages have in common, under which they are two. Pages of one layout
with nothing but that in common share up to 0.07; copies of four menus, scaled, cropped, recompressed, darkened and
brightened, 0.94 or more, at 400 pixels of width 0.48, and a dense page that is blurred 0.35."""
MAX_WRITTEN = 500
LARGEST = np.uint32(0xFFFFFFFF)
_UNSPACED = re.compile("[\u0e00-\u0eff\u3040-\u30ff\u3400-\u9fff]")
"""Letters of Thai, Lao, Japanese and Chinese."""


class DuplicateRubric(BaseModel):
    """Section `duplicates` of the rubric."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    hash_bits: int
    """Pictures whose hashes differ in more bits of 64 are not compared."""
    correlation: float
    """Correlation of the thumbnails from which two pictures are one, 0–1."""
    sound_bit_error: float
    """Share of differing bits up to which two recordings are one (0.5 is chance)."""


@dataclass(frozen=True, slots=True)
class Picture:
    """What is kept of a picture or frame."""

    hash: int
    """Perceptual hash, 64 bits."""
    thumbnail: Grey
    """The whole picture squeezed to (64, 64)."""


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """What is kept of a file to recognise its copies; 4 KB a picture, 4 bytes a word of a page and 80 a second of
    sound."""

    sha256: str
    pictures: tuple[Picture, ...] = ()
    """One of an image, the sampled frames of a video, none of a recording."""
    sound: Words | None = None
    """Shape (frames,), one word of 32 band differences each; `None` without sound worth comparing."""
    written: NDArray[np.uint32] = field(default_factory=lambda: np.zeros(0, np.uint32))
    """CRC-32 of the words read in a picture, ascending; the smallest `MAX_WRITTEN` where there are more."""


@dataclass(frozen=True, slots=True)
class Match:
    """The earlier file that a new one copies."""

    index: int
    """Its place among the earlier files."""
    similarity: float
    """Correlation of the pictures, or share of equal bits of the sound; 1 for identical bytes."""


def fingerprint(media: Decoded) -> Fingerprint:
    """The fingerprint of a decoded file."""
    match media:
        case DecodedImage():
            return Fingerprint(media.facts.sha256, (_picture(media.view),))
        case DecodedVideo():
            sound = sound_words(media.audio.samples) if media.audio else None
            return Fingerprint(media.facts.sha256, tuple(_picture(frame.view) for frame in media.frames), sound)
        case DecodedAudio():
            return Fingerprint(media.facts.sha256, sound=sound_words(media.samples))


def with_text(print_: Fingerprint, text: str) -> Fingerprint:
    """The fingerprint of a picture in which this was read."""
    found = sorted({zlib.crc32(word.encode()) for word in _words(text.lower())})
    return replace(print_, written=np.array(found[:MAX_WRITTEN], np.uint32))


def find_duplicate(new: Fingerprint, earlier: Sequence[Fingerprint], rubric: DuplicateRubric) -> Match | None:
    """The earlier file that the new one copies, as it is, turned or mirrored; `None` when it is new.

    A video is a copy when most of its frames are found in one earlier file and neither its sound nor, without that,
    what moves before a still background says otherwise.
    """
    for index, old in enumerate(earlier):
        if old.sha256 == new.sha256:
            return Match(index, 1.0)
    if not new.pictures:
        return _find_sound(new, earlier, rubric)
    owners = [(index, picture) for index, old in enumerate(earlier) for picture in old.pictures]
    hashes = np.array([picture.hash for _, picture in owners], np.uint64)
    other_pages: set[int] = set()
    for version, hash_bits in _orientations(new, rubric.hash_bits):
        likeness = _likeness(version, owners, hashes, hash_bits)
        matches = [match for match in _matches(version, earlier, likeness, rubric) if match.index not in other_pages]
        # A layout may be its own mirror image, so another page is one however it is turned.
        other_pages |= {match.index for match in matches if _reads_differently(version, earlier[match.index])}
        copied = [match for match in matches if match.index not in other_pages]
        if copied:
            return max(copied, key=lambda match: match.similarity)
    return None


def _picture(view: NDArray[np.uint8]) -> Picture:
    grey = np.asarray(cv2.cvtColor(view, cv2.COLOR_RGB2GRAY), np.uint8)
    return Picture(perceptual_hash(grey), thumbnail(grey))


def _orientations(print_: Fingerprint, hash_bits: int) -> Iterator[tuple[Fingerprint, int]]:
    """As it is, mirrored, and both by each quarter turn, which is what a tag of orientation can make of a picture.

    With each, the bits in which the hash of what it is compared with may differ.
    """
    yield print_, hash_bits
    for turns, step in ((0, -1), (1, 1), (2, 1), (3, 1), (1, -1), (2, -1), (3, -1)):
        thumbnails = (np.ascontiguousarray(np.rot90(each.thumbnail[:, ::step], turns)) for each in print_.pictures)
        pictures = tuple(Picture(perceptual_hash(grey), grey) for grey in thumbnails)
        version = replace(print_, pictures=pictures, written=print_.written[:0])  # turned, it reads otherwise
        yield version, min(hash_bits, _TURNED_HASH_BITS) if turns else hash_bits


def _find_sound(new: Fingerprint, earlier: Sequence[Fingerprint], rubric: DuplicateRubric) -> Match | None:
    if new.sound is None:
        return None
    heard = [(index, old.sound) for index, old in enumerate(earlier) if old.sound is not None and not old.pictures]
    shared = shared_words(new.sound, [words for _, words in heard])
    for at in np.argsort(-shared)[:_MAX_SOUNDS]:
        error = bit_error(new.sound, heard[at][1]) if shared[at] >= _MIN_SHARED_WORDS else 1.0
        if error <= rubric.sound_bit_error:
            return Match(heard[at][0], 1 - error)
    return None


def _likeness(
    new: Fingerprint, owners: Sequence[tuple[int, Picture]], hashes: NDArray[np.uint64], hash_bits: int
) -> dict[int, dict[int, float]]:
    """By earlier file, by place of the new picture: the best correlation among the pictures nearest in hash."""
    found: dict[int, dict[int, float]] = {}
    for place, picture in enumerate(new.pictures):
        distance = np.bitwise_count(hashes ^ np.uint64(picture.hash))
        for at in np.argsort(distance, kind="stable")[:_MAX_PICTURES]:
            if distance[at] <= hash_bits:
                index, other = owners[at]
                best = found.setdefault(index, {})
                best[place] = max(best.get(place, 0.0), correlation(picture.thumbnail, other.thumbnail))
    return found


def _matches(
    new: Fingerprint, earlier: Sequence[Fingerprint], likeness: dict[int, dict[int, float]], rubric: DuplicateRubric
) -> list[Match]:
    found = [
        Match(index, float(np.median([places.get(at, 0.0) for at in range(len(new.pictures))])))
        for index, places in likeness.items()
    ]
    return [
        match
        for match in found
        if match.similarity >= rubric.correlation and not _is_another_take(new, earlier[match.index], rubric)
    ]


def _is_another_take(new: Fingerprint, old: Fingerprint, rubric: DuplicateRubric) -> bool:
    """Of the same scene."""
    if new.sound is not None and old.sound is not None:
        error = bit_error(new.sound, old.sound)
        if error >= _UNRELATED_BIT_ERROR or error <= rubric.sound_bit_error:
            return error >= _UNRELATED_BIT_ERROR
    frames, old_frames = ([picture.thumbnail for picture in side.pictures] for side in (new, old))
    return differs_in_motion(frames, old_frames, rubric.correlation)


def may_be_another_page(new: Fingerprint, old: Fingerprint) -> bool:
    """Whether a picture that looks like an earlier one could be told from it by what is written on it."""
    return len(old.written) >= MIN_WRITTEN and new.sha256 != old.sha256


def _reads_differently(new: Fingerprint, old: Fingerprint) -> bool:
    if min(len(new.written), len(old.written)) < MIN_WRITTEN:
        return False
    known = min((side[-1] for side in (new.written, old.written) if len(side) == MAX_WRITTEN), default=LARGEST)
    one, other = (side[side <= known] for side in (new.written, old.written))
    common = np.intersect1d(one, other, assume_unique=True)
    return len(common) < OTHER_PAGE * min(len(one), len(other))


def _words(text: str) -> Iterator[str]:
    """Words, and pairs of letters where words are not set apart."""
    for word in re.findall(r"\w{2,}", text):
        if _UNSPACED.search(word):
            yield from (word[at : at + 2] for at in range(len(word) - 1))
        else:
            yield word


def to_json(print_: Fingerprint) -> dict[str, Any]:
    """A fingerprint as plain data, for the database."""
    return {
        "sha256": print_.sha256,
        "written": print_.written.tobytes().hex(),
        "sound": None if print_.sound is None else print_.sound.tobytes().hex(),
        "pictures": [
            {"hash": hash_text(picture.hash), "thumbnail": picture.thumbnail.tobytes().hex()}
            for picture in print_.pictures
        ],
    }


def from_json(data: dict[str, Any]) -> Fingerprint:
    """The inverse of `to_json`."""
    side = (THUMBNAIL_PIXELS, THUMBNAIL_PIXELS)
    pictures = tuple(
        Picture(int(kept["hash"], 16), np.frombuffer(bytes.fromhex(kept["thumbnail"]), np.uint8).reshape(side))
        for kept in data["pictures"]
    )
    sound = None if data["sound"] is None else np.frombuffer(bytes.fromhex(data["sound"]), np.uint32)
    written = np.frombuffer(bytes.fromhex(data.get("written", "")), np.uint32)
    return Fingerprint(data["sha256"], pictures, sound, written)
