"""Memory of the whole stack, Ray included, over many files."""

import asyncio
from collections import defaultdict
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import psutil

from configs.settings import load_settings
from pipeline.brief import JobBrief
from pipeline.result import ScoreRequest
from scripts.tune_mix import score_all
from serve.client import RayEngine

SAMPLES = 20
IN_FLIGHT = 4
MENU_PASSES = 6
BRIEF = JobBrief(description="Take a clear photo of an animal.")


def run(eval_dir: Path, files: int) -> list[dict[str, Any]]:
    """Sum of PSS when started, after a warm-up, and over `files` more, with their slope and that of the later half.

    The warm-up is every distinct file twice, and the menus at the same time as each other: OpenVINO keeps the memory of
    the largest picture that it met, in each of its streams, which is no leak.
    """
    menus = sorted((eval_dir / "text").glob("*.jpg"))
    distinct = sorted((eval_dir / "photos").glob("*.JPEG")) + menus + sorted((eval_dir / "speech").glob("*.wav"))
    paths = [distinct[index % len(distinct)] for index in range(files)]
    return asyncio.run(_run(distinct * 2 + menus * MENU_PASSES, paths))


async def _run(warm_up: list[Path], paths: list[Path]) -> list[dict[str, Any]]:
    engine = RayEngine(load_settings("embedded"))
    await engine.start()
    try:
        started_mb = memory_mb().all
        await _score_all(engine, warm_up)
        marks = [(0, memory_mb().all)]
        step = max(1, len(paths) // SAMPLES)
        for at in range(0, len(paths), step):
            await _score_all(engine, paths[at : at + step])
            marks.append((at + step, memory_mb().all))
    finally:
        await engine.close()
    count, megabytes = np.array(marks).T
    later = len(marks) // 2
    return [
        {
            "files": len(paths),
            "started_mb": started_mb,
            "warm_mb": marks[0][1],
            "peak_mb": float(max(mark[1] for mark in marks)),
            "last_mb": marks[-1][1],
            "slope_mb_per_1000_files": 1000 * float(np.polyfit(count, megabytes, 1)[0]),
            "later_slope_mb_per_1000_files": 1000 * float(np.polyfit(count[later:], megabytes[later:], 1)[0]),
        }
    ]


async def _score_all(engine: RayEngine, paths: list[Path]) -> None:
    await score_all(engine, [ScoreRequest(path, BRIEF) for path in paths], IN_FLIGHT)


class Memory(NamedTuple):
    """Proportional set size of some processes, in MB."""

    all: float
    own: float
    """Heaps and stacks: what a leak would be in."""
    shared: float
    """Ray's object store, mostly: a page that was used once stays, up to the size of the store."""
    own_by_name: Mapping[str, float]
    """Of each process, or all of one name together."""


def memory_mb(*, with_this_process: bool = True) -> Memory:
    """What every process has now that this one or Ray has started, and this one."""
    me = psutil.Process()
    family = {*me.children(recursive=True), *((me,) if with_this_process else ())}
    family |= {process for process in psutil.process_iter(["name"]) if _is_ray(process)}
    sizes = {process: _sizes_kb(process.pid) for process in family}
    everything, own, shared = (
        sum(one.get(name, 0) for one in sizes.values()) * 1.024e-3 for name in ("Pss", "Pss_Anon", "Pss_Shmem")
    )
    own_by_name: defaultdict[str, float] = defaultdict(float)
    for process, size in sizes.items():
        own_by_name[_name(process)] += size.get("Pss_Anon", 0) * 1.024e-3
    return Memory(everything, own, shared, own_by_name)


def _is_ray(process: psutil.Process) -> bool:
    name = process.info["name"] or ""
    return name.startswith(("ray::", "raylet", "gcs_server"))


def _name(process: psutil.Process) -> str:
    """The deployment of a replica (Ray adds what it is doing), the module of a Python of ours, else the program."""
    with suppress(psutil.NoSuchProcess):
        command: list[str] = process.cmdline()
        if command and command[0].startswith("ray::"):
            return command[0].removeprefix("ray::").removeprefix("ServeReplica:").split(":")[-1].split(".")[0]
        if "-m" in command:
            return command[command.index("-m") + 1]
        return str(process.name())
    return "ended"


def _sizes_kb(pid: int) -> dict[str, int]:
    """By name, as the kernel adds them up; psutil reads the same, but does not tell heaps from what is shared."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:]
    except OSError:  # it ended meanwhile
        return {}
    return {name: int(size.split()[0]) for name, size in (line.split(":") for line in lines)}
