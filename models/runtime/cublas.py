"""cuBLAS 12, which CTranslate2 opens by name: its wheels have none, and torch brings version 13."""

from ctypes import CDLL, RTLD_GLOBAL
from importlib.util import find_spec
from pathlib import Path

_LIBRARIES = ("libcublasLt.so.12", "libcublas.so.12")
"""The second one needs the first."""


def load_cublas() -> None:
    """Open it for this process: that of the system, as in the image, or else that of the package nvidia-cublas-cu12.

    Raises:
        ValueError: it is nowhere.
    """
    for name in _LIBRARIES:
        if not any(_opens(place) for place in (name, *(str(folder / name) for folder in _folders()))):
            raise ValueError(f"Whisper on CUDA needs {name}: install CUDA 12, or assay[gpu-host]")


def _folders() -> list[Path]:
    try:
        package = find_spec("nvidia.cublas")
    except ModuleNotFoundError:
        return []
    places = package.submodule_search_locations if package is not None else None
    return [Path(place) / "lib" for place in places or ()]


def _opens(library: str) -> bool:
    try:
        CDLL(library, RTLD_GLOBAL)  # whoever opens it by its name from now on has this one
    except OSError:
        return False
    return True
