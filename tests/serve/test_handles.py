"""Grouping of items into calls, and the way back of answers and errors."""

import asyncio
import gc
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from models.recording import Recording
from serve import handles
from serve.errors import EngineUnavailable, ModelItemError
from serve.handles import RayHandle, SharedArrays

pytestmark = pytest.mark.anyio

FAILS, REFUSES = "fails", "refuses"


class Deployment:
    """Answers like a Serve handle, and writes down what it was called with."""

    deployment_name = "detector"

    def __init__(self, by_reference: bool = True, calls: list[tuple[bool, list[Any]]] | None = None) -> None:
        self._by_reference = by_reference
        self.calls = [] if calls is None else calls

    def options(self, *, _by_reference: bool) -> "Deployment":
        return Deployment(_by_reference, self.calls)

    async def remote(self, *items: Any) -> list[Any]:
        self.calls.append((self._by_reference, list(items)))
        await asyncio.sleep(0)
        if any(item is FAILS for item in items):
            raise OSError("connection lost")
        return [ModelItemError(item) if item is REFUSES else f"<{item}>" for item in items]


class NothingShared(SharedArrays):
    """Without an object store."""

    def share(self, item: Any) -> Any:
        return item


@pytest.fixture
def deployment(monkeypatch: pytest.MonkeyPatch) -> Deployment:
    """Of a Ray of this machine alone."""
    monkeypatch.setattr(handles, "_is_of_this_machine", lambda: True)
    return Deployment()


async def test_items_of_one_turn_share_calls_of_at_most_so_many(deployment: Deployment) -> None:
    handle = RayHandle(deployment, max_items=2)
    assert await asyncio.gather(*(handle(item) for item in "abc")) == ["<a>", "<b>", "<c>"]
    assert await handle("d") == "<d>"
    assert [items for _, items in deployment.calls] == [["a", "b"], ["c"], ["d"]]


async def test_small_types_go_in_the_message_and_others_by_reference(deployment: Deployment) -> None:
    handle = RayHandle(deployment, max_items=2, by_message=(str,))
    await handle("a")
    await handle(1)
    await asyncio.gather(handle("b"), handle(2))
    assert deployment.calls == [(False, ["a"]), (True, [1]), (True, ["b", 2])]


@pytest.mark.parametrize(
    "wrapped", [lambda array: array, lambda array: Recording(array, 0.0)], ids=["bare", "recording"]
)
@pytest.mark.parametrize(
    ("items", "by_reference"), [((1 << 20,), False), ((1 << 19, 1 << 19), False), ((1 << 20, 4), True)]
)
async def test_arrays_go_in_the_message_up_to_a_megabyte_in_all(
    deployment: Deployment, items: tuple[int, ...], by_reference: bool, wrapped: Callable[[Any], Any]
) -> None:
    handle = RayHandle(deployment, max_items=2, shared=NothingShared())
    await asyncio.gather(*(handle(wrapped(np.zeros(size // 4, np.float32))) for size in items))
    assert [call for call, _ in deployment.calls] == [by_reference]


async def test_between_machines_nothing_goes_in_messages(
    deployment: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`scripts.bench.cluster --namespaces` cuts a cable for real."""
    monkeypatch.setattr(handles, "_is_of_this_machine", lambda: False)
    await RayHandle(deployment, by_message=(str,))("a")
    assert deployment.calls == [(True, ["a"])]


async def test_an_answer_that_is_an_error_is_raised_for_its_caller_alone(deployment: Deployment) -> None:
    handle = RayHandle(deployment, max_items=3)
    first, refused, last = await asyncio.gather(*map(handle, ("a", REFUSES, "b")), return_exceptions=True)
    assert (first, last) == ("<a>", "<b>")
    assert isinstance(refused, ModelItemError)


async def test_a_call_that_fails_reaches_every_caller(deployment: Deployment) -> None:
    handle = RayHandle(deployment, max_items=2)
    answers = await asyncio.gather(handle(FAILS), handle("a"), return_exceptions=True)
    assert [str(answer) for answer in answers] == ["detector: OSError: connection lost"] * 2
    assert all(isinstance(answer, EngineUnavailable) for answer in answers)


async def test_a_cancelled_caller_does_not_disturb_the_others(deployment: Deployment) -> None:
    handle = RayHandle(deployment, max_items=2)
    gone, stays = asyncio.create_task(handle("a")), asyncio.create_task(handle("b"))
    await asyncio.sleep(0)
    gone.cancel()
    assert await stays == "<b>"


def test_an_array_is_stored_once_and_forgotten_with_its_last_holder(monkeypatch: pytest.MonkeyPatch) -> None:
    stored: list[Any] = []
    monkeypatch.setattr(handles.ray, "put", lambda array: stored.append(array.nbytes) or f"ref {len(stored)}")
    shared = SharedArrays()
    view, note = np.zeros((300, 400, 3), np.uint8), np.zeros(10, np.uint8)
    assert shared.share(view) == shared.share(view) == "ref 1"
    assert shared.share(note) is note, "small arrays are no objects of their own"
    assert shared.share("text") == "text"
    del view
    gc.collect()
    assert shared.share(np.ones((300, 400, 3), np.uint8)) == "ref 2"
    gc.collect()
    assert len(shared) == 0
