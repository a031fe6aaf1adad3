"""Video: cuts found, pans not taken for cuts, frames upright and few, sound beside them."""

import io
import re

import av
import numpy as np
import pytest

from configs.settings import DecodeSettings
from pipeline.decode import decode
from pipeline.media import CorruptMedia, DecodedVideo, MediaTooLarge, Position, UnsupportedFormat, VideoFrame
from pipeline.scenes import FrameSelection, SmallFrame, grid_seconds, is_cut, shift_fraction
from pipeline.video_frames import Timeline, part_to_decode
from tests import media
from tests.pipeline.damage import without_keyframes

LIMITS = DecodeSettings()
SCENES = ("coffee.png", "chelsea.png", "astronaut.png")
CODECS = {"mp4": ("h264", "aac"), "mov": ("h264", "aac"), "webm": ("vp8", "opus")}


def decoded(data: bytes, limits: DecodeSettings = LIMITS) -> DecodedVideo:
    video = decode(data, limits)
    assert isinstance(video, DecodedVideo)
    return video


@pytest.fixture(scope="module")
def footage() -> list[np.ndarray]:
    return media.footage(SCENES)


@pytest.fixture(scope="module")
def mp4(footage: list[np.ndarray]) -> bytes:
    return media.video("mp4", footage)


@pytest.mark.parametrize("file_format", media.VIDEO_FORMATS)
def test_every_format(file_format: str, footage: list[np.ndarray]) -> None:
    video = decoded(media.video(file_format, footage, sound=media.tone(3.0)))
    facts = video.facts
    assert (facts.content_type, facts.format, facts.codecs) == ("video", file_format, CODECS[file_format])
    assert (facts.width, facts.height, facts.fps, facts.sample_rate_hz, facts.channels) == (320, 240, 24, 48_000, 2)
    assert facts.duration_seconds == pytest.approx(3.0, abs=0.05)
    assert [round(frame.at_seconds, 1) for frame in video.frames if frame.starts_scene] == [0.0, 1.0, 2.0]
    for frame in video.frames:
        original = footage[round(frame.at_seconds * 24)]
        assert np.abs(frame.view.astype(int) - original).mean() < 6
    assert video.audio is not None
    assert video.audio.duration_seconds == pytest.approx(3.0, abs=0.05)
    assert np.abs(video.audio.samples[2_000:-2_000]).max() == pytest.approx(0.5, abs=0.02)


def test_what_an_edit_list_hides_takes_no_time(footage: list[np.ndarray]) -> None:
    video = decoded(media.trimmed(footage, shown_from_seconds=0.5))
    assert video.facts.duration_seconds == pytest.approx(2.5, abs=0.01)
    assert [round(frame.at_seconds, 1) for frame in video.frames if frame.starts_scene] == [0.0, 0.5, 1.5]


def test_motion(mp4: bytes) -> None:
    video = decoded(mp4)
    assert video.audio is None
    assert len(video.frame_change) == len(video.frame_shift) == 71
    assert set(np.flatnonzero(video.frame_change > 25)) == {23, 47}
    assert video.frame_shift.mean() == pytest.approx(0.1 / 24, rel=0.3)


