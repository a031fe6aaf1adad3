"""What is made from weights once and kept on disk: networks in OpenVINO's format, which holds no code, and arrays."""

import os
import shutil
import tempfile
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import numpy as np
import openvino
from numpy.typing import NDArray

from models.runtime.device import Placement
from models.weights import Weights

FORMAT = "1"
"""Raised when a conversion changes, so that older files on disk are not taken for it."""

READABLE_FOLDER, READABLE_FILE = 0o755, 0o644
"""Whoever made it: `sudo assay reload` fills the cache that the service's own user reads, and `tempfile` makes what its
owner alone can open."""


def converted(weights: Weights, placement: Placement, part: str, convert: Callable[[], openvino.Model]) -> Path:
    """Path of the converted network, made by `convert` when no earlier start left one.

    The name holds the digest of the weights, so other weights never meet an old conversion. The two files
    appear together, by renaming their folder: a process that is killed half way leaves nothing behind that
    another one would load.

    Raises:
        OSError: the cache cannot be written.
    """
    folder = _kept(weights, placement, part)
    if not folder.exists():
        network = convert()
        folder.parent.mkdir(parents=True, exist_ok=True)
        scratch = Path(tempfile.mkdtemp(dir=folder.parent))
        openvino.save_model(network, scratch / "network.xml", compress_to_fp16=False)
        scratch.chmod(READABLE_FOLDER)
        try:
            os.rename(scratch, folder)
        except OSError:
            shutil.rmtree(scratch)
            if not folder.exists():  # else another process finished first
                raise
    return folder / "network.xml"


def computed(
    weights: Weights, placement: Placement, part: str, inputs: str, compute: Callable[[], NDArray[np.float32]]
) -> NDArray[np.float32]:
    """An array that depends on nothing but weights, precision and `inputs`, computed when no earlier start left it.

    Args:
        inputs: everything else that decides the values (the sentences that are embedded, say); its digest is part
            of the file's name.
    """
    digest = sha256(inputs.encode()).hexdigest()[:16]
    path = _kept(weights, placement, f"{part}-{placement.precision}-{digest}.npy")
    if not path.exists():
        array = compute()
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as scratch:
            np.save(scratch, array)
        os.chmod(scratch.name, READABLE_FILE)
        os.replace(scratch.name, path)
    return np.asarray(np.load(path, allow_pickle=False), np.float32)


def exported(weights: Weights, placement: Placement, part: str, file: str, export: Callable[[Path], Path]) -> Path:
    """Path of a file that `export` makes of the weights' `file` when no earlier start left one.

    Args:
        part: everything beside the weights that decides the result, the machine included; part of the name.
        file: name within the weights.
        export: gets a copy of the file, since exporters write beside what they read, and returns what it made.
    """
    scratch = placement.cache_dir / "converted"
    scratch.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=scratch) as folder:
        kept = _kept(weights, placement, part)
        if not kept.exists():
            source = Path(folder) / Path(file).name
            shutil.copyfile(weights.path(file), source)
            os.replace(export(source), kept)
    return kept


def _kept(weights: Weights, placement: Placement, part: str) -> Path:
    return placement.cache_dir / "converted" / f"{weights.name}-{weights.digest[:16]}-{FORMAT}-{part}"
