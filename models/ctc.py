"""Reading the output of a CTC recogniser: best path, split into words."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from models.text_layout import ReadWord

BLANK = 0


def best_path(
    indices: NDArray[np.int64], probabilities: NDArray[np.float32], characters: Sequence[str], used: float = 1.0
) -> tuple[ReadWord, ...]:
    """Words of one crop by greedy decoding (Graves et al. 2006): repeats merged, blanks dropped.

    Args:
        indices: most probable class of every time step, shape (steps,).
        probabilities: its probability, shape (steps,).
        characters: text of every class; class 0 is the blank.
        used: part of the steps that the crop fills, the rest being padding.
    """
    first = np.r_[True, indices[1:] != indices[:-1]]
    steps = np.flatnonzero(first & (indices != BLANK))
    words: list[ReadWord] = []
    letters: list[int] = []
    for step in [*steps, None]:
        if step is not None and not characters[indices[step]].isspace():
            letters.append(int(step))
        elif letters:
            words.append(_word(letters, indices, probabilities, characters, used))
            letters = []
    return tuple(words)


def _word(
    letters: Sequence[int],
    indices: NDArray[np.int64],
    probabilities: NDArray[np.float32],
    characters: Sequence[str],
    used: float,
) -> ReadWord:
    """A letter fires near its centre, so a word reaches half a letter further on both sides."""
    half_letter = max(0.5, (letters[-1] - letters[0]) / max(1, len(letters) - 1) / 2)
    filled = len(indices) * used
    return ReadWord(
        text="".join(characters[indices[step]] for step in letters),
        confidence=float(np.mean(probabilities[list(letters)])),
        start=float(np.clip((letters[0] + 0.5 - half_letter) / filled, 0, 1)),
        end=float(np.clip((letters[-1] + 0.5 + half_letter) / filled, 0, 1)),
    )
