"""Leaving a field out, where `None` means something of its own."""

from collections.abc import Mapping
from typing import Any, TypeGuard, TypeVar

T = TypeVar("T")


class Omitted:
    """Type of `OMITTED`."""

    def __repr__(self) -> str:
        return "OMITTED"


OMITTED = Omitted()
"""The field is not sent, so that it stays as it is; `None` brings its default back."""


def is_given(value: "T | Omitted") -> TypeGuard[T]:
    """Whether the caller has said anything."""
    return not isinstance(value, Omitted)


def given(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Those fields that the caller has said something about."""
    return {name: value for name, value in fields.items() if is_given(value)}
