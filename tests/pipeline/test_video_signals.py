import math

import cv2
import numpy as np
import pytest

from pipeline.media import DecodedVideo, MediaFacts, VideoFrame
from pipeline.scenes import Motion, SmallFrame
from pipeline.video_signals import measure_jitter, measure_video
from tests.pipeline.photos import photo

FACTS = MediaFacts("video", "mp4", 1, "0" * 64)
BLACK = np.full((90, 160, 3), 16, np.uint8)


def video(change: list[float], shift: list[float], views: list[np.ndarray] | None = None) -> DecodedVideo:
    frames = tuple(VideoFrame(float(i), view, i == 0) for i, view in enumerate(views or [photo("coffee")]))
    return DecodedVideo(FACTS, frames, np.array(change, np.float32), np.array(shift, np.float32))


def test_a_look_around_is_not_taken_for_shaking_when_frames_lie_far_apart() -> None:
    """Half the width to and fro in ten seconds: smooth at 30 frames a second, wild from one second to the next."""
    wide = photo("coffee")
    for gap_seconds, is_told in ((1 / 30, True), (1.0, False)):
        motion = Motion()
        for index in range(60):
            left = round(100 + 100 * math.sin(2 * math.pi * index * gap_seconds / 10))
            view = np.ascontiguousarray(wide[:, left : left + 200])
            motion.starts_scene(SmallFrame.of(cv2.resize(view, (64, 48))), index * gap_seconds)
        stability = measure_video(video(motion.change, motion.shift)).stability
        assert (stability is not None) is is_told
        assert stability is None or stability > 0.9


@pytest.mark.parametrize(
    ("shift", "stable"),
    [([0.0] * 20, True), ([0.05] * 20, True), ([0.0] * 10 + [0.6] + [0.0] * 19, True), ([0.0, 0.08] * 10, False)],
    ids=["tripod", "pan", "cut", "shaking"],
)
def test_only_shaking_costs_stability(shift: list[float], stable: bool) -> None:
    assert (measure_video(video([5.0] * len(shift), shift)).stability > 0.9) is stable


@pytest.mark.parametrize(
    ("change", "static"), [([0.0] * 20, True), ([0.3] * 20, True), ([], True), ([0.1] * 15 + [6.0] * 5, False)]
)
def test_static_means_that_nothing_ever_changes(change: list[float], static: bool) -> None:
    assert measure_video(video(change, [0.0] * len(change))).static is static


def test_share_of_black_frames() -> None:
    views = [BLACK, BLACK, BLACK, photo("rocket")]
    assert measure_video(video([1.0] * 3, [0.0] * 3, views)).black_share == 0.75


def test_short_motion_has_no_jitter() -> None:
    assert measure_jitter(np.zeros(0, np.float32)) == measure_jitter(np.ones(1, np.float32)) == 0
