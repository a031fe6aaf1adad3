"""Batches by cost, with a model that keeps a diary."""

import asyncio
import pickle
import threading
import time
import weakref
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from configs.settings import BatchSettings
from models.outputs import ItemError, ModelIdentity
from serve.batching import Batcher, next_batch
from serve.errors import EngineUnavailable, ModelItemError

pytestmark = pytest.mark.anyio


class Doubler:
    """Doubles numbers. An item costs its value; behaviour is chosen by sets of items."""

    identity = ModelIdentity("detector", "doubler", "1", "0" * 64, "f32")

    def __init__(self, *, run_seconds: float = 0.0, fits: int = 1000) -> None:
        self.batches: list[list[float]] = []
        self.most_at_once = 0
        self._running = 0
        self._lock = threading.Lock()
        self._run_seconds = run_seconds
        self._fits = fits
        self.gate = threading.Event()
        self.gate.set()

    def cost(self, item: float) -> float:
        return abs(item)

    def warm_up(self) -> None:
        pass

    def run(self, batch: Sequence[float]) -> list[float | ItemError]:
        with self._lock:
            self.batches.append(list(batch))
            self._running += 1
            self.most_at_once = max(self.most_at_once, self._running)
        self.gate.wait()
        time.sleep(self._run_seconds)
        with self._lock:
            self._running -= 1
        if len(batch) > self._fits:
            raise MemoryError("device full")
        if 13 in batch:
            raise ArithmeticError("thirteen")
        if 17 in batch:
            raise StopIteration
        if 19 in batch:
            return [0.0] * (len(batch) + 1)
        return [ItemError("negative") if item < 0 else item * 2 for item in batch]


def settings(max_cost: float = 100, max_items: int = 8, wait_seconds: float = 0, concurrent: int = 1) -> BatchSettings:
    return BatchSettings(max_cost=max_cost, max_items=max_items, wait_seconds=wait_seconds, concurrent=concurrent)


async def gather(batcher: "Batcher[float, float]", items: Sequence[float]) -> list[float | BaseException]:
    return await asyncio.gather(*(batcher(item) for item in items), return_exceptions=True)


@pytest.mark.parametrize(
    ("costs", "expected"),
    [
        ([], (0, False)),
        ([1], (1, False)),
        ([4, 5], (2, False)),
        ([4, 6], (2, True)),  # exactly full by cost
        ([4, 7], (1, True)),  # the second does not fit
        ([4, 7, 1], (1, True)),  # and the third does not overtake it
        ([11, 1], (1, True)),  # too dear for any batch: alone
        ([1, 1, 1, 1], (3, True)),  # full by count
        ([0, 0, 0], (3, True)),
    ],
)
def test_next_batch(costs: list[float], expected: tuple[int, bool]) -> None:
    assert next_batch(costs, settings(max_cost=10, max_items=3)) == expected


@given(
    costs=st.lists(st.floats(0, 50), max_size=40),
    max_cost=st.floats(0.1, 30),
    max_items=st.integers(1, 9),
)
def test_batches_keep_order_lose_nothing_and_respect_the_limits(
    costs: list[float], max_cost: float, max_items: int
) -> None:
    left, taken = list(costs), []
    while left:
        count, _ = next_batch(left, settings(max_cost=max_cost, max_items=max_items))
        batch, left = left[:count], left[count:]
        assert 1 <= count <= max_items
        assert count == 1 or sum(batch) <= max_cost
        taken += batch
    assert taken == costs


async def test_items_of_one_turn_share_a_batch_and_answers_keep_their_callers() -> None:
    model = Doubler()
    assert await gather(Batcher(model, settings()), [3, 1, 2]) == [6, 2, 4]
    assert model.batches == [[3, 1, 2]]


async def test_a_full_batch_does_not_wait_for_the_window() -> None:
    model = Doubler()
    answers = await asyncio.wait_for(gather(Batcher(model, settings(max_items=2, wait_seconds=5)), [1, 2]), 1)
    assert answers == [2, 4]


async def test_an_idle_replica_waits_for_the_window_and_no_longer() -> None:
    model = Doubler()
    batcher = Batcher(model, settings(wait_seconds=0.05))
    started = time.perf_counter()
    first = asyncio.create_task(batcher(1))
    await asyncio.sleep(0.01)
    assert await batcher(2) == 4
    assert await first == 2
    assert model.batches == [[1, 2]]
    assert 0.04 < time.perf_counter() - started < 0.5


async def test_what_piles_up_behind_a_batch_starts_together_and_does_not_wait_again() -> None:
    model = Doubler()
    batcher = Batcher(model, settings(max_items=4, wait_seconds=0.3))
    model.gate.clear()
    early = asyncio.create_task(gather(batcher, [1, 1, 1, 1]))
    await asyncio.sleep(0.01)
    late = asyncio.create_task(gather(batcher, [2, 3]))
    await asyncio.sleep(0.35)
    assert (batcher.stats.running, batcher.stats.queued) == (1, 2)
    batcher.reconfigure(settings(max_items=4, wait_seconds=0.3))
    model.gate.set()
    released = time.perf_counter()
    assert await late == [4, 6]
    assert time.perf_counter() - released < 0.3
    assert await early == [2, 2, 2, 2]
    assert model.batches == [[1, 1, 1, 1], [2, 3]]


@pytest.mark.parametrize("concurrent", [1, 3])
async def test_so_many_batches_run_at_once(concurrent: int) -> None:
    model = Doubler(run_seconds=0.01)
    await gather(Batcher(model, settings(max_items=1, concurrent=concurrent)), range(6))
    assert model.most_at_once == concurrent


