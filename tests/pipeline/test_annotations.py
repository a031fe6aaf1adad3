"""Annotations have the shapes of API.md, whatever the models found or left out."""

import json
import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.outputs import (
    AudioQuality,
    Box,
    Cohort,
    Concepts,
    Detection,
    Label,
    ModelIdentity,
    PageText,
    Segment,
    SpokenWord,
    TextLine,
    Transcript,
    Word,
)
from pipeline.annotations import annotate
from pipeline.duplicates import fingerprint
from pipeline.findings import Findings
from pipeline.image_signals import measure_image
from pipeline.media import Decoded, DecodedAudio, DecodedImage, DecodedVideo, MediaFacts, VideoFrame
from pipeline.relevance import Wish
from pipeline.video_signals import measure_video
from tests.pipeline.photos import photo
from tests.pipeline.scoring import RUBRIC

IMAGE_KEYS = {
    "object_labels", "ocr_text", "ocr_words", "scene_classification", "color_palette", "resolution", "face_count",
    "quality", "safety", "phash",
}  # fmt: skip
AUDIO_KEYS = {
    "transcript", "segments", "language", "language_confidence", "keywords", "duration_seconds", "sample_rate_hz",
    "channels", "codec", "loudness_lufs", "snr_db", "speech_ratio", "clipping_ratio", "quality",
}  # fmt: skip
VIDEO_KEYS = {
    "scenes", "keyframes", "object_labels", "transcript", "segments", "language", "resolution", "fps",
    "duration_seconds", "codecs", "stability",
}  # fmt: skip
ALL_KEYS = {"models", "engine_version"}
FACE = RUBRIC.face_labels[0]
UNSAFE = next(iter(RUBRIC.unsafe_labels))
DETECTOR = ModelIdentity("detector", "yolov8n", "3.4.2", "ab" * 32, "f32")
VIEW = photo("coffee")
PHOTO = DecodedImage(MediaFacts("image", "jpeg", 9, "0" * 64, width=4000, height=3000), VIEW)
SOUND = DecodedAudio(
    MediaFacts(
        "audio", "mp3", 9, "1" * 64, duration_seconds=2.00049, codecs=("mp3",), sample_rate_hz=44_100, channels=2
    ),
    np.zeros(32_000, np.float32),
    0.0,
)
CLIP = DecodedVideo(
    MediaFacts("video", "mp4", 9, "2" * 64, 1920, 1080, duration_seconds=9.5, fps=29.97003, codecs=("h264", "aac")),
    tuple(VideoFrame(0.5 + 3 * place, VIEW, starts_scene=place != 1) for place in range(3)),
    np.full(5, 9, np.float32),
    np.zeros(5, np.float32),
)


def concepts(*labels: Label) -> Concepts:
    return Concepts(np.array([1, 0], np.float32), Cohort(0.1, 0.1), labels)


def found(media: Decoded, **findings: object) -> dict:
    nothing = Findings(media.facts, Wish(concepts()))
    return annotate(media, replace(nothing, **findings), fingerprint(media), RUBRIC, [DETECTOR])


def transcript(*words: SpokenWord) -> Transcript:
    text = " ".join(word.text for word in words)
    segment = Segment(words[0].start_seconds, words[-1].end_seconds, f" {text}", words, 0.01, -0.2, 1.1)
    return Transcript((segment,), "en", 0.98765, 1.5)


@pytest.mark.parametrize(
    ("media", "keys"), [(PHOTO, IMAGE_KEYS), (SOUND, AUDIO_KEYS), (CLIP, VIDEO_KEYS)], ids=["image", "audio", "video"]
)
def test_every_field_is_there_when_no_model_spoke(media: Decoded, keys: set[str]) -> None:
    annotations = found(media)
    assert set(annotations) == keys | ALL_KEYS
    json.dumps(annotations, allow_nan=False)


def test_objects_have_boxes_in_pixels_of_the_delivered_picture_and_classes_have_none() -> None:
    cup = Detection("cup", 0.91234, Box(0.1, 0.25, 0.50005, 1.0))
    labels = found(PHOTO, detections=((cup,),), concepts=(concepts(Label("espresso", 0.8), Label("plate", 0.1)),))
    assert labels["object_labels"] == [
        {"label": "cup", "confidence": 0.912, "box": [400, 750, 2000, 3000]},
        {"label": "espresso", "confidence": 0.8},
        {"label": "plate", "confidence": 0.1},
    ]
    assert labels["scene_classification"] == "espresso"


def test_faces_are_counted_and_unsafe_classes_reported_by_label() -> None:
    box = Box(0, 0, 1, 1)
    seen = (
        Detection(FACE, 0.9, box),
        Detection(FACE, 0.6, box),
        Detection(UNSAFE, 0.3, box),
        Detection(UNSAFE, 0.4, box),
    )
    annotations = found(PHOTO, detections=(seen,))
    assert annotations["face_count"] == 2
    assert annotations["safety"] == dict.fromkeys(RUBRIC.unsafe_labels, 0.0) | {UNSAFE: 0.4}


