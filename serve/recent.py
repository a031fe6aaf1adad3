"""Answers worth keeping for a while."""

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

Key = TypeVar("Key")
Value = TypeVar("Value")


class Recent(Generic[Key, Value]):
    """A least-recently-used cache of awaited values; callers who ask at once share one question."""

    def __init__(self, capacity: int) -> None:
        self._capacity = capacity
        self._answers: OrderedDict[Key, asyncio.Future[Value]] = OrderedDict()

    async def get(self, key: Key, ask: Callable[[], Awaitable[Value]]) -> Value:
        """The kept value, or the answer of `ask`. An error reaches every waiting caller and is not kept."""
        if key not in self._answers:
            self._answers[key] = asyncio.ensure_future(ask())
            while len(self._answers) > self._capacity:
                self._answers.popitem(last=False)
        self._answers.move_to_end(key)
        answer = self._answers[key]
        try:
            return await asyncio.shield(answer)
        finally:
            if answer.done() and (answer.cancelled() or answer.exception()) and self._answers.get(key) is answer:
                del self._answers[key]
