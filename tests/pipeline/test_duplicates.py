"""Copies are found whatever a cheat does to them; different pictures and sounds stay apart."""

import io
import json

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from skimage import data

from pipeline.duplicates import Fingerprint, find_duplicate, fingerprint, from_json, to_json, with_text
from pipeline.media import DecodedAudio, DecodedImage, DecodedVideo, MediaFacts, VideoFrame
from tests.pipeline import scoring
from tests.pipeline.photos import PHOTOS, Picture, noisy, photo, resized

RUBRIC = scoring.RUBRIC.duplicates
RATE = 16_000
OTHERS = (data.page, data.camera, data.coins, data.moon, data.brick, data.grass, data.gravel, data.text)


def image(view: Picture, name: str) -> Fingerprint:
    return fingerprint(DecodedImage(MediaFacts("image", "jpeg", 1, name), np.ascontiguousarray(view)))


def sound(samples: NDArray[np.float32], name: str) -> Fingerprint:
    return fingerprint(DecodedAudio(MediaFacts("audio", "wav", 1, name), np.ascontiguousarray(samples), 0.0))


def video(views: list[Picture], name: str, samples: NDArray[np.float32] | None = None) -> Fingerprint:
    facts = MediaFacts("video", "mp4", 1, name)
    frames = tuple(VideoFrame(float(at), np.ascontiguousarray(view), at == 0) for at, view in enumerate(views))
    return fingerprint(
        DecodedVideo(facts, frames, audio=None if samples is None else DecodedAudio(facts, samples, 0.0))
    )


def recompressed(view: Picture) -> Picture:
    buffer = io.BytesIO()
    Image.fromarray(view).save(buffer, "JPEG", quality=30)
    return np.asarray(Image.open(buffer))


def cropped(view: Picture) -> Picture:
    height, width = view.shape[:2]
    return view[int(height * 0.04) : int(height * 0.96), int(width * 0.04) : int(width * 0.97)]


COPIES = {
    "scaled": lambda view: resized(view, 280),
    "recompressed": recompressed,
    "cropped": cropped,
    "brighter": lambda view: np.minimum(view * 1.12 + 6, 255).astype(np.uint8),
    "mirrored": lambda view: view[:, ::-1],
    "turned left": lambda view: np.rot90(view),
    "turned right": lambda view: np.rot90(view, 3),
    "upside down": lambda view: np.rot90(view, 2),
    "turned and mirrored": lambda view: np.rot90(view)[:, ::-1],
    "grainy": lambda view: noisy(view, 20),
    "rotated": lambda view: np.asarray(Image.fromarray(view).rotate(2, Image.Resampling.BILINEAR)),
}


def gallery() -> list[Fingerprint]:
    """Different pictures, four in colour and eight in grey."""
    views = [photo(name) for name in PHOTOS] + [np.repeat(load()[..., None], 3, axis=2) for load in OTHERS]
    return [image(view, f"earlier {index}") for index, view in enumerate(views)]


