"""One model in a process of its own, measured as its queue would run it: memory and threads are its own."""

import asyncio
import multiprocessing
import signal
import time
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import cycle, islice
from multiprocessing.connection import Connection
from typing import Any

import numpy as np
import psutil

from configs.settings import BatchSettings, Role, Settings
from models.model import Model
from models.runtime.device import resolve
from serve.batching import Batcher
from serve.loading import load_model

_SPAWN = multiprocessing.get_context("spawn")
STOP_SECONDS = 20.0


class WorkerFailed(Exception):
    """The model does not load or run in this way; the message says why."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """A model that is ready."""

    load_seconds: float
    precision: str
    answers: tuple[Any, ...]
    """To the samples, in their order, to compare accuracy by."""
    costs: tuple[float, ...]
    """Of the samples, in the unit of `max_cost`."""


@dataclass(frozen=True, slots=True)
class Measured:
    """One way to form batches, under a load that keeps them as full as they get."""

    items_per_second: float
    p50_ms: float
    """From asking to the answer, waiting for the batch included."""
    p95_ms: float
    mean_fill: float
    memory_mb: float
    """Private and shared memory of the whole process (PSS)."""
    gpu_share: float
    """Of the device's memory, whoever holds it, with what the runtime itself takes; 0 on the CPU."""


class Worker:
    """A process with one model, until it is closed."""

    def __init__(self, role: Role, settings: Settings, items: Sequence[Any]) -> None:
        self._end, other = _SPAWN.Pipe()
        self._process = _SPAWN.Process(target=_serve, args=(other, role, settings, list(items)), daemon=True)
        self._process.start()
        other.close()

    def loaded(self) -> Loaded:
        """Wait until the model is ready.

        Raises:
            WorkerFailed: it does not load.
        """
        loaded: Loaded = self._answer()
        return loaded

    def ask(self, batch: BatchSettings, callers: int, seconds: float) -> None:
        """Start a measurement; `measured` waits for it."""
        self._end.send((batch, callers, seconds))

    def measured(self) -> Measured:
        """Of the last question.

        Raises:
            WorkerFailed: the model failed.
        """
        measured: Measured = self._answer()
        return measured

    def measure(self, batch: BatchSettings, callers: int, seconds: float) -> Measured:
        """Run the batches for about so long, with so many callers who always wait for an answer."""
        self.ask(batch, callers, seconds)
        return self.measured()

    def close(self) -> None:
        self._end.close()
        self._process.join(STOP_SECONDS)
        if self._process.is_alive():
            self._process.kill()

    def _answer(self) -> Any:
        try:
            answer = self._end.recv()
        except EOFError:
            raise WorkerFailed("its process ended") from None
        if isinstance(answer, WorkerFailed):
            raise answer
        return answer


def _serve(end: Connection, role: Role, settings: Settings, items: list[Any]) -> None:
    """The process. Ctrl-C is for the command, which ends it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        started_seconds = time.perf_counter()
        model = load_model(role, settings)
        seconds = time.perf_counter() - started_seconds
        answers = tuple(model.run([item])[0] for item in items)
        costs = tuple(model.cost(item) for item in items)
        chosen = settings.models[role]
        device = resolve(chosen, settings.data_dir).device
        end.send(Loaded(seconds, model.identity.precision, answers, costs))
        while True:
            batch, callers, seconds = end.recv()
            end.send(asyncio.run(_measure(model, device, batch, items, callers, seconds)))
    except EOFError:
        return
    except Exception as error:  # noqa: BLE001  the parent decides what becomes of it
        end.send(WorkerFailed(f"{type(error).__name__}: {error}"))


async def _measure(
    model: Model[Any, Any], device: str, batch: BatchSettings, items: Sequence[Any], callers: int, seconds: float
) -> Measured:
    """Whole laps over the items, so that every measurement has the same work in it."""
    batcher = Batcher(model, batch)
    lap, _ = await _run(batcher, items, max(callers, len(items)), callers)
    laps = max(1, round(seconds / max(lap, 1e-3)))
    count = max(len(items) * laps, callers)
    elapsed, latencies = await _run(batcher, items, count, callers)
    batcher.close()
    p50, p95 = np.percentile(latencies, (50, 95)) * 1000
    memory_mb = psutil.Process().memory_full_info().pss / 1e6
    return Measured(count / elapsed, float(p50), float(p95), batcher.stats.mean_fill, memory_mb, _gpu_share(device))


async def _run(batcher: Batcher[Any, Any], items: Sequence[Any], count: int, callers: int) -> tuple[float, list[float]]:
    """Seconds for so many items, and the latency of each in seconds."""
    left = islice(cycle(items), count)
    latencies: list[float] = []

    async def call() -> None:
        for item in left:
            asked_seconds = time.perf_counter()
            await batcher(item)
            latencies.append(time.perf_counter() - asked_seconds)

    started_seconds = time.perf_counter()
    await asyncio.gather(*(call() for _ in range(callers)))
    return time.perf_counter() - started_seconds, latencies


def _gpu_share(device: str) -> float:
    """What is held of the CUDA device; it was empty before, or so it is asked for.

    Torch is asked about models that do not use it, too: what it takes for itself then counts with theirs.
    """
    if device != "cuda":
        return 0.0
    import torch  # no process on the CPU imports it for this

    free, total = torch.cuda.mem_get_info()
    return float(1 - free / total)
