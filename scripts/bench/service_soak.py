"""Many submissions of mixed media through the whole stack: memory, rows and books at the end."""

import asyncio
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from io import BytesIO
from itertools import count, cycle
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from scripts.bench.mixed import MixedFile, mixed_files
from scripts.bench.service_client import UNLIMITED, ServiceClient
from scripts.bench.soak import Memory, memory_mb
from scripts.demo_stack import running_stack

DISTINCT = 300
"""Files that the mix goes round; pictures come in another size each time."""
PATTERN = ("image",) * 6 + ("audio",) + ("image",) * 6 + ("video",) + ("image",) * 5 + ("audio",)
"""Fewer recordings and videos than in the other benchmarks: 10,000 files would take two hours on two cores."""
SCALES = (1.0, 0.7, 0.5, 0.35)
"""One for each round over the files; memory is compared between rounds of one scale."""
AT_ONCE = 16
QUIET_SECONDS = 15.0
"""Before memory is read: replicas with nothing to do give back what their heaps hold free (`serve.idle_memory`)."""

DECODER = "pipeline.decode_worker"
"""Replaced after 500 files, so nothing lasts in it, and its size says how far it has come."""

Row = dict[str, Any]


class Report(NamedTuple):
    """One row of what was found, and the memory on the way to it, a row each mark."""

    found: list[Row]
    memory: list[Row]


def run(eval_dir: Path, submissions: int) -> Report:
    """Memory of the stack when it started, when every kind of file was seen, at its peak, and its slope after that.

    The later half has a slope of its own: before, networks still meet pictures larger than any, and pages of SQLite and
    of the heaps come into use that are there for good.

    Args:
        eval_dir: the evaluation set, whose media are used.
        submissions: at least; whole rounds are sent.
    """
    with tempfile.TemporaryDirectory(prefix="assay-soak-", ignore_cleanup_errors=True) as folder:
        state = Path(folder) / "state"
        files = _files(eval_dir, Path(folder))
        with running_stack(state, "embedded", print, **UNLIMITED) as url:
            found, memory = asyncio.run(_run(url, files, submissions))
            books = subprocess.run(_ledger_check(), env=os.environ | {"ASSAY_STATE_DIR": str(state)}, check=False)
    return Report([found | {"ledger_balanced": books.returncode == 0}], memory)


async def _run(url: str, files: Iterator[MixedFile], submissions: int) -> tuple[Row, list[Row]]:
    started_mb = (await _at_rest()).all
    seconds, marks = 0.0, []
    async with ServiceClient.signed_up(url) as client:
        for sent in range(DISTINCT, submissions + DISTINCT, DISTINCT):
            seconds += await client.burst([next(files) for _ in range(DISTINCT)], AT_ONCE)
            marks.append(await _at_rest())
            print(f"{sent} submissions, {marks[-1].all:.0f} MB", flush=True)
        counts = await client.counts()
    everything, own = (np.array([getattr(mark, name) for mark in marks]) for name in ("all", "own"))
    decoder = np.array([mark.own_by_name[DECODER] for mark in marks])
    found = {
        "submissions": len(marks) * DISTINCT,
        "lost": len(marks) * DISTINCT - counts["approved"] - counts["rejected"],
        "per_second": len(marks) * DISTINCT / seconds,
        "started_mb": started_mb,
        "warm_mb": marks[0].all,
        "peak_mb": float(everything.max()),
    }
    slopes = {"": everything, "_of_own": own, "_without_decoder": everything - decoder}
    for name, megabytes in slopes.items():
        found |= _slopes(name, megabytes)
    return found, [
        {"submissions": (number + 1) * DISTINCT, "pss_mb": size.all, "own_mb": size.own, "shared_mb": size.shared}
        | {f"own_mb of {name}": size.own_by_name[name] for name in sorted(marks[-1].own_by_name)}
        for number, size in enumerate(marks)
    ]


async def _at_rest() -> Memory:
    """Of the stack without this process, which is its client."""
    await asyncio.sleep(QUIET_SECONDS)
    return memory_mb(with_this_process=False)


def _slopes(name: str, megabytes: NDArray[np.float64]) -> Row:
    """Through all marks but the first and through the later half, MB per 1,000, each with its standard error."""
    row: Row = {}
    for part, first in (("", 1), ("later_", len(megabytes) // 2)):
        slope, error = _slope(np.arange(first, len(megabytes)), megabytes[first:])
        row |= {f"{part}slope{name}_mb_per_1000": slope, f"{part}slope{name}_error": error}
    return row


def _slope(rounds: NDArray[np.int64], megabytes: NDArray[np.float64]) -> tuple[float, float]:
    """By least squares, where the rounds of each scale have a level of their own."""
    levels = rounds[:, None] % len(SCALES) == np.arange(len(SCALES))
    design = np.column_stack([rounds * DISTINCT / 1000, levels])
    fitted = np.linalg.lstsq(design, megabytes)[0]
    variance = np.square(megabytes - design @ fitted).sum() / max(1, len(rounds) - design.shape[1])
    return float(fitted[0]), float(np.sqrt(variance * np.linalg.pinv(design.T @ design)[0, 0]))


def _files(eval_dir: Path, folder: Path) -> Iterator[MixedFile]:
    """The mix over and over, its pictures scaled anew in each round."""
    distinct = mixed_files(eval_dir, folder, DISTINCT, PATTERN)
    scales = cycle(SCALES)
    for turn in count():
        scale = next(scales)
        for number, file in enumerate(distinct):
            if file.brief.content_type != "image" or scale == 1:
                yield file
                continue
            scaled = folder / f"scaled-{number}-{turn % len(SCALES)}.jpg"
            yield MixedFile(_scaled(file.path, scale, scaled), file.brief, copy_of=file.path)


def _scaled(path: Path, scale: float, out: Path) -> Path:
    if not out.exists():
        picture = Image.open(path).convert("RGB")
        buffer = BytesIO()
        picture.resize((round(picture.width * scale), round(picture.height * scale))).save(buffer, "JPEG", quality=90)
        out.write_bytes(buffer.getvalue())
    return out


def _ledger_check() -> list[str]:
    return [sys.executable, "-m", "scripts.cli", "ledger", "check"]
