"""Work that would wait for the same lock in the database, done together."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from api.outage import DatabaseAway

log = logging.getLogger("assay.group_commit")

Item = TypeVar("Item")
Result = TypeVar("Result")


class GroupCommit(Generic[Item, Result]):
    """While one group is being committed, the next one gathers: the busier it is, the fewer transactions it takes.

    The work is a task of its own, so that nobody who is cancelled (a client that hangs up) takes others along, who
    could not know whether theirs was done.
    """

    def __init__(
        self,
        commit: Callable[[Sequence[Item]], Awaitable[Sequence[Result]]],
        *,
        gather_seconds: float = 0.0,
        coming: Callable[[str], int] = lambda _: 0,
    ) -> None:
        """
        Args:
            commit: does the work of all items in one transaction; a result for each, in their order.
            gather_seconds: a group waits so long for more to come, when more is coming (Postgres has the same for its
                log, as `commit_delay` and `commit_siblings`).
            coming: how many items of a key are here or may come soon.
        """
        self._commit = commit
        self._gather_seconds = gather_seconds
        self._coming = coming
        self._places: dict[str, _Place[Item, Result]] = {}
        """By key, as long as there is work."""

    async def run(self, key: str, item: Item) -> Result:
        """The result of an item, committed with whatever waits under the same key.

        When a group is refused, each item is tried by itself, so that none suffers from another. Who is cancelled
        before its group begins is left out.
        """
        place = self._places.get(key)
        if place is None:
            place = self._places[key] = _Place()
            place.task = asyncio.create_task(self._work(key, place))
        mine = _Waiting[Item, Result](item)
        place.waiting.append(mine)
        return await mine.result

    async def finish(self) -> None:
        """Wait for what is being committed."""
        await asyncio.gather(*(place.task for place in self._places.values() if place.task), return_exceptions=True)

    async def _work(self, key: str, place: "_Place[Item, Result]") -> None:
        try:
            while place.waiting:
                if self._coming(key) > len(place.waiting):
                    await asyncio.sleep(self._gather_seconds)
                group = [one for one in place.waiting if not one.result.done()]
                place.waiting = []
                if group:
                    await self._try(group)
                for one in group:
                    if not one.result.done():
                        await self._try([one])
        finally:
            del self._places[key]

    async def _try(self, group: Sequence["_Waiting[Item, Result]"]) -> None:
        try:
            results = await self._commit([one.item for one in group])
        except Exception as error:  # noqa: BLE001  it is raised where the result is waited for
            if len(group) > 1 and not isinstance(error, DatabaseAway):
                told = {"items": len(group), "error": f"{type(error).__name__}: {error}"}
                log.warning("a group was refused", extra=told)
                return
            for one in group:
                one.fail(error)
        else:
            for one, result in zip(group, results, strict=True):
                one.succeed(result)


@dataclass(slots=True, eq=False)
class _Waiting(Generic[Item, Result]):
    item: Item
    result: "asyncio.Future[Result]" = field(default_factory=lambda: asyncio.get_running_loop().create_future())

    def succeed(self, result: Result) -> None:
        if not self.result.done():  # else whoever waited for it was cancelled
            self.result.set_result(result)

    def fail(self, error: Exception) -> None:
        if not self.result.done():
            self.result.set_exception(error)


@dataclass(slots=True, eq=False)
class _Place(Generic[Item, Result]):
    waiting: list[_Waiting[Item, Result]] = field(default_factory=list)
    """In the order of their coming."""
    task: "asyncio.Task[None] | None" = None
