"""The first start, with nothing converted or compiled, against a second one: both to the first score."""

import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any


def run(eval_dir: Path) -> list[dict[str, Any]]:
    """Seconds of `assay score` on one photo in a new process, with an empty and then a full cache."""
    photo = sorted((eval_dir / "text").glob("*.jpg"))[0]
    cache = Path(tempfile.mkdtemp(prefix="assay-start-"))
    try:
        first, second = (_score_once(photo, cache) for _ in range(2))
    finally:
        shutil.rmtree(cache)
    return [
        {"start": "first", "seconds": first, "of_first": 1.0},
        {"start": "second", "seconds": second, "of_first": second / first},
    ]


def _score_once(photo: Path, cache: Path) -> float:
    command = [sys.executable, "-m", "scripts.cli", "score", str(photo), "--description", "a menu", "--json"]
    started = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, env={"ASSAY_DATA_DIR": str(cache)})
    return time.perf_counter() - started
