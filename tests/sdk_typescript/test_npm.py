"""The TypeScript SDK's own checks: types, build, and its tests against a server process, in Node and in Chromium."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[2] / "sdk" / "typescript"
NPM = shutil.which("npm")

pytestmark = [pytest.mark.slow, pytest.mark.skipif(NPM is None, reason="the TypeScript SDK's tests need npm and Node")]


def test_the_package() -> None:
    npm("ci", "--no-audit", "--no-fund")
    npm("test")


def npm(*arguments: str) -> None:
    """Run npm in the package; what it prints is shown when the test fails."""
    assert NPM is not None
    environment = os.environ | {"SERVER_PYTHON": sys.executable, "CI": "1"}
    done = subprocess.run([NPM, *arguments], cwd=PACKAGE, env=environment, check=False)
    assert done.returncode == 0, f"npm {' '.join(arguments)} failed; see what it printed"
