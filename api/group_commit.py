"""Work that would wait for the same lock in the database, done together by the first who gets it."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar
from weakref import WeakValueDictionary

from sqlalchemy.exc import SQLAlchemyError

log = logging.getLogger("assay.group_commit")

Item = TypeVar("Item")
Result = TypeVar("Result")


class GroupCommit(Generic[Item, Result]):
    """While one group is being committed, the next one gathers: the busier it is, the fewer transactions it takes."""

    def __init__(self, commit: Callable[[Sequence[Item]], Awaitable[Sequence[Result]]]) -> None:
        """
        Args:
            commit: does the work of all items in one transaction; a result for each, in their order.
        """
        self._commit = commit
        self._places: WeakValueDictionary[str, _Place[Item, Result]] = WeakValueDictionary()
        """By key, as long as somebody is there."""

    async def run(self, key: str, item: Item) -> Result:
        """The result of an item, committed with whatever waits under the same key.

        When the database refuses a group, each item is tried by itself, so that none suffers from another.
        """
        place = self._places.setdefault(key, _Place())
        mine = _Waiting[Item, Result](item)
        place.waiting[mine] = None
        try:
            async with place.lock:
                if mine in place.waiting:
                    group, place.waiting = list(place.waiting), {}
                    await self._try(group)
                if not mine.results:
                    mine.results = await self._commit([item])
        finally:
            place.waiting.pop(mine, None)
        return mine.results[0]

    async def _try(self, group: Sequence["_Waiting[Item, Result]"]) -> None:
        if len(group) == 1:
            return
        try:
            results = await self._commit([one.item for one in group])
        except SQLAlchemyError as error:
            log.warning("a group was refused", extra={"items": len(group), "error": f"{type(error).__name__}: {error}"})
            return
        for one, result in zip(group, results, strict=True):
            one.results = [result]


@dataclass(slots=True, eq=False)
class _Waiting(Generic[Item, Result]):
    item: Item
    results: Sequence[Result] = ()
    """One, once it is committed."""


@dataclass(slots=True, eq=False, weakref_slot=True)
class _Place(Generic[Item, Result]):
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    waiting: dict[_Waiting[Item, Result], None] = field(default_factory=dict)
    """In the order of their coming."""
