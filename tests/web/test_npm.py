"""The pages' own checks: types, format, and tests of their pure parts."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

APP = Path(__file__).parents[2] / "api" / "web" / "app"
NPM = shutil.which("npm")

pytestmark = [pytest.mark.slow, pytest.mark.skipif(NPM is None, reason="the pages' tests need npm and Node")]


def test_the_sources_of_the_pages() -> None:
    if not (APP / "node_modules" / "typescript").exists():  # `scripts/test` has set-up bring what only tests need
        npm("ci", "--no-audit", "--no-fund")
    npm("test")


def npm(*arguments: str) -> None:
    """Run npm beside the sources; what it prints is shown when the test fails."""
    assert NPM is not None
    done = subprocess.run([NPM, *arguments], cwd=APP, env=os.environ | {"CI": "1"}, check=False)
    assert done.returncode == 0, f"npm {' '.join(arguments)} failed; see what it printed"
