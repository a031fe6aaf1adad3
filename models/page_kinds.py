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

SHARPNESS = 80.0
"""What cosines are multiplied with before the softmax, were there many lines: the least log loss, of 20 to 160
(`scripts.calibrate_pages`)."""
HALF_SURE_LINES = 4
"""Lines of which cosines count half as much: a single one may be on anything."""
MAX_LINES = 8
"""That are looked at one by one; with twelve no more pages were told than with eight."""
LINES_SHARE = 0.7
"""What they count for; the whole text counts for the rest."""
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
    is_wordy: bool = False
    """Whether it never has few words."""


@cache
def described() -> tuple[Described, ...]:
    """All kinds that are told apart."""
    kinds = yaml.safe_load((files("models") / "page_kinds.yaml").read_text(encoding="utf-8"))
    return tuple(
        Described(name, tuple(kind["names"]), tuple(kind["lines"].splitlines()), kind.get("is_wordy", False))
        for name, kind in kinds.items()
    )


def embed_kinds(embed: Embed, kinds: Sequence[Described]) -> NDArray[np.float32]:
    """Means of the kinds' lines, then all their names, in the order of `kinds`; shape (kinds + names, dimensions)."""
    means = [embed(kind.lines).mean(axis=0) for kind in kinds]
    return np.concatenate([unit(np.stack(means)), embed([name for kind in kinds for name in kind.names])])


def telling(lines: Sequence[str]) -> tuple[str, ...]:
    """Those that are looked at, spread evenly over all that have letters; at least one."""
    lettered = [line for line in lines if any(map(str.isalpha, line))] or list(lines[:1]) or [""]
    step = max(1.0, len(lettered) / MAX_LINES)
    return tuple(lettered[int(number * step)] for number in range(min(MAX_LINES, len(lettered))))


class PageKinds:
    """Tells the kinds of texts apart."""

    def __init__(self, kinds: Sequence[Described], embedded: NDArray[np.float32], sharpness: float = SHARPNESS) -> None:
        """`embedded` is what `embed_kinds` makes of `kinds`."""
        self._kinds = tuple(kinds)
        self._sharpness = sharpness
        self._means, self._all_names = np.split(embedded, [len(kinds)])
        ends = np.cumsum([len(kind.names) for kind in kinds])
        self._names = np.split(self._all_names, ends[:-1])
        self._wordy_names = np.concatenate([self._all_names[:0], *self._of_wordy()])

    def probabilities(self, text: NDArray[np.float32], lines: NDArray[np.float32]) -> NDArray[np.float32]:
        """Of each kind, given the embeddings of a text and of its lines, shape (lines, dimensions); shape (kinds,)."""
        seen = (1 - LINES_SHARE) * text + LINES_SHARE * lines.mean(axis=0)
        sharpness = self._sharpness * len(lines) / (len(lines) + HALF_SURE_LINES)
        return softmax(sharpness * (self._means @ seen))

    def likely(self, text: NDArray[np.float32], lines: NDArray[np.float32]) -> tuple[PageKind, ...]:
        """Those that a text may be of, likeliest first."""
        probabilities = self.probabilities(text, lines)
        top = np.argsort(-probabilities, kind="stable")[:MAX_KINDS]
        return tuple(
            PageKind(self._kinds[index].name, float(probabilities[index]), self._names[index])
            for index in top
            if probabilities[index] >= MIN_PROBABILITY
        )

    def nearest(self, sentence: NDArray[np.float32]) -> tuple[float, float]:
        """Largest cosine of a sentence with any name of a kind, and with any of those that never have few words."""
        best = (float((names @ sentence).max(initial=0.0)) for names in (self._all_names, self._wordy_names))
        return next(best), next(best)

    def _of_wordy(self) -> list[NDArray[np.float32]]:
        return [names for kind, names in zip(self._kinds, self._names, strict=True) if kind.is_wordy]