@pytest.mark.parametrize("degrees", [0, 90, 180, 270])
def test_rotation(degrees: int, footage: list[np.ndarray], mp4: bytes) -> None:
    video = decoded(media.turned(mp4, degrees))
    expected = np.rot90(footage[0], -degrees // 90)
    assert (video.facts.height, video.facts.width) == expected.shape[:2]
    assert np.abs(video.frames[0].view.astype(int) - expected).mean() < 6


def test_frames_are_few_and_small(footage: list[np.ndarray]) -> None:
    video = decoded(media.video("mp4", footage), DecodeSettings(max_frames=2, frame_pixels=160))
    assert [frame.view.shape for frame in video.frames] == [(120, 160, 3)] * 2
    assert (video.facts.width, video.facts.height) == (320, 240)


def test_at_most_300_frames_are_compared() -> None:
    frames = media.footage(scene_seconds=10.0, fps=48, size=(64, 48))
    video = decoded(media.video("mp4", frames, fps=48))
    assert 250 < len(video.frame_change) < 300
    assert len(video.frames) == LIMITS.max_frames
    assert [round(frame.at_seconds) for frame in video.frames if frame.starts_scene] == [0, 10, 20]


def test_position_of_a_phone(footage: list[np.ndarray]) -> None:
    tag = {"com.apple.quicktime.location.ISO6709": "+48.8577-002.2950+035.0/"}
    assert decoded(media.video("mov", footage[:5], metadata=tag)).facts.position == Position(48.8577, -2.2950)


@pytest.mark.parametrize(("space", "tagged"), [(5, True), (1, True), (1, False)])
def test_colour_of_hd_video(space: int, tagged: bool) -> None:
    red = np.full((720, 1280, 3), (200, 60, 30), np.uint8)
    np.testing.assert_allclose(decoded(hd_video(red, space, tagged)).frames[0].view[300, 300], (200, 60, 30), atol=3)


def hd_video(pixels: np.ndarray, colour_space: int, tagged: bool) -> bytes:
    file = io.BytesIO()
    with av.open(file, "w", format="mp4") as container:
        stream = container.add_stream("libx264", rate=10)
        stream.height, stream.width = pixels.shape[:2]
        stream.pix_fmt = "yuv420p"
        frame = av.VideoFrame.from_ndarray(pixels, "rgb24").reformat(format="yuv420p", dst_colorspace=colour_space)
        if tagged:
            stream.codec_context.colorspace = colour_space
        container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return file.getvalue()


@pytest.mark.parametrize(("timeline", "frame_pixels", "expected"), [
    (Timeline(0, 10, 300, 10), 1920 * 1080, "all"),
    (Timeline(0, 60, 1800, 60), 1920 * 1080, "key"),
    (Timeline(0, 60, 1800, 8), 1920 * 1080, "reference"),
    (Timeline(0, 600, 18_000, 8), 1920 * 1080, "key"),
    (Timeline(0, 60, 3600, 60), 3840 * 2160, "key"),
    (Timeline(0, 60, 1800, 8), 640 * 480, "all"),
])  # fmt: skip
def test_what_is_decoded(timeline: Timeline, frame_pixels: int, expected: str) -> None:
    assert part_to_decode(timeline, frame_pixels, wanted_frames=12) == expected


def test_keyframes_alone_find_the_cuts(footage: list[np.ndarray], monkeypatch: pytest.MonkeyPatch) -> None:
    data = media.video("mp4", footage, keyframe_every=4)
    monkeypatch.setattr("pipeline.video_frames._EVERY_FRAME_PIXELS", 0)
    video = decoded(data, DecodeSettings(max_frames=4))
    assert 8 <= len(video.frame_change) < 24
    assert [round(frame.at_seconds, 1) for frame in video.frames if frame.starts_scene] == [0.0, 1.0, 2.0]


def test_reference_frames_alone_find_the_cuts(mp4: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipeline.video_frames._EVERY_FRAME_PIXELS", 0)
    video = decoded(mp4)
    assert 20 < len(video.frame_change) < 71
    assert [round(frame.at_seconds) for frame in video.frames if frame.starts_scene] == [0, 1, 2]


def small(name: str, left: int = 0) -> SmallFrame:
    return SmallFrame.of(np.ascontiguousarray(media.photo(name, (96, 48))[:, left : left + 64]))


@pytest.mark.parametrize("name", [*SCENES, "rocket.jpg"])
def test_a_pan_is_no_cut(name: str) -> None:
    assert not is_cut(small(name), small(name, 12))
    assert not is_cut(small(name), small(name))


@pytest.mark.parametrize(("before", "after"), [SCENES[:2], SCENES[1:], ("rocket.jpg", "coffee.png")])
def test_another_picture_is_a_cut(before: str, after: str) -> None:
    assert is_cut(small(before), small(after))


@pytest.mark.parametrize("pixels", [0, 1, 4, 10])
def test_shift(pixels: int) -> None:
    assert shift_fraction(small("coffee.png"), small("coffee.png", pixels)) == pytest.approx(pixels / 64, abs=0.01)


@pytest.mark.parametrize(("seconds", "most", "expected"), [
    (12.0, 3, [2.0, 6.0, 10.0]),
    (1.0, 12, [0.25, 0.75]),
    (0.0, 12, [0.0]),
])  # fmt: skip
def test_grid(seconds: float, most: int, expected: list[float]) -> None:
    assert grid_seconds(seconds, most) == pytest.approx(expected)


@pytest.mark.parametrize(("scene_starts", "most", "expected"), [
    ([0], 4, [0, 2, 4, 7]),
    ([0, 1, 2, 3], 4, [0, 1, 2, 3]),
    ([0, 5], 3, [0, 5, 8]),
    (range(10), 5, [0, 2, 4, 6, 8]),
])  # fmt: skip
def test_selection(scene_starts: list[int], most: int, expected: list[int]) -> None:
    selection = FrameSelection(10.0, most)
    pixel = np.zeros((1, 1, 3), np.uint8)
    for second in range(10):
        if selection.wants(second, second in scene_starts):
            selection.add(VideoFrame(float(second), pixel, second in scene_starts))
    assert [frame.at_seconds for frame in selection.frames()] == expected


def test_too_long(mp4: bytes) -> None:
    with pytest.raises(MediaTooLarge, match="longer than 2 seconds"):
        decode(mp4, DecodeSettings(max_video_seconds=2.0))


def test_frames_too_large(mp4: bytes) -> None:
    with pytest.raises(MediaTooLarge, match="pixels"):
        decode(mp4, DecodeSettings(max_image_pixels=320 * 240 - 1))


@pytest.mark.parametrize("kind", [b"vide", b"soun"])
def test_a_track_that_begins_late(footage: list[np.ndarray], kind: bytes) -> None:
    whole = media.video("mp4", footage, sound=media.tone(3.0))
    assert decoded(media.delayed(whole, kind, 0.6)).facts.duration_seconds == pytest.approx(3.0, abs=0.05)
    assert decoded(whole).facts.duration_seconds == pytest.approx(3.0, abs=0.05)


def test_one_piece_of_it(mp4: bytes) -> None:
    assert decoded(media.edited(mp4, [(0.5, 2.5)])).facts.duration_seconds == pytest.approx(2.0, abs=0.05)


@pytest.mark.parametrize("parts", [[(0, 1), (1.5, 2.5)], [(1.5, 2.5), (0, 1)], [(1, 2), (1, 2)]])
def test_several_pieces(mp4: bytes, parts: list[tuple[float, float]]) -> None:
    with pytest.raises(UnsupportedFormat, match="several pieces"):
        decode(media.edited(mp4, parts), LIMITS)


def test_no_keyframe(mp4: bytes) -> None:
    with pytest.raises(CorruptMedia, match=re.escape("No frame") + "|no frame"):
        decode(without_keyframes(mp4), LIMITS)


def test_cut_off(footage: list[np.ndarray]) -> None:
    data = media.video("webm", footage[:36])
    for share in (0.3, 0.8):
        with pytest.raises(CorruptMedia, match=r"cut off|no frame"):
            decode(data[: int(share * len(data))], LIMITS)


def test_same_bytes_same_frames(mp4: bytes) -> None:
    first, second = decoded(mp4), decoded(mp4)
    assert [frame.at_seconds for frame in first.frames] == [frame.at_seconds for frame in second.frames]
    for one, other in zip(first.frames, second.frames, strict=True):
        np.testing.assert_array_equal(one.view, other.view)
    np.testing.assert_array_equal(first.frame_shift, second.frame_shift)
