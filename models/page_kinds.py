"""What a text stands on, a menu or a receipt, told by what is written there (decision 0032).

A sentence encoder compares what sentences are about, and finds "Flat white 3.90" not much nearer to "menu" than to
other things. So a text is compared with lines of each kind first, by the softmax over its cosines with their means
(prototypes: Snell et al. 2017), and then the names of the likely kinds with what is asked for.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import numpy as np
import yaml
from numpy.typing import NDArray

from models.concepts import softmax, unit
from models.outputs import PageKind

SHARPNESS = 30.0
"""What cosines are multiplied with before the softmax: the least log loss, of 10 to 50 (`scripts.calibrate_pages`)."""
MIN_PROBABILITY = 0.02
MAX_KINDS = 8

Embed = Callable[[Sequence[str]], NDArray[np.float32]]
"""Sentences to unit vectors, shape (sentences, dimensions)."""


@dataclass(frozen=True, slots=True)
class Described:
    """One kind, as `page_kinds.yaml` has it."""

    name: str
    names: tuple[str, ...]
    """By which it is asked for."""
    lines: tuple[str, ...]


@cache
def described() -> tuple[Described, ...]:
    """All kinds that are told apart."""
    kinds = yaml.safe_load((files("models") / "page_kinds.yaml").read_text(encoding="utf-8"))
    return tuple(
        Described(name, tuple(kind["names"]), tuple(kind["lines"].splitlines())) for name, kind in kinds.items()
    )


def embed_kinds(embed: Embed, kinds: Sequence[Described]) -> NDArray[np.float32]:
    """Means of the kinds' lines, then all their names, in the order of `kinds`; shape (kinds + names, dimensions)."""
    means = [embed(kind.lines).mean(axis=0) for kind in kinds]
    return np.concatenate([unit(np.stack(means)), embed([name for kind in kinds for name in kind.names])])


class PageKinds:
    """Tells the kinds of texts apart."""

    def __init__(self, kinds: Sequence[Described], embedded: NDArray[np.float32], sharpness: float = SHARPNESS) -> None:
        """`embedded` is what `embed_kinds` makes of `kinds`."""
        self._kinds = tuple(kinds)
        self._sharpness = sharpness
        self._means, self.names = np.split(embedded, [len(kinds)])
        ends = np.cumsum([len(kind.names) for kind in kinds])
        self._names = np.split(self.names, ends[:-1])

    def probabilities(self, text: NDArray[np.float32]) -> NDArray[np.float32]:
        """Of each kind, given the embedding of a text; shape (kinds,)."""
        return softmax(self._sharpness * (self._means @ text))

    def likely(self, text: NDArray[np.float32]) -> tuple[PageKind, ...]:
        """Those that a text may be of, likeliest first."""
        probabilities = self.probabilities(text)
        top = np.argsort(-probabilities, kind="stable")[:MAX_KINDS]
        return tuple(
            PageKind(self._kinds[index].name, float(probabilities[index]), self._names[index])
            for index in top
            if probabilities[index] >= MIN_PROBABILITY
        )

    def nearest(self, sentence: NDArray[np.float32]) -> float:
        """Largest cosine of a sentence with any name of a kind."""
        return float((self.names @ sentence).max())
