"""Which ways to run a model are tried, and which one is the best."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path
from statistics import fmean, median
from typing import Any

import numpy as np

from configs.settings import BatchSettings, Device, ModelSettings, Precision, Role, Settings
from models.outputs import ItemError
from models.runtime.device import cpu_capabilities, resolve
from scripts.tune_worker import Loaded, Measured, Worker, WorkerFailed
from serve.agreement import compared

OPTIONS: dict[tuple[Role, str], dict[str, tuple[Any, ...]]] = {
    ("detector", "yolo"): {"streams": (None, 1)},
    ("safety", "yolo"): {"streams": (None, 1)},
    ("text", "ppocr"): {"crops_per_batch": (4, 8, 16)},
    ("text", "easyocr"): {"crops_per_batch": (8, 16, 32)},
    ("speech", "whisper"): {"encoder": ("auto", "openvino"), "chunks_per_batch": (4, 8)},
}
"""What changes the speed of a backend and not what it says; `None` is the backend's own choice."""
MAX_ITEMS = (1, 2, 4, 8, 16, 32)
WAITS_SECONDS = (0.0, 0.002, 0.005, 0.01, 0.02)
PROCESSES = (2, 4)
MIN_AGREEMENT = 0.97
"""With what the profile's own way answers to the samples. bf16 stays above it; a broken precision does not."""
WORTH = 1.03
"""A way that is no more than 3% faster is within the noise of two runs."""
DUEL_ROUNDS = 3


@dataclass(frozen=True, slots=True)
class Way:
    """One way to run a model."""

    model: ModelSettings
    replicas: int = 1
    """Processes side by side."""

    def describe(self) -> str:
        batch, several = self.model.batch, f"{self.replicas} processes × " if self.replicas > 1 else ""
        options = "".join(f", {name} {value}" for name, value in self.model.options.items() if name in _TUNED)
        where = "" if self.model.device == "auto" else f"{self.model.device} "
        return (
            f"{several}{_counted(self.model.threads, 'thread')}, {where}{self.model.precision}{options}, "
            f"batches of {batch.max_items}, {batch.concurrent} at once, {batch.wait_seconds * 1000:g} ms wait"
        )


@dataclass(frozen=True, slots=True)
class Point:
    """A way and how it did."""

    way: Way
    measured: Measured
    agreement: float


@dataclass(frozen=True, slots=True)
class Tuned:
    """One model, done."""

    role: Role
    points: tuple[Point, ...]
    """All that was tried."""
    shipped: Point
    """As the profile has it, side by side with `best`."""
    best: Point
    """As it should be, by the last duel; the shipped way if nothing was worth a change."""
    failures: tuple[str, ...]
    gain_in_the_mix: float | None = None
    """Files a second of the whole engine with `best`, over that with `shipped`, if that was measured."""

    @property
    def gain(self) -> float:
        """Throughput of the model by itself over that of the profile."""
        return self.best.measured.items_per_second / self.shipped.measured.items_per_second

    @property
    def chosen(self) -> Point:
        """The best found, unless it slows the whole engine."""
        slows = self.gain_in_the_mix is not None and self.gain_in_the_mix < 1
        return self.shipped if slows else self.best


@dataclass(frozen=True, slots=True)
class Effort:
    """How much is tried."""

    latency_ms: float
    """Bound on the 95th percentile of an item with full batches."""
    seconds: float
    """Of one measurement."""
    quick: bool
    cores: int


_TUNED = {name for options in OPTIONS.values() for name in options}


