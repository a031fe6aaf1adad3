"""Digests written into `weights.yaml`, which people write: its comments, its order and its layout stay."""

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

import yaml

Digests = Mapping[str, Mapping[str, str]]
"""SHA-256 by the name of an entry and the logical name of its file."""


def write_pins(path: Path, digests: Digests) -> None:
    """Pin files of the registry at `path`; whoever reads it meanwhile sees it whole.

    Raises:
        KeyError: it has no such entry, or that no such file.
        OSError: it cannot be written.
    """
    text = with_pins(path.read_text(encoding="utf-8"), digests)
    with NamedTemporaryFile("w", encoding="utf-8", dir=path.parent, delete=False) as made:
        made.write(text)
    Path(made.name).chmod(path.stat().st_mode)
    os.replace(made.name, path)


def with_pins(text: str, digests: Digests) -> str:
    """The text of a registry with these digests in the place of what stands there for their files.

    Raises:
        KeyError: it has no such entry, or that no such file.
    """
    registry: Any = yaml.compose(text, yaml.SafeLoader)
    places = sorted(_places(registry, digests), reverse=True)
    for start, end, digest in places:
        text = text[:start] + ("" if end > start else " ") + digest + text[end:]
    return text


def _places(registry: Any, digests: Digests) -> Iterator[tuple[int, int, str]]:
    for entry, files in digests.items():
        declared = _value(_value(registry, entry), "files")
        for file, digest in files.items():
            node = _value(declared, file)
            yield node.start_mark.index, node.end_mark.index, _as_yaml(digest)


def _value(mapping: Any, key: str) -> Any:
    """The node of a value. PyYAML does not say in types that a mapping's value is a list of pairs."""
    for name, value in mapping.value:
        if name.value == key:
            return value
    raise KeyError(key)


def _as_yaml(digest: str) -> str:
    """Digits alone would be read as a number."""
    return digest if yaml.safe_load(digest) == digest else f'"{digest}"'
