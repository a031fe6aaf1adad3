"""Our engine without its front end, in a family of processes of its own."""

import asyncio
import multiprocessing
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection

import psutil

from configs.settings import load_settings
from pipeline.result import ScoreRequest
from scripts.bench.families import Family
from scripts.bench.mixed import MixedFile
from scripts.tune_mix import score_all
from serve.client import RayEngine


@dataclass(frozen=True, slots=True)
class EngineProcess:
    """Scores the same files whenever it is asked to."""

    family: Family
    _connection: Connection

    async def burst(self) -> float:
        """Seconds for all of the files."""
        self._connection.send(True)
        seconds: float = await asyncio.to_thread(self._connection.recv)
        return seconds


@contextmanager
def engine_process(mix: Sequence[MixedFile]) -> Iterator[EngineProcess]:
    """The engine of the embedded profile, for the block.

    Raises:
        EOFError: it did not start; it has printed why.
    """
    spawning = multiprocessing.get_context("spawn")
    ours, its = spawning.Pipe()
    process = spawning.Process(target=_run, args=(its, mix))
    process.start()
    its.close()
    try:
        ours.recv()
        yield EngineProcess(Family(psutil.Process(process.pid)), ours)
        ours.send(False)
        process.join()
    finally:
        process.kill()


def _run(connection: Connection, mix: Sequence[MixedFile]) -> None:
    asyncio.run(_answer(connection, mix))


async def _answer(connection: Connection, mix: Sequence[MixedFile]) -> None:
    settings = load_settings("embedded")
    engine = RayEngine(settings)
    await engine.start()
    try:
        connection.send(True)
        requests = [ScoreRequest(file.path, file.brief) for file in mix]
        while await asyncio.to_thread(connection.recv):
            connection.send(await score_all(engine, requests, settings.dispatcher.concurrency))
    finally:
        await engine.close()
