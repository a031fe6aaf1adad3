"""The report shows every kind of file, needs nothing from outside, and takes strangers' text for text."""

from collections.abc import Callable
from dataclasses import asdict
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from models.outputs import ModelIdentity
from pipeline.evidence import Evidence
from pipeline.media import MediaFacts
from pipeline.reasons import Deduction
from pipeline.result import ScoreResult
from pipeline.score import Score
from scripts import demo_media
from scripts.report import Entry, clock, indented, render_report, write_report
from scripts.report_media import WAVEFORM_BARS, peaks

HOSTILE = """"></title></pre></svg><img src=x onerror=alert(1)><script src="https://evil.example/x.js">{{ 7 * 7 }}'"""
SOUND = {
    "transcript": f"hello {HOSTILE}",
    "segments": [
        {
            "start_seconds": 0.5,
            "end_seconds": 1.5,
            "text": f"hello {HOSTILE}",
            "words": [
                {"word": "hello", "start_seconds": 0.5, "end_seconds": 0.9, "confidence": 0.98},
                {"word": HOSTILE, "start_seconds": 1.25, "end_seconds": 1.5, "confidence": 0.31},
            ],
        }
    ],
    "language": "en",
}
OBJECTS = [{"label": HOSTILE, "confidence": 0.9, "box": [10, 20, 110, 220]}, {"label": "espresso", "confidence": 0.8}]
IMAGE = {
    "object_labels": OBJECTS,
    "ocr_text": f"MENU {HOSTILE}",
    "ocr_words": [{"text": HOSTILE, "confidence": 0.7, "box": [5, 6, 55, 26]}],
    "color_palette": ["#AA3311", "#102030"],
    "resolution": {"width": 600, "height": 400},
}
VIDEO = SOUND | {
    "scenes": [{"start_seconds": 0.0, "end_seconds": 1.0, "labels": [HOSTILE]}],
    "keyframes": [{"at_seconds": 0.0, "object_labels": OBJECTS, "ocr_text": HOSTILE}],
    "resolution": {"width": 480, "height": 320},
}