def voice(seed: int, seconds: float = 4.0) -> NDArray[np.float32]:
    """Notes of random pitch with harmonics, five a second."""
    rng = np.random.default_rng(seed)
    notes = rng.uniform(110, 400, int(seconds * 5))
    phase = np.cumsum(np.repeat(notes, RATE // 5)) / RATE * 2 * np.pi
    samples = sum(np.sin(phase * harmonic) / harmonic for harmonic in range(1, 12))
    return (0.1 * samples + rng.normal(0, 0.003, len(phase))).astype(np.float32)


@pytest.mark.parametrize("kind", COPIES)
@pytest.mark.parametrize("place", range(len(PHOTOS)), ids=list(PHOTOS))
def test_a_copy_is_found_and_names_its_original(place: int, kind: str) -> None:
    copy = image(COPIES[kind](photo(list(PHOTOS)[place])), "copy")
    match = find_duplicate(copy, gallery(), RUBRIC)
    assert match is not None
    assert match.index == place
    assert match.similarity >= RUBRIC.correlation


def test_different_pictures_are_no_copies() -> None:
    earlier = gallery()
    for index, print_ in enumerate(earlier):
        assert find_duplicate(print_, earlier[:index], RUBRIC) is None


def test_two_views_of_one_scene_are_two_pictures() -> None:
    """A stereo pair: the same motorcycle, photographed again from a step aside."""
    left, right, _ = data.stereo_motorcycle()
    zoomed = resized(right, 1000)[100:500, 300:800]
    assert find_duplicate(image(zoomed, "right"), [image(left, "left")], RUBRIC) is None


def test_pages_of_one_layout_are_two_pictures() -> None:
    """Halves of a page of text: the same paper, type and lines, other words."""
    page = np.repeat(resized(np.repeat(data.page()[..., None], 3, axis=2), 800)[..., :1], 3, axis=2)
    top, bottom = page[: len(page) // 2], page[len(page) // 2 :]
    assert find_duplicate(image(bottom, "bottom"), [image(top, "top")], RUBRIC) is None


def test_blank_pictures_only_match_by_their_bytes() -> None:
    grey = np.full((80, 120, 3), 90, np.uint8)
    assert find_duplicate(image(grey, "new"), [image(grey, "old")], RUBRIC) is None
    match = find_duplicate(image(grey, "same"), [image(photo("coffee"), "other"), image(grey, "same")], RUBRIC)
    assert match is not None
    assert (match.index, match.similarity) == (1, 1.0)


@pytest.mark.parametrize(
    "change",
    [
        lambda samples: samples * 0.3,
        lambda samples: samples[2200:-1500],
        lambda samples: np.concatenate([np.zeros(5000, np.float32), samples]),
        lambda samples: samples + np.random.default_rng(9).normal(0, 0.01, len(samples)).astype(np.float32),
    ],
    ids=["quieter", "trimmed", "late", "noisy"],
)
def test_a_copied_recording_is_found(change) -> None:
    earlier = [sound(voice(seed), f"earlier {seed}") for seed in range(6)]
    match = find_duplicate(sound(change(voice(4)), "copy"), earlier, RUBRIC)
    assert match is not None
    assert match.index == 4


def test_other_recordings_and_silence_are_no_copies() -> None:
    silence = sound(np.zeros(RATE * 4, np.float32), "silence")
    earlier = [sound(voice(seed), f"earlier {seed}") for seed in range(6)] + [silence]
    assert find_duplicate(sound(voice(7), "new"), earlier, RUBRIC) is None
    assert find_duplicate(sound(np.zeros(RATE * 5, np.float32), "quiet"), earlier, RUBRIC) is None
    assert find_duplicate(sound(voice(1)[: RATE // 2], "too short"), earlier, RUBRIC) is None


@pytest.mark.parametrize("seconds", [(2, 3, 2, 3), (5, 5, 4, 6)])
def test_a_gate_of_noise_makes_no_copies(seconds: tuple[int, int, int, int]) -> None:
    said, silent, other_said, other_silent = (each * RATE for each in seconds)
    quiet = np.zeros(RATE * 6, np.float32)
    one = np.concatenate([voice(1, 6)[:said], quiet[:silent]])
    for other in ([voice(2, 6)[:other_said], quiet[:other_silent]], [quiet[:other_silent], voice(2, 6)[:other_said]]):
        assert find_duplicate(sound(np.concatenate(other), "new"), [sound(one, "old")], RUBRIC) is None
    assert find_duplicate(sound(one * 0.5, "copy"), [sound(one, "old")], RUBRIC) is not None


def test_a_video_is_a_copy_when_most_of_its_frames_are() -> None:
    frames = [photo(name) for name in PHOTOS]
    earlier = [video(frames, "earlier")]
    blank = np.zeros((90, 160, 3), np.uint8)
    assert find_duplicate(video([*(cropped(frame) for frame in frames), blank], "most"), earlier, RUBRIC) is not None
    assert find_duplicate(video([frames[0], blank, blank, blank], "one"), earlier, RUBRIC) is None


def test_two_takes_of_one_scene_sound_different() -> None:
    frames = [photo("coffee")] * 3
    earlier = [video(frames, "first take", voice(1))]
    assert find_duplicate(video(frames, "second take", voice(2)), earlier, RUBRIC) is None
    assert find_duplicate(video(frames, "copy", voice(1) * 0.5), earlier, RUBRIC) is not None
    assert find_duplicate(video(frames, "copy without sound"), earlier, RUBRIC) is not None


MENU, CARD = "Soups Miso 4.20 Mains Pad thai 11.40 Tea", "Nora Lindt Head of Purchasing nora@lindt.example Berlin 10115"


@pytest.mark.parametrize(
    ("first", "second", "is_copy"),
    [
        (MENU, CARD, False),
        (MENU, MENU.upper().replace("Miso", "Mis0"), True),
        (MENU, MENU[:20], True),  # too few words to tell
        (MENU, "", True),
        (MENU, MENU + " " + CARD, True),  # a crop has fewer
    ],
)
def test_pages_of_one_layout_are_told_by_their_words(first: str, second: str, is_copy: bool) -> None:
    view = photo("coffee")
    earlier = with_text(image(view, "first"), first)
    assert (find_duplicate(with_text(image(view, "second"), second), [earlier], RUBRIC) is not None) is is_copy
    assert find_duplicate(with_text(image(view, "first"), second), [earlier], RUBRIC) is not None, "the same bytes"
    mirrored = image(view[:, ::-1], "mirrored")
    assert find_duplicate(with_text(mirrored, CARD), [earlier], RUBRIC) is not None, "which reads otherwise"


def test_another_page_is_none_however_its_layout_is_turned() -> None:
    half = photo("coffee")[:, :200]
    symmetric = np.concatenate([half, half[:, ::-1]], axis=1)
    earlier = [with_text(image(symmetric, "first"), MENU)]
    assert find_duplicate(with_text(image(symmetric, "second"), CARD), earlier, RUBRIC) is None
    assert find_duplicate(with_text(image(symmetric, "copy"), MENU), earlier, RUBRIC) is not None


@pytest.mark.parametrize(("first", "last", "is_copy"), [(0, 2700, True), (1000, 1300, True), (3000, 3300, False)])
def test_a_part_of_a_long_text_is_known(first: int, last: int, is_copy: bool) -> None:
    """Of which no more than 500 words are kept."""
    words = [f"word{number}" for number in range(4000)]
    view = photo("coffee")
    long = with_text(image(view, "long"), " ".join(words[:3000]))
    part = with_text(image(view, "part"), " ".join(words[first:last]))
    assert len(long.written) == 500
    assert (find_duplicate(part, [long], RUBRIC) is not None) is is_copy


@pytest.mark.parametrize(
    ("second", "is_copy"),
    [("牛肉拉麵一百二十 招牌豬排飯九十 珍珠奶茶大杯六十", True), ("请出示身份证件 营业时间上午 禁止吸烟", False)],
)
def test_words_that_are_not_set_apart_are_compared_by_letters(second: str, is_copy: bool) -> None:
    view, first = photo("coffee"), "牛肉拉面一百二十 招牌猪排饭九十 珍珠奶茶大杯六十"
    earlier = [with_text(image(view, "first"), first)]
    assert (find_duplicate(with_text(image(view, "second"), second), earlier, RUBRIC) is not None) is is_copy


def test_nothing_is_a_copy_of_nothing() -> None:
    assert find_duplicate(image(photo("coffee"), "first"), [], RUBRIC) is None
    assert find_duplicate(sound(voice(1), "first"), [], RUBRIC) is None


@pytest.mark.parametrize(
    "print_", [with_text(image(photo("rocket"), "a"), CARD), sound(voice(3), "b"), video([photo("coffee")], "c")]
)
def test_a_fingerprint_survives_json(print_: Fingerprint) -> None:
    read = from_json(json.loads(json.dumps(to_json(print_))))
    assert to_json(read) == to_json(print_)
    assert len(json.dumps(to_json(print_))) < 10_000


def gestures(seed: int, frames: int = 12, side: int = 110) -> list[Picture]:
    """A person before whom two squares move: each seed another movement."""
    random = np.random.default_rng(seed)
    views, square = [], photo("chelsea")[:side, :side]
    for _ in range(frames):
        view = resized(photo("astronaut"), 512).copy()
        for left in (20, 270):
            x, y = left + random.integers(0, 120), random.integers(0, view.shape[0] - side)
            view[y : y + side, x : x + side] = square
        views.append(view)
    return views


@pytest.mark.parametrize("is_mirrored", [False, True])
def test_silent_videos_before_one_background_are_told_by_what_moves(is_mirrored: bool) -> None:
    step = -1 if is_mirrored else 1
    first = video(gestures(1), "first")
    assert find_duplicate(video([view[:, ::step] for view in gestures(2)], "second"), [first], RUBRIC) is None
    for name, change in (("scaled", lambda view: resized(view, 280)), ("recompressed", recompressed)):
        again = video([change(view[:, ::step]) for view in gestures(1)], name)
        assert find_duplicate(again, [first], RUBRIC) is not None, name
    trimmed = video([cropped(view[:, ::step]) for view in gestures(1)[4:9]], "trimmed and cropped")
    assert find_duplicate(trimmed, [first], RUBRIC) is not None


def test_where_nothing_moves_the_pictures_decide() -> None:
    still = photo("astronaut")
    first, second = (video([noisy(still, seed) for _ in range(8)], str(seed)) for seed in (2, 3))
    assert find_duplicate(second, [first], RUBRIC) is not None


def test_the_same_sound_outweighs_what_moves() -> None:
    """The frames of a trimmed copy show other moments."""
    first = video(gestures(1), "first", voice(1))
    assert find_duplicate(video(gestures(2), "second", voice(1)), [first], RUBRIC) is not None
