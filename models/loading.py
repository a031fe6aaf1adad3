"""Backends by name, imported when they are chosen: nobody pays for the libraries of the others."""

from collections.abc import Mapping
from importlib import import_module
from typing import Any

from models.runtime.device import Placement
from models.weights import Weights


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
