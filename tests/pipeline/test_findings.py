"""What is kept of a file to be searched for."""

import numpy as np
import pytest
from numpy.typing import NDArray

from models.outputs import Cohort, Concepts
from pipeline.findings import Findings
from pipeline.relevance import Wish
from tests.pipeline.scoring import PHOTO

CHANCE = Cohort(0.1, 0.1)
NO_TERMS = np.zeros((0, 0), np.float32)


def vectors(*rows: tuple[float, ...]) -> NDArray[np.float32]:
    return np.array(rows, np.float32)


@pytest.mark.parametrize(
    ("broader", "expected"),
    [
        (NO_TERMS, (1, 0, 0)),
        (vectors((0, 1, 0)), (0.5**0.5, 0.5**0.5, 0)),
        (vectors((0, 1, 0), (0, 0, 1)), (0.5**0.5, 0.5, 0.5)),  # several terms weigh no more than one
    ],
)
def test_a_picture_is_found_by_its_names_and_by_what_they_are_kinds_of(
    broader: NDArray[np.float32], expected: tuple[float, ...]
) -> None:
    seen = Concepts(vectors((1, 0, 0))[0], CHANCE, broader=broader)
    findings = Findings(PHOTO, Wish(seen), concepts=(seen,))
    assert findings.embeddings["image"] == pytest.approx(np.array(expected), abs=1e-6)


def test_frames_of_a_video_are_averaged() -> None:
    frames = tuple(Concepts(row, CHANCE) for row in vectors((1, 0), (0, 1)))
    findings = Findings(PHOTO, Wish(frames[0]), concepts=frames)
    assert findings.embeddings["image"] == pytest.approx(np.array([0.5**0.5, 0.5**0.5]), abs=1e-6)
