"""Looking again and again until something is done."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

from assay_sdk._async.runtime import sleep
from assay_sdk.errors import WaitTimeout
from assay_sdk.polling import Deadline, pauses_seconds

R = TypeVar("R")


async def poll(
    look: Callable[[], Awaitable[R]], is_done: Callable[[R], bool], timeout_seconds: float | None, what: str
) -> R:
    """What `look` finds once it is done.

    Raises:
        WaitTimeout: it is not within the time.
    """
    deadline = Deadline(timeout_seconds)
    for pause_seconds in pauses_seconds():
        seen = await look()
        if is_done(seen):
            return seen
        left_seconds = deadline.remaining_seconds(at_most=pause_seconds)
        if not left_seconds:
            raise WaitTimeout(f"{what} was not done within {timeout_seconds} s", seen)
        await sleep(left_seconds)
    raise AssertionError("pauses do not end")