class Search:
    """The search for one model: how it is loaded, then how batches form, then a duel with the profile's own way."""

    def __init__(self, role: Role, settings: Settings, items: Sequence[Any], effort: Effort) -> None:
        self._role = role
        self._settings = settings
        self._items = items
        self._effort = effort
        self._reference: tuple[Any, ...] = ()
        self._costs: tuple[float, ...] = ()
        self._points: list[Point] = []
        self._failures: list[str] = []

    def run(self, on_step: Callable[[str], None]) -> Tuned:
        """Measure and choose.

        Raises:
            WorkerFailed: the profile's own way does not run.
        """
        shipped = Way(self._settings.models[self._role], self._settings.models[self._role].replicas.min_replicas)
        on_step("as shipped")
        self._try(shipped, [shipped.model.batch], required=True)
        for way in self._loads(shipped):
            on_step(way.describe())
            self._try(way, [way.model.batch])
        loaded = self._best().way
        on_step(f"batches of {loaded.describe()}")
        self._try(loaded, list(self._batches(loaded.model)))
        chosen = self._best().way
        try:
            on_step("wait")
            chosen = self._with_wait(chosen)
            on_step("duel with the shipped way")
            return self._duel(shipped, chosen)
        except WorkerFailed as error:  # the two together may not fit where each by itself does
            failures = (*self._failures, f"{chosen.describe()}, against the shipped way: {error}")
            return Tuned(self._role, tuple(self._points), self._points[0], self._points[0], failures)

    def _loads(self, shipped: Way) -> Iterator[Way]:
        """Device and precision × threads × processes × options, at the batch of the profile."""
        grid = OPTIONS.get((self._role, shipped.model.backend), {})
        choices = [
            [*dict.fromkeys((shipped.model.options.get(name, values[0]), *values))] for name, values in grid.items()
        ]
        places = devices(shipped.model, self._settings.data_dir)
        for (device, precision), (threads, concurrent, replicas) in product(places, self._placements()):
            for values in product(*(choice[: 1 if self._effort.quick else None] for choice in choices)):
                options = shipped.model.options | dict(zip(grid, values, strict=True))
                changes = {
                    "device": device,
                    "precision": precision,
                    "threads": threads,
                    "options": {name: value for name, value in options.items() if value is not None},
                    "batch": {**dict(shipped.model.batch), "concurrent": concurrent},
                }
                way = Way(with_room(shipped.model, changes), replicas)
                if way != shipped:
                    yield way

    def _placements(self) -> Iterator[tuple[int, int, int]]:
        """Threads of a batch, batches at once, processes."""
        cores = self._effort.cores
        alone = [(cores, 1, 1), (cores, 2, 1), (1, cores, 1)]
        split = [(cores // processes, 1, processes) for processes in PROCESSES if processes <= cores]
        yield from dict.fromkeys(alone + split)

    def _batches(self, model: ModelSettings) -> Iterator[BatchSettings]:
        """Sizes, each with the cost that so many typical samples have."""
        cost = float(np.median(self._costs))
        per_item = model.batch.max_cost / model.batch.max_items
        for count in MAX_ITEMS[::2] if self._effort.quick else MAX_ITEMS:
            max_cost = round(max(per_item, cost) * count, 2)
            yield BatchSettings.model_validate({**dict(model.batch), "max_items": count, "max_cost": max_cost})

    def _try(self, way: Way, batches: Sequence[BatchSettings], *, required: bool = False) -> None:
        workers = [Worker(self._role, self._settings_of(way), self._items) for _ in range(way.replicas)]
        try:
            loaded = _all_loaded(workers)
            agreed = self._agreement(loaded)
            for batch in batches:
                measured = together(workers, batch, self._effort.seconds)
                model = with_room(way.model, {"batch": dict(batch)})
                self._points.append(Point(Way(model, way.replicas), measured, agreed))
        except WorkerFailed as error:
            if required:
                raise
            self._failures.append(f"{way.describe()}: {error}")
        finally:
            for worker in workers:
                worker.close()

    def _with_wait(self, way: Way) -> Way:
        """The window that serves half of the load best: with all of it batches fill by themselves."""
        worker = Worker(self._role, self._settings_of(way), self._items)
        callers = max(1, way.model.batch.max_items * way.model.batch.concurrent // 2)
        try:
            worker.loaded()
            tried = []
            for wait in WAITS_SECONDS[::2] if self._effort.quick else WAITS_SECONDS:
                batch = BatchSettings.model_validate({**dict(way.model.batch), "wait_seconds": wait})
                tried.append((batch, worker.measure(batch, callers, self._effort.seconds)))
        finally:
            worker.close()
        most = max(measured.items_per_second for _, measured in tried)
        batch = next(batch for batch, measured in tried if measured.items_per_second * WORTH >= most)
        return Way(with_room(way.model, {"batch": dict(batch)}), way.replicas)

    def _duel(self, shipped: Way, chosen: Way) -> Tuned:
        """The two alternately, so that what else the machine does meets both; medians of the rounds."""
        sides = [
            (way, [Worker(self._role, self._settings_of(way), self._items) for _ in range(way.replicas)])
            for way in ([shipped] if chosen == shipped else [shipped, chosen])
        ]
        try:
            agreed = [self._agreement(_all_loaded(workers)) for _, workers in sides]
            rounds = [
                [together(workers, way.model.batch, self._effort.seconds) for way, workers in sides]
                for _ in range(DUEL_ROUNDS)
            ]
        finally:
            for _, workers in sides:
                for worker in workers:
                    worker.close()
        medians = [_median(measured) for measured in zip(*rounds, strict=True)]
        duelled = [
            Point(way, replace(measured, gpu_share=self._gpu_share_alone(way)), agreement)
            for (way, _), measured, agreement in zip(sides, medians, agreed, strict=True)
        ]
        best = duelled[-1] if _is_worth(duelled[-1], duelled[0], self._effort.latency_ms) else duelled[0]
        return Tuned(self._role, tuple(self._points), duelled[0], best, tuple(self._failures))

    def _gpu_share_alone(self, way: Way) -> float:
        """What one of its processes held when no others than its own were on the device."""
        return next(point.measured.gpu_share for point in reversed(self._points) if _alike(point.way, way))

    def _agreement(self, loaded: Loaded) -> float:
        """With the answers of the profile's own way."""
        if not self._reference:
            self._reference, self._costs = loaded.answers, loaded.costs
        pairs = [
            (one, other)
            for one, other in zip(self._reference, loaded.answers, strict=True)
            if not isinstance(one, ItemError)
        ]
        agreed = [0.0 if isinstance(other, ItemError) else compared(self._role, one, other) for one, other in pairs]
        said = [each for each in agreed if each is not None]
        return fmean(said) if said else 1.0

    def _best(self) -> Point:
        return best_of(self._points, self._effort.latency_ms)

    def _settings_of(self, way: Way) -> Settings:
        return self._settings.model_copy(update={"models": {self._role: way.model}})


def best_of(points: Sequence[Point], latency_ms: float) -> Point:
    """The most items a second within the bound on latency, as accurate as the first; else the lowest latency.

    Of ways within 3% of one another, the one that was tried first: the profile's own, then smaller batches.
    """
    accurate = [point for point in points if point.agreement >= MIN_AGREEMENT]
    within = [point for point in accurate if point.measured.p95_ms <= latency_ms]
    if not within:
        return min(accurate, key=lambda point: point.measured.p95_ms)
    most = max(point.measured.items_per_second for point in within)
    return next(point for point in within if point.measured.items_per_second * WORTH >= most)


def front(points: Sequence[Point]) -> list[Point]:
    """Those that no other point beats in both latency and throughput, by latency."""
    kept: list[Point] = []
    for point in sorted(points, key=lambda each: (each.measured.p95_ms, -each.measured.items_per_second)):
        if not kept or point.measured.items_per_second > kept[-1].measured.items_per_second:
            kept.append(point)
    return kept


def devices(model: ModelSettings, data_dir: Path) -> list[tuple[Device, Precision]]:
    """Where the model may run, in which numbers; int8 networks bring their own.

    Raises:
        ValueError: the machine lacks the device that the profile asks for.
    """
    places: list[tuple[Device, Precision]] = [(model.device, "auto")]
    if resolve(model.model_copy(update={"precision": "auto"}), data_dir).device == "cuda":
        return [*places, (model.device, "f32"), ("cpu", "auto")]
    return [*places, (model.device, "f32")] if "BF16" in cpu_capabilities() else places


def with_room(model: ModelSettings, changes: dict[str, Any]) -> ModelSettings:
    """The model with changes, and a queue that is long enough for its batches."""
    changed = {**dict(model), **changes}
    batch = BatchSettings.model_validate(changed["batch"])
    room = max(model.replicas.max_ongoing_requests, 2 * batch.max_items * batch.concurrent)
    replicas = model.replicas.model_copy(update={"max_ongoing_requests": room})
    return ModelSettings.model_validate({**changed, "batch": batch, "replicas": replicas})


def together(workers: Sequence[Worker], batch: BatchSettings, seconds: float) -> Measured:
    """All processes at once: their throughputs and memories summed, the worst latencies, the GPU of one of them."""
    for worker in workers:
        worker.ask(batch, batch.max_items * batch.concurrent, seconds)
    measured = [worker.measured() for worker in workers]
    return Measured(
        sum(each.items_per_second for each in measured),
        max(each.p50_ms for each in measured),
        max(each.p95_ms for each in measured),
        fmean(each.mean_fill for each in measured),
        sum(each.memory_mb for each in measured),
        max(each.gpu_share for each in measured) / len(measured),  # each was told of the whole device
    )


def _alike(one: Way, other: Way) -> bool:
    """But for how long a batch and the queue wait, which takes no memory."""
    models = [way.model.model_dump(exclude={"replicas": True, "batch": {"wait_seconds"}}) for way in (one, other)]
    return models[0] == models[1] and one.replicas == other.replicas


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _all_loaded(workers: Sequence[Worker]) -> Loaded:
    """All are ready; they are alike."""
    loaded = [worker.loaded() for worker in workers]
    return loaded[0]


def _median(measured: Sequence[Measured]) -> Measured:
    fields = Measured.__dataclass_fields__
    return Measured(**{name: median(getattr(each, name) for each in measured) for name in fields})


def _is_worth(chosen: Point, shipped: Point, latency_ms: float) -> bool:
    """Faster by more than noise, unless one of the two breaks the bound, and the other one does not."""
    keeps, kept = chosen.measured.p95_ms <= latency_ms, shipped.measured.p95_ms <= latency_ms
    if keeps != kept:
        return keeps
    return chosen.measured.items_per_second > WORTH * shipped.measured.items_per_second
