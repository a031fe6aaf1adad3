"""From words read in crops to lines in reading order: pure geometry."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from models.outputs import Box, PageText, TextLine, Word

SAME_ROW_OVERLAP = 0.5
"""Two regions stand in one row when they share this part of the lower one's height."""
GUTTER_CROSSED = 0.03
"""Part of the regions (a title, say) that may cross the strip between two columns."""
GUTTER_STEPS = 3
"""Width of the narrowest such strip, in quarters of a line height."""


@dataclass(frozen=True, slots=True)
class ReadWord:
    """One word of a crop, where it stands along the crop's width."""

    text: str
    confidence: float
    start: float
    """Left edge, as a fraction of the crop's width."""
    end: float


@dataclass(frozen=True, slots=True)
class Region:
    """A stretch of text: its corners and the words read in it."""

    corners: NDArray[np.float32]
    """Shape (4, 2), pixels, clockwise from the text's own top left."""
    words: tuple[ReadWord, ...]


def lay_out(regions: Sequence[Region], width: int, height: int) -> PageText:
    """Join regions that stand in one row, column by column, rows from top to bottom, words from left to right.

    The page's skew (the median slope of its regions) is taken out before rows are compared, so that a
    picture taken at an angle keeps a dish and its price together.
    """
    read = [region for region in regions if region.words]
    if not read:
        return PageText(())
    boxes = _upright([region.corners for region in read])
    rows = [row for column in _columns(read, boxes) for row in _rows(column, boxes)]
    return PageText(tuple(_line([read[index] for index in row], width, height) for row in rows))


def _upright(corners: Sequence[NDArray[np.float32]]) -> NDArray[np.float32]:
    """Boxes (x_min, y_min, x_max, y_max) of the corners turned by the median slope; shape (regions, 4)."""
    points = np.stack(corners)
    along = points[:, 1] - points[:, 0]
    lengths = np.linalg.norm(along, axis=1)
    horizontal = np.abs(along[:, 1]) <= np.abs(along[:, 0])
    wide = horizontal & (lengths >= np.median(lengths))
    angle = float(np.median(np.arctan2(along[wide, 1], along[wide, 0]))) if wide.any() else 0.0
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    turned = points @ turn
    # Half way between the two ends of each edge: a tilted region then keeps its own height.
    top, bottom = turned[:, :2, 1].mean(axis=1), turned[:, 2:, 1].mean(axis=1)
    return np.stack([turned[:, :, 0].min(axis=1), top, turned[:, :, 0].max(axis=1), bottom], axis=1)


def _columns(regions: Sequence[Region], boxes: NDArray[np.float32]) -> list[list[int]]:
    """Indices of the regions of each column, from left to right.

    A column of numbers (prices, quantities) belongs to the text on its left, and what crosses a gutter, such as a
    title, to the column in which it starts.
    """
    starts = boxes[:, 0]
    edges = [-np.inf, *_gutters(boxes), np.inf]
    columns: list[list[int]] = []
    for left, right in pairwise(edges):
        members = [int(index) for index in np.flatnonzero((left <= starts) & (starts < right))]
        if columns and np.mean([_is_number(regions[index]) for index in members] or [True]) > 0.5:
            columns[-1] += members
        else:
            columns.append(members)
    return columns


def _gutters(boxes: NDArray[np.float32]) -> list[float]:
    """Middles of the vertical strips that next to no region crosses, with at least three regions on each side."""
    origin, step = boxes[:, 0].min(), max(1.0, float(np.median(boxes[:, 3] - boxes[:, 1])) / 4)
    first, last = (((boxes[:, side] - origin) / step).astype(int) for side in (0, 2))
    crossing = np.zeros(last.max() + 2, int)
    np.add.at(crossing, first, 1)
    np.add.at(crossing, last + 1, -1)
    free = np.cumsum(crossing) <= max(1, GUTTER_CROSSED * len(boxes))
    turns = np.flatnonzero(np.diff(np.r_[False, free, False].astype(int)))
    middles = [(start + end) / 2 for start, end in turns.reshape(-1, 2) if end - start >= GUTTER_STEPS]
    return [float(origin + at * step) for at in middles if (last < at).sum() >= 3 and (first > at).sum() >= 3]


def _is_number(region: Region) -> bool:
    letters = "".join(word.text for word in region.words)
    return sum(letter.isalpha() for letter in letters) <= len(letters) / 3


def _rows(members: Sequence[int], boxes: NDArray[np.float32]) -> list[list[int]]:
    """Indices of the regions of each row, left to right, rows from top to bottom."""
    middles = (boxes[:, 1] + boxes[:, 3]) / 2
    rows: list[list[int]] = []
    for index in sorted(members, key=lambda member: float(middles[member])):
        row = next((row for row in reversed(rows) if _fits(boxes, row, index)), None)
        if row is None:
            rows.append([index])
        else:
            row.append(index)
    return [sorted(row, key=lambda member: float(boxes[member, 0])) for row in rows]


def _fits(boxes: NDArray[np.float32], row: Sequence[int], index: int) -> bool:
    """Whether the region overlaps the row in height and no member of it in width."""
    x_min, y_min, x_max, y_max = boxes[index]
    for member in row:
        shared = min(y_max, boxes[member, 3]) - max(y_min, boxes[member, 1])
        if shared < SAME_ROW_OVERLAP * min(y_max - y_min, boxes[member, 3] - boxes[member, 1]):
            return False
        across = min(x_max, boxes[member, 2]) - max(x_min, boxes[member, 0])
        if across > SAME_ROW_OVERLAP * min(x_max - x_min, boxes[member, 2] - boxes[member, 0]):
            return False
    return True


def _line(regions: Sequence[Region], width: int, height: int) -> TextLine:
    words = tuple(_word(region.corners, word, width, height) for region in regions for word in region.words)
    boxes = np.array([(w.box.x_min, w.box.y_min, w.box.x_max, w.box.y_max) for w in words])
    edges = (*boxes[:, :2].min(axis=0), *boxes[:, 2:].max(axis=0))
    return TextLine(words, Box(*(float(edge) for edge in edges)))


def _word(corners: NDArray[np.float32], word: ReadWord, width: int, height: int) -> Word:
    """The word's part of the region, as an upright box in fractions of the picture."""
    top_left, top_right, bottom_right, bottom_left = corners
    points = [
        edge_start + (edge_end - edge_start) * at
        for at in (word.start, word.end)
        for edge_start, edge_end in ((top_left, top_right), (bottom_left, bottom_right))
    ]
    fractions = np.clip(np.stack(points) / (width, height), 0.0, 1.0)
    (x_min, y_min), (x_max, y_max) = fractions.min(axis=0), fractions.max(axis=0)
    return Word(word.text, word.confidence, Box(float(x_min), float(y_min), float(x_max), float(y_max)))
