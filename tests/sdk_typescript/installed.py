"""The TypeScript package as its users have it: packed, and installed into an empty project.

Pytest's processes share the folder of its sources, so each has it for itself while it installs or builds there.
"""

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

PACKAGE = Path(__file__).parents[2] / "sdk" / "typescript"
NPM = shutil.which("npm")
NEEDS_NPM = "the TypeScript SDK's tests need npm and Node"
"""Why a test is skipped where `NPM` is None."""


def npm(*arguments: str, folder: Path = PACKAGE) -> None:
    """Run npm; what it prints is shown when the test fails."""
    assert NPM is not None
    environment = os.environ | {"SERVER_PYTHON": sys.executable, "CI": "1"}
    done = subprocess.run([NPM, *arguments], cwd=folder, env=environment, stdin=subprocess.DEVNULL, check=False)
    assert done.returncode == 0, f"npm {' '.join(arguments)} failed; see what it printed"


@contextmanager
def folder_alone() -> Iterator[None]:
    """No other process works in the package's folder until the block ends. It must not be nested."""
    with (PACKAGE / "package.json").open() as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield


@cache
def fetch_tools() -> None:
    """What the package is built and tested with, unless it is there."""
    wanted = hashlib.sha256((PACKAGE / "package-lock.json").read_bytes()).hexdigest()
    stamp = PACKAGE / "node_modules" / ".fetched"
    with folder_alone():
        if not stamp.exists() or stamp.read_text() != wanted:
            npm("ci", "--no-audit", "--no-fund")
            stamp.write_text(wanted)


@cache
def tarball() -> Path:
    """The package, built and packed once for all processes and sessions that have the same sources."""
    fetch_tools()
    with folder_alone():
        packed = PACKAGE / "node_modules" / ".packed" / _sources()
        if not packed.exists():
            shutil.rmtree(packed.parent, ignore_errors=True)
            scratch = packed.with_suffix(".new")
            scratch.mkdir(parents=True)
            npm("pack", "--silent", "--pack-destination", str(scratch))
            scratch.rename(packed)
    (file,) = packed.iterdir()
    return file


def _sources() -> str:
    """What is packed depends on: the digest of all files but those that are installed or built."""
    digest = hashlib.sha256()
    for path in sorted(PACKAGE.rglob("*")):
        if path.is_file() and path.relative_to(PACKAGE).parts[0] not in ("node_modules", "dist"):
            digest.update(f"{path.relative_to(PACKAGE)}\0".encode() + path.read_bytes())
    return digest.hexdigest()[:32]


def install(project: Path) -> None:
    """The package in an empty project; it brings nothing else, so no registry is asked."""
    project.mkdir(parents=True, exist_ok=True)
    (project / "package.json").write_text('{"private": true, "type": "module"}')
    npm("install", "--offline", "--no-audit", "--no-fund", str(tarball()), folder=project)