async def test_the_event_loop_stays_free_while_the_model_runs() -> None:
    model = Doubler()
    model.gate.clear()
    running = asyncio.create_task(Batcher(model, settings())(1))
    await asyncio.sleep(0.01)  # would never return if the model ran on the loop
    model.gate.set()
    assert await running == 2


async def test_out_of_memory_halves_the_batch_until_it_fits() -> None:
    model = Doubler(fits=2)
    assert await gather(Batcher(model, settings()), [1, 2, 3, 4, 5]) == [2, 4, 6, 8, 10]
    assert model.batches == [[1, 2, 3, 4, 5], [1, 2], [3, 4], [5]]


async def test_what_does_not_fit_alone_fails_alone() -> None:
    batcher = Batcher(Doubler(fits=0), settings())
    answers = await gather(batcher, [1, 2])
    assert [str(answer) for answer in answers] == ["MemoryError: device full"] * 2
    assert batcher.stats.failures_in_a_row == 2


async def test_what_a_failed_call_held_is_free_for_the_next_one() -> None:
    """Its exception keeps the frames, and they its tensors: halves of the batch would not fit either."""
    held: list[weakref.ref[Any]] = []

    class Greedy(Doubler):
        def run(self, batch: Sequence[float]) -> list[float | ItemError]:
            tensor = np.zeros(1)
            left = sum(one() is not None for one in held)
            held.append(weakref.ref(tensor))
            if left or len(batch) > 1:
                raise MemoryError(f"{left} others are left")
            return super().run(batch)

    assert await gather(Batcher(Greedy(), settings()), [1, 2, 3, 4]) == [2, 4, 6, 8]


async def test_a_call_that_does_not_come_back_is_noticed() -> None:
    model = Doubler()
    model.gate.clear()
    batcher = Batcher(model, settings())
    assert batcher.longest_call_seconds() == 0
    running = asyncio.create_task(batcher(1))
    await asyncio.sleep(0.1)
    assert batcher.longest_call_seconds() >= 0.09
    model.gate.set()
    assert await running == 2
    assert batcher.longest_call_seconds() == 0


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        (-1, "negative"),
        (13, "ArithmeticError: thirteen"),
        (17, "RuntimeError: the model raised StopIteration"),
        (19, "RuntimeError: the model returned 2 outputs for 1 items"),
    ],
)
async def test_one_bad_item_fails_alone(bad: float, message: str) -> None:
    batcher = Batcher(Doubler(), settings())
    good, failed, also_good = await gather(batcher, [1, bad, 2])
    assert (good, also_good) == (2, 4)
    assert isinstance(failed, ModelItemError)
    assert str(failed) == message
    assert batcher.stats.failed_items == 1
    assert batcher.stats.failures_in_a_row == 0


async def test_a_cancelled_caller_takes_its_item_along() -> None:
    model = Doubler()
    model.gate.clear()
    batcher = Batcher(model, settings(max_items=1))
    running = asyncio.create_task(batcher(1))
    await asyncio.sleep(0.01)
    waiting = [asyncio.create_task(batcher(item)) for item in (2, 3)]
    await asyncio.sleep(0)
    waiting[0].cancel()
    running.cancel()
    model.gate.set()
    assert await waiting[1] == 6
    assert model.batches == [[1], [3]]
    assert batcher.stats.queued == 0


async def test_reconfigure_holds_from_the_next_batch_on() -> None:
    model = Doubler()
    batcher = Batcher(model, settings(wait_seconds=5))
    waiting = asyncio.create_task(gather(batcher, [1, 2, 3, 4]))
    await asyncio.sleep(0.01)
    batcher.reconfigure(settings(max_items=2))
    assert await asyncio.wait_for(waiting, 1) == [2, 4, 6, 8]
    assert model.batches == [[1, 2], [3, 4]]


async def test_closing_cancels_who_waits() -> None:
    batcher = Batcher(Doubler(), settings(wait_seconds=5))
    waiting = asyncio.create_task(batcher(1))
    await asyncio.sleep(0)
    batcher.close()
    with pytest.raises(asyncio.CancelledError):
        await waiting


async def test_what_comes_after_the_close_or_would_be_tried_again_fails() -> None:
    model = Doubler()
    model.gate.clear()
    batcher = Batcher(model, BatchSettings(max_cost=100, wait_seconds=0))
    under_way = asyncio.gather(batcher(13), batcher(2), return_exceptions=True)
    await asyncio.sleep(0.02)
    batcher.close()
    model.gate.set()
    answers = await asyncio.wait_for(under_way, 5)
    assert [type(answer) for answer in answers] == [EngineUnavailable, EngineUnavailable]
    with pytest.raises(EngineUnavailable, match="doubler is closed"):
        await asyncio.wait_for(batcher(3), 5)


async def test_stats_count_batches_items_and_fill() -> None:
    batcher = Batcher(Doubler(run_seconds=0.01), settings(max_cost=10, max_items=4))
    await gather(batcher, [4, 4, 4, 4])
    stats = batcher.stats
    assert (stats.batches, stats.items, stats.failed_items, stats.queued, stats.running) == (2, 4, 0, 0, 0)
    assert stats.mean_fill == pytest.approx(0.8)
    assert stats.run_seconds >= 0.02, "two runs; a busy machine adds to them"


def test_an_item_error_survives_the_way_through_ray() -> None:
    assert str(pickle.loads(pickle.dumps(ModelItemError("no face")))) == "no face"
