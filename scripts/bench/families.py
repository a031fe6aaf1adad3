"""Process families that stand still while another one is measured.

A stack with nothing to do takes processor time all the same: 7% of two cores (decision 21).
"""

import asyncio
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass

import psutil

BREATH_SECONDS = 2.0
"""Between two measurements everything runs, so that no process takes another for dead after several of them."""


@dataclass(frozen=True, slots=True)
class Family:
    """A process and all that came of it."""

    head: psutil.Process

    @classmethod
    def since(cls, before: Collection[psutil.Process]) -> "Family":
        """Of the one child of this process that was not there before."""
        (head,) = set(psutil.Process().children()) - set(before)
        return cls(head)

    def pause(self) -> None:
        """From the head on, which is then not there to start others."""
        for one in self._members():
            with suppress(psutil.NoSuchProcess):
                one.suspend()

    def resume(self) -> None:
        for one in self._members():
            with suppress(psutil.NoSuchProcess):
                one.resume()

    def _members(self) -> list[psutil.Process]:
        return [self.head, *self.head.children(recursive=True)]


@asynccontextmanager
async def only(one: Family | None, families: Collection[Family]) -> AsyncIterator[None]:
    """Only `one` of the families runs within the block, besides this process."""
    await asyncio.sleep(BREATH_SECONDS)
    others = [family for family in families if family != one]
    for family in others:
        family.pause()
    try:
        yield
    finally:
        for family in others:
            family.resume()
