"""YAML by libyaml, which reads our files eight times as fast as PyYAML's own parser: every replica and command does."""

from pathlib import Path
from typing import Any

import yaml

NOT_UTF8 = "is no text in UTF-8"


class BadConfiguration(Exception):
    """A file or a variable is not what it should be; the message says which one, and where in it."""


def read_mapping(path: Path) -> dict[str, Any]:
    """What a file says.

    Raises:
        FileNotFoundError: there is none.
        BadConfiguration: it is no text in UTF-8, no YAML, or no mapping of names to values.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise BadConfiguration(f"{path}: {NOT_UTF8}") from error
    values = parse_yaml(text, str(path))
    if not isinstance(values, dict):
        raise BadConfiguration(f"{path}: has no names with values, as a configuration has")
    return values


def parse_yaml(text: str, name: str) -> Any:
    """What the text says, in Python's own types.

    Args:
        text: YAML.
        name: of the file or variable that it is from, for the error.

    Raises:
        BadConfiguration: it is no YAML.
    """
    try:
        return yaml.load(text, Loader=yaml.CSafeLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        place = f"line {mark.line + 1}, column {mark.column + 1}: " if mark else ""
        raise BadConfiguration(f"{name}: {place}{error.problem}") from error
    except yaml.YAMLError as error:  # a character that no YAML has
        raise BadConfiguration(f"{name}: {str(error).splitlines()[0]}") from error
