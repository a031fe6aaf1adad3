"""Waiting and doing several things at once, on asyncio. `_sync.runtime` does the same with threads."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")


async def sleep(seconds: float) -> None:
    """Pause."""
    await asyncio.sleep(seconds)


async def in_thread(function: Callable[..., R], *arguments: object) -> R:
    """Run what keeps the disk or the processor busy, while others go on."""
    return await asyncio.to_thread(function, *arguments)


async def each(items: Iterable[T], work: Callable[[T], Awaitable[R]], max_parallel: int) -> list[R]:
    """The results for all items, in their order. The first that raises ends the others."""
    free = asyncio.Semaphore(max_parallel)

    async def one(item: T) -> R:
        async with free:
            return await work(item)

    tasks = [asyncio.ensure_future(one(item)) for item in items]
    try:
        return list(await asyncio.gather(*tasks))
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
