"""What a start or a change tells of its steps, one line each."""

from collections.abc import Callable

Progress = Callable[[str], None]


def silent(step: str) -> None:
    """For callers who do not ask."""
