"""The 1,000 ImageNet classes (ILSVRC 2012), in the order of the classifiers' outputs, and what they are kinds of.

Both are from WordNet 3.0, whose terms are in `WORDNET_LICENSE`.
"""

import json
from functools import cache
from importlib.resources import files

import numpy as np
from numpy.typing import NDArray


@cache
def class_names() -> tuple[str, ...]:
    """The name shown for each class."""
    return tuple(entry[0] for entry in _classes())


@cache
def class_synonyms() -> tuple[str, ...]:
    """All names that WordNet has for each class, for example "cock, rooster"."""
    return tuple(", ".join(entry) for entry in _classes())


@cache
def broader_terms() -> tuple[str, ...]:
    """What classes are kinds of, for example "dog" and "animal" (`scripts.broader_terms`)."""
    return tuple(_broader())


@cache
def kinds() -> NDArray[np.float32]:
    """Which classes are kinds of which broader term: 1 or 0, shape (terms, classes)."""
    table = np.zeros((len(_broader()), len(_classes())), np.float32)
    for row, classes in zip(table, _broader().values(), strict=True):
        row[classes] = 1
    return table


def _broader() -> dict[str, list[int]]:
    terms: dict[str, list[int]] = json.loads((files("models") / "imagenet_broader.json").read_text(encoding="utf-8"))
    return terms


def _classes() -> list[list[str]]:
    classes: list[list[str]] = json.loads((files("models") / "imagenet_classes.json").read_text(encoding="utf-8"))
    return classes
