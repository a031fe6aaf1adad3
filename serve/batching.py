"""Batches across submissions, closed by cost and not by count.

When a batch starts: a slot is free, and the batch is full, or its oldest item has waited `wait_seconds`.
The wait counts from the arrival, so a busy replica never adds to it: what piles up behind a running batch
starts the moment the slot is free. Only a replica that would otherwise be idle waits at all, and with
`wait_seconds=0` not even that one does; items of the same turn of the event loop still share a batch.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import islice
from traceback import clear_frames
from typing import Generic, TypeVar

from configs.settings import BatchSettings
from models.model import Model, is_out_of_memory
from models.outputs import ItemError
from serve.errors import EngineError, EngineUnavailable, ModelItemError

Item = TypeVar("Item")
Output = TypeVar("Output")

logger = logging.getLogger(__name__)

MAX_CONCURRENT = 32
"""Most threads that one batcher may use; they start only when a batch needs one."""


@dataclass(slots=True)
class BatchStats:
    """Counters since the start, for the metrics."""

    batches: int = 0
    """Calls of the model that answered."""
    items: int = 0
    """Items in those calls."""
    failed_items: int = 0
    """Items whose caller got an error."""
    failures_in_a_row: int = 0
    """Calls of the model with one item that raised since the last call, or warm-up after them, that did not."""
    fill_sum: float = 0.0
    """Sum over the batches of cost over `max_cost`, or count over `max_items` if that is more, at most 1."""
    run_seconds: float = 0.0
    """Time inside the model, summed over concurrent batches."""
    queued: int = 0
    """Items waiting now."""
    running: int = 0
    """Batches running now."""

    @property
    def mean_fill(self) -> float:
        return self.fill_sum / self.batches if self.batches else 0.0


@dataclass(slots=True, eq=False)
class _Waiting(Generic[Item, Output]):
    item: Item
    cost: float
    arrived_seconds: float
    answer: asyncio.Future[Output] = field(repr=False)


def next_batch(costs: Iterable[float], settings: BatchSettings) -> tuple[int, bool]:
    """How many of the first items form the next batch, and whether it is full.

    Order is kept: an item that does not fit closes the batch, and nothing overtakes it. An item that
    costs more than `max_cost` runs alone.
    """
    total = 0.0
    count = 0
    for cost in islice(costs, settings.max_items):
        if count and total + cost > settings.max_cost:
            return count, True
        total += cost
        count += 1
    return count, count == settings.max_items or total >= settings.max_cost


class Batcher(Generic[Item, Output]):
    """Awaitable front of one model: `await batcher(item)` is the model's output for that item.

    Batches run in threads, at most `settings.concurrent` at once; the event loop stays free. A batch that
    does not fit into memory is halved until it does; a batch that raises is run again item by item, so
    that one bad item fails alone. A caller that is cancelled takes its item along if it has not started.
    """

    def __init__(self, model: Model[Item, Output], settings: BatchSettings) -> None:
        self._model = model
        self._settings = settings
        self._queue: deque[_Waiting[Item, Output]] = deque()
        self._threads = ThreadPoolExecutor(MAX_CONCURRENT, thread_name_prefix="batch")
        self._tasks: set[asyncio.Task[None]] = set()
        self._calls: dict[asyncio.Future[list[Output | ItemError]], float] = {}
        """Of the model, with the time of the loop at which each began."""
        self._wake_up: asyncio.Handle | None = None
        self.stats = BatchStats()

    async def __call__(self, item: Item) -> Output:
        """The model's output for the item.

        Raises:
            ModelItemError: the model could not process the item.
            EngineUnavailable: the batcher is closed.
        """
        loop = asyncio.get_running_loop()
        waiting = _Waiting[Item, Output](item, self._model.cost(item), loop.time(), loop.create_future())
        self._queue.append(waiting)
        self._dispatch_soon()
        try:
            return await waiting.answer
        except asyncio.CancelledError:
            with suppress(ValueError):
                self._queue.remove(waiting)
            raise
        finally:
            self.stats.queued = len(self._queue)

    def reconfigure(self, settings: BatchSettings) -> None:
        """Use other settings from the next batch on; what runs is left alone."""
        self._settings = settings
        if self._queue:
            self._dispatch_soon()

    def longest_call_seconds(self) -> float:
        """How long the oldest call of the model that has not come back has taken so far; 0 when none is under way."""
        return max((asyncio.get_running_loop().time() - began for began in self._calls.values()), default=0.0)

    def close(self) -> None:
        """Cancel who still waits for a batch, and let the threads end when their batches have."""
        for waiting in self._queue:
            waiting.answer.cancel()
        self._queue.clear()
        self._threads.shutdown(wait=False)

    def _dispatch_soon(self, at_seconds: float | None = None) -> None:
        """Form batches when this turn of the event loop is over, or at a time of its clock."""
        loop = asyncio.get_running_loop()
        if self._wake_up is not None:
            self._wake_up.cancel()
        if at_seconds is None:
            self._wake_up = loop.call_soon(self._dispatch)
        else:
            self._wake_up = loop.call_at(at_seconds, self._dispatch)

    def _dispatch(self) -> None:
        """Start every batch that may start now."""
        while self._queue and self.stats.running < self._settings.concurrent:
            count, full = next_batch((waiting.cost for waiting in self._queue), self._settings)
            ripe_at_seconds = self._queue[0].arrived_seconds + self._settings.wait_seconds
            if not full and asyncio.get_running_loop().time() < ripe_at_seconds:
                self._dispatch_soon(ripe_at_seconds)
                break
            self._start([self._queue.popleft() for _ in range(count)])
        self.stats.queued = len(self._queue)

    def _start(self, batch: list[_Waiting[Item, Output]]) -> None:
        self.stats.running += 1
        task = asyncio.get_running_loop().create_task(self._run(batch))
        self._tasks.add(task)
        task.add_done_callback(self._finish)

    def _finish(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        self.stats.running -= 1
        self._dispatch()

    async def _run(self, batch: Sequence[_Waiting[Item, Output]]) -> None:
        """Run the batch in a thread; if that raises, run its parts."""
        loop = asyncio.get_running_loop()
        started_seconds = loop.time()
        try:
            run = loop.run_in_executor(self._threads, self._call_model, [waiting.item for waiting in batch])
        except RuntimeError as closed:  # meanwhile
            for waiting in batch:
                self._fail(waiting, EngineUnavailable(f"{self._model.identity.name} is closed: {closed}"))
            return
        self._calls[run] = started_seconds
        await asyncio.wait([run])
        del self._calls[run]
        error = run.exception()
        if error is None:
            self._count(batch, loop.time() - started_seconds)
            self._answer(batch, run.result())
            return
        if len(batch) == 1:
            self.stats.failures_in_a_row += 1
            logger.warning("%s failed on one item", self._model.identity.name, exc_info=error)
            self._fail(batch[0], _item_error(error))
            _let_go_of_frames(error)
        else:
            size = len(batch) // 2 if is_out_of_memory(error) else 1
            _let_go_of_frames(error)
            del run, error
            for start in range(0, len(batch), size):
                await self._run(batch[start : start + size])

    def _call_model(self, items: list[Item]) -> list[Output | ItemError]:
        try:
            outputs = self._model.run(items)
        except StopIteration as error:  # A future cannot carry it; the callers would wait for ever.
            raise RuntimeError("the model raised StopIteration") from error
        if len(outputs) != len(items):
            raise RuntimeError(f"the model returned {len(outputs)} outputs for {len(items)} items")
        return outputs

    def _count(self, batch: Sequence[_Waiting[Item, Output]], run_seconds: float) -> None:
        cost = sum(waiting.cost for waiting in batch)
        self.stats.batches += 1
        self.stats.items += len(batch)
        self.stats.failures_in_a_row = 0
        self.stats.fill_sum += min(1.0, max(cost / self._settings.max_cost, len(batch) / self._settings.max_items))
        self.stats.run_seconds += run_seconds

    def _answer(self, batch: Sequence[_Waiting[Item, Output]], outputs: Sequence[Output | ItemError]) -> None:
        for waiting, output in zip(batch, outputs, strict=True):
            if isinstance(output, ItemError):
                self._fail(waiting, ModelItemError(output.message))
            elif not waiting.answer.done():
                waiting.answer.set_result(output)

    def _fail(self, waiting: _Waiting[Item, Output], error: EngineError) -> None:
        self.stats.failed_items += 1
        if not waiting.answer.done():
            waiting.answer.set_exception(error)


def _let_go_of_frames(error: BaseException) -> None:
    """Of the failed call and of what caused it: they hold its tensors, for which the next call needs the memory."""
    told: BaseException | None = error
    seen: set[int] = set()
    while told is not None and id(told) not in seen:
        seen.add(id(told))
        clear_frames(told.__traceback__)
        told = told.__cause__ or told.__context__


def _item_error(error: BaseException) -> ModelItemError:
    wrapped = ModelItemError(f"{type(error).__name__}: {error}")
    wrapped.__cause__ = error
    return wrapped
