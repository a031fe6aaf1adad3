"""Reading order and CTC as tables; both backends on real and on rendered pages."""

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import skimage
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from configs.settings import CONFIGS
from models import text
from models.ctc import best_path
from models.outputs import PageText
from models.runtime.device import Placement
from models.text import directions, straighten
from models.text_crops import read_in_batches
from models.text_layout import ReadWord, Region, lay_out
from models.weights import Registry

WIDTH, HEIGHT = 1000, 600
LETTER, LINE = 12, 24
"""Pixels a letter wide and a line high, on the pages of the table."""


def _region(at: tuple[float, float], content: str, degrees: float = 0.0) -> Region:
    """A line of text that starts at `at`, its words spread over its length."""
    angle = np.deg2rad(degrees)
    along, down = np.array([np.cos(angle), np.sin(angle)]), np.array([-np.sin(angle), np.cos(angle)])
    corner, length = np.array(at), LETTER * len(content)
    corners = [corner, corner + along * length, corner + along * length + down * LINE, corner + down * LINE]
    starts = [content.index(word) / len(content) for word in content.split()]
    words = [ReadWord(w, 0.9, start, start + len(w) / len(content)) for w, start in zip(content.split(), starts)]  # noqa: B905
    return Region(np.array(corners, np.float32), tuple(words))


def _skewed(regions: Sequence[tuple[float, float, str]], degrees: float) -> list[Region]:
    """The same page, photographed at an angle about its top left corner."""
    angle = np.deg2rad(degrees)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    return [_region(tuple(turn @ np.array([x, y])), content, degrees) for x, y, content in regions]


MENU = [(60, 100, "Lentil curry"), (60, 160, "Apple pie"), (60, 220, "Beef burger")]
PRICES = [(500, 100, "21.75"), (500, 160, "20.90"), (500, 220, "13.00")]
SECOND = [(520, 100, "Green tea"), (520, 160, "Black coffee"), (520, 220, "Tap water")]


@pytest.mark.parametrize(
    ("regions", "lines"),
    [
        pytest.param([], [], id="nothing"),
        pytest.param([(10, 300, "below"), (10, 100, "above")], ["above", "below"], id="top to bottom"),
        pytest.param([(400, 100, "right"), (10, 104, "left")], ["left right"], id="one row"),
        pytest.param(
            [*SECOND, *MENU],
            ["Lentil curry", "Apple pie", "Beef burger", "Green tea", "Black coffee", "Tap water"],
            id="two columns",
        ),
        pytest.param(
            [*PRICES, *MENU], ["Lentil curry 21.75", "Apple pie 20.90", "Beef burger 13.00"], id="price column"
        ),
        pytest.param(
            [(300, 40, "Our large and only menu"), *MENU, *SECOND]
            + [
                (x, 280 + 60 * row, f"line {word} {row}")
                for row in range(5)
                for x, word in ((60, "left"), (520, "right"))
            ]
            + [
                (x, 580 + 60 * row, f"more {word} {row}")
                for row in range(10)
                for x, word in ((60, "left"), (520, "right"))
            ],
            ["Our large and only menu", "Lentil curry", "Apple pie", "Beef burger"]
            + [f"line left {row}" for row in range(5)]
            + [f"more left {row}" for row in range(10)]
            + ["Green tea", "Black coffee", "Tap water"]
            + [f"line right {row}" for row in range(5)]
            + [f"more right {row}" for row in range(10)],
            id="a title crosses the gutter",
        ),
    ],
)
def test_reading_order(regions: list[tuple[float, float, str]], lines: list[str]) -> None:
    page = lay_out([_region((x, y), content) for x, y, content in regions], WIDTH, HEIGHT)
    assert [line.text for line in page.lines] == lines


@pytest.mark.parametrize("degrees", [-8, -3, 0, 3, 8])
def test_a_skewed_page_keeps_dish_and_price_together(degrees: float) -> None:
    """At 8 degrees the price stands 62 px lower than its dish, which is a whole row."""
    page = lay_out(_skewed([*MENU, *PRICES], degrees), WIDTH, HEIGHT)
    assert [line.text for line in page.lines] == ["Lentil curry 21.75", "Apple pie 20.90", "Beef burger 13.00"]


def test_regions_without_words_are_left_out() -> None:
    empty = Region(_region((10, 10), "x").corners, ())
    assert lay_out([empty], WIDTH, HEIGHT) == PageText(())
    assert lay_out([empty, _region((10, 60), "word")], WIDTH, HEIGHT).text == "word"


def test_words_have_their_own_boxes_inside_the_line() -> None:
    (line,) = lay_out([_region((100, 120), "two words")], WIDTH, HEIGHT).lines
    first, second = (word.box for word in line.words)
    assert (first.x_min, first.y_min, first.y_max) == pytest.approx((0.1, 0.2, 0.24))
    assert first.x_max == pytest.approx(0.1 + 3 * LETTER / WIDTH)
    assert second.x_min == pytest.approx(0.1 + 4 * LETTER / WIDTH)
    assert (line.box.x_min, line.box.x_max) == pytest.approx((first.x_min, second.x_max))


