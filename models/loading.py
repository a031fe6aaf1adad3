"""Backends by name, imported when they are chosen: nobody pays for the libraries of the others."""

from collections.abc import Mapping
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from models.runtime.device import Placement
from models.weights import Weights

_PACKAGES = {
    "conse": ("efficientnet_lite_pytorch", "embedded"),
    "easyocr": ("easyocr", "gpu"),
    "open_clip": ("open_clip", "gpu"),
    "ultralytics": ("ultralytics", "gpu"),
}
"""What backends import that is in an extra of this project, and in which."""


def require_package(backend: str) -> None:
    """Before its weights are loaded for nothing.

    Raises:
        ValueError: what the backend is made with is not installed.
    """
    if backend not in _PACKAGES:
        return
    package, extra = _PACKAGES[backend]
    if find_spec(package) is None:
        raise ValueError(f"backend {backend} needs the package {package}; install assay[{extra}]")


def load_backend(
    backends: Mapping[str, str], name: str, weights: Weights, placement: Placement, options: Mapping[str, Any]
) -> Any:
    """Call the loader that `backends` names as `module:function`.

    Raises:
        ValueError: no backend has that name, or its package is not installed.
        TypeError: the backend knows no such option.
    """
    if name not in backends:
        raise ValueError(f"no backend {name!r}; known: {', '.join(sorted(backends))}")
    require_package(name)
    module, function = backends[name].split(":")
    return getattr(import_module(module), function)(weights, placement, **options)
