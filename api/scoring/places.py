"""Admission to the engine for files that somebody waits for."""

from collections.abc import Iterator
from contextlib import contextmanager

from api.errors import Overloaded

RETRY_AFTER_SECONDS = 5


class Places:
    """A bound on how many files are scored at once; who finds none free is sent away, and nothing piles up."""

    def __init__(self, count: int) -> None:
        self._free = count

    def require(self) -> None:
        """Look before work is done that would be in vain.

        Raises:
            Overloaded: none is free.
        """
        if self._free < 1:
            raise overloaded("too many files are being scored at the moment")

    @contextmanager
    def one(self) -> Iterator[None]:
        """Take a place until the block ends.

        Raises:
            Overloaded: none is free.
        """
        self.require()
        self._free -= 1
        try:
            yield
        finally:
            self._free += 1


def overloaded(message: str, code: str | None = None) -> Overloaded:
    """The refusal, with the time after which another try makes sense."""
    return Overloaded(message, code=code, headers={"Retry-After": str(RETRY_AFTER_SECONDS)})