def test_words_written_upwards_have_upright_boxes() -> None:
    """The text's own top left corner is the bottom left one of the picture."""
    (line,) = lay_out([_region((200, 500), "up here", degrees=-90)], WIDTH, HEIGHT).lines
    first, second = (word.box for word in line.words)
    assert first.y_min > second.y_max
    assert (first.x_min, first.x_max) == pytest.approx((0.2, 0.2 + LINE / WIDTH))


CHARACTERS = ["", "a", "b", "c", " "]


@pytest.mark.parametrize(
    ("steps", "words"),
    [
        ("", []),
        ("---", []),
        ("a", ["a"]),
        ("aab-b", ["abb"]),
        ("a-a", ["aa"]),
        ("ab c", ["ab", "c"]),
        (" ab", ["ab"]),
        ("a  - b ", ["a", "b"]),
    ],
)
def test_best_path(steps: str, words: list[str]) -> None:
    """`-` is the blank; equal neighbours are one letter."""
    indices = np.array([0 if step == "-" else CHARACTERS.index(step) for step in steps], np.int64)
    found = best_path(indices, np.full(len(steps), 0.5, np.float32), CHARACTERS)
    assert [word.text for word in found] == words


def test_best_path_places_words_and_averages_their_letters() -> None:
    indices = np.array([1, 0, 2, 0, 4, 0, 3, 0], np.int64)
    probabilities = np.array([0.8, 1, 0.6, 1, 1, 1, 0.9, 1], np.float32)
    first, second = best_path(indices, probabilities, CHARACTERS)
    assert (first.confidence, second.confidence) == pytest.approx((0.7, 0.9))
    assert (first.start, first.end) == pytest.approx((0.0, 3.5 / 8))
    assert second.start >= first.end
    padded = best_path(indices, probabilities, CHARACTERS, used=0.9)
    assert padded[1].end == pytest.approx(second.end / 0.9)


def test_crops_share_a_batch_only_at_one_width() -> None:
    crops = [np.full((10, width, 3), index, np.uint8) for index, width in enumerate((30, 90, 30, 90, 30))]
    batches: list[tuple[list[int], int]] = []

    def read(batch: Sequence[NDArray[np.uint8]], width: int) -> list[tuple[ReadWord, ...]]:
        batches.append(([int(crop[0, 0, 0]) for crop in batch], width))
        return [(ReadWord(str(crop[0, 0, 0]), 1, 0, 1),) for crop in batch]

    words = read_in_batches(crops, lambda crop: int(crop.shape[1]), 2, read)
    assert [word.text for (word,) in words] == ["0", "1", "2", "3", "4"]
    assert batches == [([0, 2], 30), ([4], 30), ([1, 3], 90)]


@pytest.mark.parametrize(
    ("width", "sizes"), [(512, [8, 1]), (1024, [4, 4, 1]), (2048, [2, 2, 2, 2, 1]), (9000, [1] * 9)]
)
def test_of_wide_crops_fewer_share_a_batch(width: int, sizes: list[int]) -> None:
    batches: list[int] = []

    def read(batch: Sequence[NDArray[np.uint8]], width: int) -> list[tuple[ReadWord, ...]]:
        batches.append(len(batch))
        return [()] * len(batch)

    read_in_batches([np.zeros((10, 10, 3), np.uint8)] * 9, lambda crop: width, 8, read)
    assert batches == sizes


@pytest.mark.parametrize(
    ("size", "starts"),
    [
        pytest.param((80, 20), [(0, 0)], id="wide"),
        pytest.param((20, 20), [(0, 0)], id="square"),
        pytest.param((20, 40), [(0, 0), (0, 40), (20, 0)], id="letter or line"),
        pytest.param((20, 80), [(0, 80), (20, 0)], id="upwards or downwards"),
    ],
)
def test_directions_start_at_the_top_left_of_the_text(size: tuple[int, int], starts: list[tuple[int, int]]) -> None:
    width, height = size
    corners = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    assert [tuple(way[0]) for way in directions(corners)] == starts


def test_straighten_lets_text_run_from_left_to_right() -> None:
    """A white mark at the foot of a tall region begins the line that is written upwards, and ends the other."""
    picture = np.zeros((100, 60, 3), np.uint8)
    picture[80:90, 20:40] = 255
    upwards, downwards = directions(np.array([[20, 10], [40, 10], [40, 90], [20, 90]], np.float32))
    assert straighten(picture, upwards).shape == (20, 80, 3)
    assert straighten(picture, upwards)[:, :8].mean() > 200 > 50 > straighten(picture, upwards)[:, 20:].mean()
    assert straighten(picture, downwards)[:, -8:].mean() > 200 > 50 > straighten(picture, downwards)[:, :-20].mean()


# Backends.

SENTENCES = ("The quick brown fox", "jumps over 13 lazy dogs", "and pays 27.50 for it")


