"""The names of the 1,000 ImageNet classes (ILSVRC 2012), in the order of the classifiers' outputs."""

import json
from functools import cache
from importlib.resources import files


@cache
def class_names() -> tuple[str, ...]:
    """The name shown for each class."""
    return tuple(entry[0] for entry in _classes())


@cache
def class_synonyms() -> tuple[str, ...]:
    """All names that WordNet has for each class, for example "cock, rooster"."""
    return tuple(", ".join(entry) for entry in _classes())


def _classes() -> list[list[str]]:
    classes: list[list[str]] = json.loads((files("models") / "imagenet_classes.json").read_text(encoding="utf-8"))
    return classes
