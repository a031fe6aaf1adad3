"""What an image installs: the pinned packages that an extra of `pyproject.toml` needs, and no other.

python -m scripts.requirements cpu|gpu
"""

import re
import sys
import tomllib
from collections.abc import Callable, Iterable
from importlib import metadata
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parent.parent
EXTRAS = {"cpu": ("embedded",), "gpu": ("embedded", "gpu")}
"""The GPU profiles take DNSMOS and EasyOCR's networks from the same pip packages as the embedded one."""
BUILD = ("setuptools",)
"""Installs the image's own code, which is copied rather than downloaded."""
CUDA = re.compile(r"^(nvidia-|cuda-|triton)")
"""What torch brings along for CUDA; its CPU wheels do without."""
INSTEAD = {"opencv-python": "opencv-python-headless"}
"""Ultralytics names the build with windows; both are the module `cv2`, and images have no X libraries."""

Requires = Callable[[str], Iterable[str]]
"""The requirements of an installed package, as its metadata state them."""


def requirements(image: str) -> list[str]:
    """`name==version` for each package of the image, sorted.

    Raises:
        KeyError: no such image.
        ValueError: a package that is needed is not pinned.
    """
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = [*project["dependencies"], *BUILD]
    for extra in EXTRAS[image]:
        wanted += project["optional-dependencies"][extra]
    pins = _pins((ROOT / "constraints.txt").read_text(encoding="utf-8"))
    names = closure(wanted, _installed)
    if image == "cpu":
        names = {name for name in names if not CUDA.match(name)}
    unpinned = sorted(names - pins.keys())
    if unpinned:
        raise ValueError(f"constraints.txt pins no {', '.join(unpinned)}")
    return [f"{name}=={pins[name]}" for name in sorted(names)]


def closure(wanted: Iterable[str], requires: Requires) -> set[str]:
    """Canonical names of the wanted packages and all that they need, extras and markers considered."""
    found: set[tuple[str, str]] = set()
    left = [Requirement(each) for each in wanted]
    while left:
        one = left.pop()
        name = canonicalize_name(INSTEAD.get(one.name, one.name))
        for extra in {"", *one.extras}:
            if (name, extra) not in found:
                found.add((name, extra))
                left += _needed(requires(name), extra)
    return {name for name, _ in found}


def _needed(stated: Iterable[str], extra: str) -> list[Requirement]:
    parsed = [Requirement(each) for each in stated]
    return [each for each in parsed if each.marker is None or each.marker.evaluate({"extra": extra})]


def _installed(name: str) -> Iterable[str]:
    return metadata.requires(name) or ()


def _pins(constraints: str) -> dict[str, str]:
    pinned = (line.split("==") for line in constraints.split())
    return {canonicalize_name(name): version for name, version in pinned}


if __name__ == "__main__":
    print("\n".join(requirements(sys.argv[1])))
