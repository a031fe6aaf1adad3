"""Networks converted once from a checkpoint to OpenVINO's format, which holds no code to run."""

import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

import openvino

from models.runtime.device import Placement
from models.weights import Weights

FORMAT = "1"
"""Raised when a conversion changes, so that older files on disk are not taken for it."""


def converted(weights: Weights, placement: Placement, part: str, convert: Callable[[], openvino.Model]) -> Path:
    """Path of the converted network, made by `convert` when no earlier start left one.

    The name holds the digest of the weights, so other weights never meet an old conversion. The two files
    appear together, by renaming their folder: a process that is killed half way leaves nothing behind that
    another one would load.
    """
    folder = placement.cache_dir / "converted" / f"{weights.name}-{weights.digest[:16]}-{FORMAT}-{part}"
    if not folder.exists():
        folder.parent.mkdir(parents=True, exist_ok=True)
        scratch = Path(tempfile.mkdtemp(dir=folder.parent))
        openvino.save_model(convert(), scratch / "network.xml", compress_to_fp16=False)
        try:
            os.rename(scratch, folder)
        except OSError:  # another process finished first
            shutil.rmtree(scratch)
    return folder / "network.xml"
