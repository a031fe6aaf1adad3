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


def require_package(backend: str, options: Mapping[str, Any]) -> None:
    """Before its weights are read for nothing.

    Raises:
        ValueError: what the backend is made with is not installed.
    """
    needed = [_PACKAGES[backend]] if backend in _PACKAGES else []
    if options.get("tensorrt"):
        needed.append(("tensorrt", "tensorrt"))
    for package, extra in needed:
        if find_spec(package) is None:
            raise ValueError(f"backend {backend} needs the package {package}; install assay[{extra}]")


def load_backend(
    backends: Mapping[str, str], name: str, weights: Weights, placement: Placement, options: Mapping[str, Any]
) -> Any:
    """Call the loader that `backends` names as `module:function`.

    Raises:
        ValueError: no backend has that name.
        TypeError: the backend knows no such option.
    """
    if name not in backends:
        raise ValueError(f"no backend {name!r}; known: {', '.join(sorted(backends))}")
    module, function = backends[name].split(":")
    return getattr(import_module(module), function)(weights, placement, **options)
