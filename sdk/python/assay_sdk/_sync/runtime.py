"""Waiting and doing several things at once, with threads. `_async.runtime` does the same on asyncio."""

import time
from collections.abc import Callable, Iterable
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")


def sleep(seconds: float) -> None:
    """Pause."""
    time.sleep(seconds)


def in_thread(function: Callable[..., R], *arguments: object) -> R:
    """Run it: a thread of the caller's waits already."""
    return function(*arguments)


def each(items: Iterable[T], work: Callable[[T], R], max_parallel: int) -> list[R]:
    """The results for all items, in their order. After the first that raises no other is begun."""
    with ThreadPoolExecutor(max_parallel) as pool:
        futures = [pool.submit(work, item) for item in items]
        try:
            done, _ = wait(futures, return_when=FIRST_EXCEPTION)
            failed = next((future for future in done if future.exception()), None)
            if failed is not None:
                failed.result()
            return [future.result() for future in futures]
        finally:
            pool.shutdown(cancel_futures=True)
