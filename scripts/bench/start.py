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
        rows = [{"start": name, "seconds": _score_once(photo, cache)} for name in ("first", "second")]
    finally:
        shutil.rmtree(cache)
    for row in rows:
        row["of_first"] = row["seconds"] / rows[0]["seconds"]
    return rows


def _score_once(photo: Path, cache: Path) -> float:
    command = [sys.executable, "-m", "scripts.cli", "score", str(photo), "--description", "a menu", "--json"]
    started = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, env={"ASSAY_DATA_DIR": str(cache)})
    return time.perf_counter() - started