class Page(HTMLParser):
    """Tags with their attributes, and the text between them."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data

    def all(self, tag: str, css_class: str = "") -> list[dict[str, str | None]]:
        found = [attributes for name, attributes in self.tags if name == tag]
        return [one for one in found if not css_class or css_class in (one.get("class") or "").split()]


def photo() -> bytes:
    return demo_media.as_jpeg(demo_media.photo("coffee.png"))


def recording() -> bytes:
    return demo_media.as_wav(demo_media.tones(2))


def film() -> bytes:
    return demo_media.as_mp4([*demo_media.pan(demo_media.photo("chelsea.png"), 1)], demo_media.tones(1))


CASES: dict[str, tuple[str, str, dict[str, Any], Callable[[], bytes]]] = {
    "image": ("image", "jpeg", IMAGE, photo),
    "audio": ("audio", "wav", SOUND | {"keywords": [HOSTILE]}, recording),
    "video": ("video", "mp4", VIDEO, film),
}


def result(kind: str, media_format: str, annotations: dict[str, Any] | None, stars: int = 2) -> dict[str, Any]:
    wrong = Deduction("relevance.off_topic", "relevance", 3.0, 0.1, 3.5, detail=HOSTILE)
    facts = MediaFacts(kind, media_format, 1234, "0" * 64, width=600, height=400, codecs=(HOSTILE,))  # type: ignore[arg-type]
    model = ModelIdentity("text", HOSTILE, "1", "abcdef0123456789", "f32")
    score = Score(stars, 1.0, 3.2, 5.0, (wrong,), wrong.sentence, "1")
    about = annotations and annotations | {"models": [asdict(model)]}
    return ScoreResult(score, Evidence(facts), about, None, (model,)).to_json()


def entry_of(kind: str, folder: Path, name: str = HOSTILE) -> Entry:
    content_type, media_format, annotations, make = CASES[kind]
    path = folder / f"{kind}.{media_format}"
    path.write_bytes(make())
    return Entry(name, HOSTILE, HOSTILE, result(content_type, media_format, annotations), path, seconds=1.25)


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Page]:
    folder = tmp_path_factory.mktemp("media")
    return {kind: Page(render_report([entry_of(kind, folder)])) for kind in CASES}


@pytest.mark.parametrize("kind", CASES)
def test_hostile_text_is_shown_as_text(pages: dict[str, Page], kind: str) -> None:
    page = pages[kind]
    assert page.text.count(HOSTILE) >= 6  # name, title, description, label or word, sentence, model
    assert not page.all("script")
    assert not [name for _, attributes in page.tags for name in attributes if name.startswith("on")]


@pytest.mark.parametrize("kind", CASES)
def test_nothing_is_loaded_from_outside(pages: dict[str, Page], kind: str) -> None:
    page = pages[kind]
    loaded = [
        value for _, one in page.tags for name, value in one.items() if name in ("src", "srcset", "data", "poster")
    ]
    links = [value or "" for _, one in page.tags for name, value in one.items() if name.endswith("href")]
    assert all((value or "").startswith("data:image/jpeg;base64,") for value in loaded)
    assert links == ["#file-1"]
    assert not page.all("link")
    assert not page.all("iframe")
    assert "url(" not in page.text
    assert "@import" not in page.text


def test_scripts_and_connections_are_forbidden_by_the_page_itself(pages: dict[str, Page]) -> None:
    policies = [one["content"] for one in pages["image"].all("meta") if one.get("http-equiv")]
    assert policies == ["default-src 'none'; img-src data:; style-src 'unsafe-inline'"]


def test_image_has_its_boxes_words_and_colours(pages: dict[str, Page]) -> None:
    page = pages["image"]
    (found,), (word,) = page.all("rect", "object"), page.all("rect", "word")
    assert [found[name] for name in ("x", "y", "width", "height")] == ["10", "20", "100", "200"]
    assert [word[name] for name in ("x", "y", "width", "height")] == ["5", "6", "50", "20"]
    assert page.all("svg", "boxes")[0]["viewbox"] == "0 0 600 400"
    assert "#AA3311" in page.text
    assert len(page.all("img")) == 2  # the picture and its thumbnail


def test_uncertain_boxes_are_left_to_the_json(tmp_path: Path) -> None:
    entry = entry_of("image", tmp_path)
    guess = {"label": "guess", "confidence": 0.25, "box": [0, 0, 9, 9]}
    unsure = result("image", "jpeg", IMAGE | {"object_labels": [guess]})
    page = Page(render_report([Entry(entry.name, "", "cups", unsure, entry.path)]))
    assert not page.all("rect", "object")
    assert '"guess"' in page.text


def test_audio_has_a_waveform_and_words_with_times(pages: dict[str, Page]) -> None:
    page = pages["audio"]
    paths = [one["d"] or "" for one in page.all("path")]
    assert WAVEFORM_BARS in [path.count("M") for path in paths]
    (speech,) = page.all("rect", "speech")
    assert float(speech["x"] or 0) == pytest.approx(WAVEFORM_BARS * 0.5 / 2, abs=0.1)
    assert "0:01.2" in page.text
    assert len(page.all("span", "unsure")) == 1
    assert not page.all("img")


def test_video_has_keyframes_scenes_and_sound(pages: dict[str, Page]) -> None:
    page = pages["video"]
    assert len(page.all("figure", "cut")) == 1
    assert "scene 1" in page.text
    assert len(page.all("img")) > 2
    assert len(page.all("figure", "sound")) == 1


@pytest.mark.parametrize("stars", [1, 2, 3, 4, 5])
def test_stars_and_verdict(stars: int, tmp_path: Path) -> None:
    entry = Entry("a.jpg", "", "cups", result("image", "jpeg", None, stars), tmp_path / "a.jpg")
    page = Page(render_report([entry]))
    assert f"{stars} of 5 stars" in {one.get("aria-label") for one in page.all("span", "stars")}
    verdict = {1: "rejected", 2: "retry_pending"}.get(stars, "approved")
    assert page.all("span", verdict)


def test_a_file_without_annotations_is_not_shown(tmp_path: Path) -> None:
    entry = entry_of("image", tmp_path)
    unsafe = Entry(entry.name, "", "cups", result("image", "jpeg", None), entry.path)
    page = Page(render_report([unsafe]))
    assert not page.all("img")
    assert "breaks the content policy" in page.text


def test_a_file_that_is_gone_still_has_its_card(tmp_path: Path) -> None:
    gone = Entry("gone.jpg", "", "cups", result("image", "jpeg", IMAGE), tmp_path / "gone.jpg")
    assert "gone.jpg" in Page(render_report([gone])).text


def test_a_file_name_that_is_not_utf8_can_be_written(tmp_path: Path) -> None:
    name = b"caf\xe9.jpg".decode("utf-8", "surrogateescape")
    write_report([entry_of("image", tmp_path, name)], tmp_path / "report.html")
    assert "caf?.jpg" in (tmp_path / "report.html").read_text(encoding="utf-8")


def test_no_files_make_an_empty_report() -> None:
    assert "0 files scored" in Page(render_report([])).text


@pytest.mark.parametrize(
    ("samples", "expected"),
    [
        (np.zeros(4800, np.float32), 0.0),
        (np.full(4800, 0.5, np.float32), 1.0),
        (np.full(4800, 0.01, np.float32), 0.2),
        (np.full(10, -0.5, np.float32), 1.0),
    ],
)
def test_quiet_recordings_are_not_drawn_as_loud(samples: np.ndarray, expected: float) -> None:
    assert max(peaks(samples)) == pytest.approx(expected, abs=1e-3)
    assert len(peaks(samples)) == WAVEFORM_BARS


@pytest.mark.parametrize(("seconds", "text"), [(0, "0:00.0"), (59.96, "1:00.0"), (61.25, "1:01.2"), (3600, "60:00.0")])
def test_clock(seconds: float, text: str) -> None:
    assert clock(seconds) == text


def test_indented_json_keeps_plain_lists_on_a_line() -> None:
    assert indented({"box": [1, 2], "list": [{"a": None}]}) == (
        '{\n  "box": [1, 2],\n  "list": [\n    {\n      "a": null\n    }\n  ]\n}'
    )