def test_a_safety_detector_speaks_beside_the_detector() -> None:
    box = Box(0, 0, 0.5, 0.5)
    cup, face, nude = Detection("cup", 0.8, box), Detection(FACE, 0.9, box), Detection(UNSAFE, 0.4, box)
    annotations = found(PHOTO, detections=((cup, face),), sensitive=((face, nude),))
    assert [each["label"] for each in annotations["object_labels"]] == [FACE, FACE, "cup", UNSAFE]
    assert annotations["face_count"] == 1, "which both of them saw"
    assert annotations["safety"][UNSAFE] == 0.4
    clip = found(CLIP, detections=((cup,), (), ()), sensitive=((), (face,), ()))
    seen = [[each["label"] for each in frame["object_labels"]] for frame in clip["keyframes"]]
    assert seen == [["cup"], [FACE], []]


def test_words_keep_their_boxes_and_lines_their_order() -> None:
    line = TextLine(
        (Word("Flat", 0.99, Box(0, 0, 0.1, 0.1)), Word("white", 0.5, Box(0.1, 0, 0.2, 0.1))), Box(0, 0, 0.2, 0.1)
    )
    annotations = found(PHOTO, pages=(PageText((line, line)),))
    assert annotations["ocr_text"] == "Flat white\nFlat white"
    assert annotations["ocr_words"][1] == {"text": "white", "confidence": 0.5, "box": [400, 0, 800, 300]}


def test_a_picture_is_measured() -> None:
    annotations = found(PHOTO, image=measure_image(VIEW))
    assert set(annotations["quality"]) == {"sharpness", "exposure", "noise", "contrast"}
    assert all(0.8 < grade <= 1 for grade in annotations["quality"].values())
    assert annotations["resolution"] == {"width": 4000, "height": 3000}
    assert len(annotations["color_palette"]) == 5
    assert len(annotations["phash"]) == 16
    assert int(annotations["phash"], 16).bit_count() == 32


def test_speech_has_times_and_keywords() -> None:
    said = transcript(SpokenWord(" green", 0.12345, 0.5, 0.9), SpokenWord(" tea", 0.5, 0.9, 0.8))
    annotations = found(SOUND, transcript=said)
    assert annotations["keywords"] == ["green tea"]
    assert annotations["language_confidence"] == 0.988
    assert annotations["segments"][0]["words"][0] == {
        "word": "green", "start_seconds": 0.123, "end_seconds": 0.5, "confidence": 0.9,
    }  # fmt: skip
    assert (annotations["codec"], annotations["sample_rate_hz"], annotations["channels"]) == ("mp3", 44_100, 2)
    assert annotations["duration_seconds"] == 2.0


def test_numbers_that_are_not_finite_become_null() -> None:
    annotations = found(SOUND, audio=AudioQuality(3.456, 4.0, 3.2, -math.inf, math.nan, 0.5, 0.123456))
    assert annotations["loudness_lufs"] is None
    assert annotations["snr_db"] is None
    assert annotations["clipping_ratio"] == 0.12346
    assert annotations["quality"] == {"signal": 3.46, "background": 4.0, "overall": 3.2}


def test_scenes_run_from_cut_to_cut_over_the_whole_video() -> None:
    seen = (
        concepts(Label("street", 0.5)),
        concepts(Label("car", 0.9), Label("street", 0.6)),
        concepts(Label("sea", 0.7)),
    )
    boats = ((), (), (Detection("boat", 0.8, Box(0, 0, 0.5, 0.5)),))
    annotations = found(CLIP, concepts=seen, detections=boats, video=measure_video(CLIP))
    assert annotations["scenes"] == [
        {"start_seconds": 0.0, "end_seconds": 6.5, "labels": ["car", "street"]},
        {"start_seconds": 6.5, "end_seconds": 9.5, "labels": ["boat", "sea"]},
    ]
    assert annotations["object_labels"][0] == {"label": "car", "confidence": 0.9}
    assert [entry["label"] for entry in annotations["object_labels"]] == ["car", "boat", "sea", "street"]
    assert annotations["keyframes"][2]["object_labels"][0]["box"] == [0, 0, 960, 540]
    assert (annotations["stability"], annotations["fps"]) == (1.0, 29.97)


def test_text_of_a_frame_is_null_unless_it_was_read() -> None:
    page = PageText((TextLine((Word("EXIT", 1.0, Box(0, 0, 1, 1)),), Box(0, 0, 1, 1)),))
    annotations = found(CLIP, pages=(page,), read_frames=(2,))
    assert [keyframe["ocr_text"] for keyframe in annotations["keyframes"]] == [None, None, "EXIT"]


def test_every_model_that_spoke_is_named() -> None:
    assert found(PHOTO)["models"] == [
        {"role": "detector", "name": "yolov8n", "version": "3.4.2", "weights_digest": "ab" * 32, "precision": "f32"}
    ]


@given(st.tuples(*[st.floats(0, 1)] * 4), st.floats(allow_nan=True, allow_infinity=True))
def test_boxes_stay_inside_and_json_holds_no_nan(edges: tuple[float, ...], confidence: float) -> None:
    (left, right), (top, bottom) = sorted(edges[:2]), sorted(edges[2:])
    annotations = found(CLIP, detections=((Detection("cup", confidence, Box(left, top, right, bottom)),), (), ()))
    x_min, y_min, x_max, y_max = annotations["keyframes"][0]["object_labels"][0]["box"]
    assert 0 <= x_min <= x_max <= 1920
    assert 0 <= y_min <= y_max <= 1080
    json.dumps(annotations, allow_nan=False)