def _page(letter_pixels: int, degrees: float = 0.0, size: tuple[int, int] = (760, 400)) -> NDArray[np.uint8]:
    """The sentences in Pillow's own font, dark on light grey."""
    page = Image.new("RGB", size, (235, 232, 225))
    draw, font = ImageDraw.Draw(page), ImageFont.load_default(letter_pixels)
    for row, sentence in enumerate(SENTENCES):
        draw.text((40, 60 + row * 1.7 * letter_pixels), sentence, (30, 30, 40), font)
    turned = page.rotate(degrees, Image.Resampling.BICUBIC, fillcolor=(235, 232, 225))
    return np.asarray(turned)


BACKENDS = [
    pytest.param(("ppocr", "ppocr-v6-small"), id="ppocr"),
    pytest.param(("easyocr", "easyocr-en"), id="easyocr", marks=pytest.mark.slow),
]


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory) -> tuple[Registry, Placement]:
    cache = tmp_path_factory.mktemp("cache")
    return Registry.load(CONFIGS / "weights.yaml", cache), Placement("cpu", "f32", 2, cache)


@pytest.fixture(scope="module", params=BACKENDS)
def model(request: pytest.FixtureRequest, registry: tuple[Registry, Placement]) -> Any:
    backend, weights = request.param
    return text.load(registry[0].open(weights), registry[1], backend=backend)


@pytest.mark.parametrize(
    ("letter_pixels", "degrees"), [(20, 0), (56, 0), (36, 5), (36, -5)], ids=lambda value: str(value)
)
def test_rendered_sentences_are_read(model: Any, letter_pixels: int, degrees: float) -> None:
    (page,) = model.run([_page(letter_pixels, degrees)])
    assert sorted(page.text.lower().split()) == sorted(" ".join(SENTENCES).lower().split())
    assert all(word.confidence > 0.4 for word in page.words)
    if degrees == 0:
        assert [line.text.lower() for line in page.lines] == [sentence.lower() for sentence in SENTENCES]


def test_words_stand_where_they_were_drawn(model: Any) -> None:
    (page,) = model.run([_page(36)])
    box = page.lines[0].words[0].box
    assert (box.x_min, box.y_min) == pytest.approx((40 / 760, 67 / 400), abs=0.02)
    boxes = [word.box for word in page.lines[0].words]
    assert all(left.x_max <= right.x_min + 0.02 for left, right in pairwise(boxes))


def test_a_scanned_page_is_read(model: Any) -> None:
    """scikit-image's `page.png`: 384 × 191 pixels of a book, letters 8 px high, uneven light."""
    grey = cv2.imread(str(Path(skimage.data_dir) / "page.png"), cv2.IMREAD_GRAYSCALE)
    assert grey is not None
    large = cv2.resize(grey, None, fx=2.5, fy=2.5, interpolation=cv2.INTER_CUBIC)
    (page,) = model.run([np.ascontiguousarray(cv2.cvtColor(large, cv2.COLOR_GRAY2RGB), np.uint8)])
    expected = {"segmentation", "determine", "markers", "coins", "background", "pixels", "histogram"}
    words = {word.text.lower().strip(".,:") for word in page.words}
    assert len(expected & words) >= 6, words


@pytest.mark.parametrize("model", BACKENDS[:1], indirect=True)
@pytest.mark.parametrize("quarter_turns", [1, 3], ids=["upwards", "downwards"])
def test_lines_that_run_upwards_or_downwards_are_read(model: Any, quarter_turns: int) -> None:
    page = np.ascontiguousarray(np.rot90(_page(36), quarter_turns))
    (found,) = model.run([page])
    words = {word.text.lower() for word in found.words}
    assert words >= {"quick", "brown", "jumps", "dogs", "27.50"}
    first = next(word.box for word in found.words if word.text == "quick")
    height, width = page.shape[:2]
    assert (first.y_max - first.y_min) * height > 1.5 * (first.x_max - first.x_min) * width


def test_batch_equals_singles(model: Any) -> None:
    pages = [_page(36), np.full((300, 400, 3), 128, np.uint8), _page(24, 4)]
    assert [page.text for page in model.run(pages)] == [model.run([page])[0].text for page in pages]


@pytest.mark.parametrize("shape", [(480, 640), (20, 900), (33, 33)])
def test_a_blank_picture_has_no_lines(model: Any, shape: tuple[int, int]) -> None:
    assert model.run([np.full((*shape, 3), 200, np.uint8)]) == [PageText(())]


def test_identity_cost_and_warm_up(model: Any) -> None:
    assert model.identity.role == "text"
    assert model.cost(_page(36)) == pytest.approx(0.304)
    assert model.run([]) == []
    model.warm_up()


def test_unknown_backend_is_refused(registry: tuple[Registry, Placement]) -> None:
    with pytest.raises(ValueError, match="tesseract"):
        text.load(registry[0].open("ppocr-v6-small"), registry[1], backend="tesseract")
