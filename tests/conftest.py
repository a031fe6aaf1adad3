"""What holds for all tests."""

import gc
import os
from typing import Any

import hypothesis
import pytest
from PIL import Image
from xdist.scheduler import LoadScopeScheduling

hypothesis.settings.register_profile("beside others", deadline=None)
hypothesis.settings.load_profile("beside others")
"""An example may take a second where three processes share two cores."""
os.environ.setdefault("ASSAY_LOADING_NICENESS", "5")
"""As shipped (15), models that load wait for whatever else is tested, a minute each time."""
gc.set_threshold(20_000, 20, 50)
"""Each process holds four thousand tests, torch and Ray, and the default looks through them several times a second."""
ALONE = "tests/web/"
PILLOWS_OPEN = Image.open
"""Before any test imports ultralytics, which replaces it by one that wants another HEIF library."""
STACKS = (
    "tests/deploy/test_declared.py",
    "tests/e2e/clients/",
    "tests/e2e/live/",
    "tests/e2e/test_multi_node.py",
    "tests/e2e/test_no_egress.py",
    "tests/serve/test_altered_weights.py",
    "tests/serve/test_engines.py",
    "tests/serve/test_live.py",
    "tests/serve/test_ray_start.py",
)
"""What starts Ray, a dozen processes each time: all in one process and in this order, beside whatever else is tested.

Those of tests/serve share a Ray, of which a process can have one.
"""
FAMILIES = {
    "tests/api/storage/": "s3",
    "tests/api/test_story_s3.py": "s3",
    "tests/models/": "models",
    "tests/sdk_python/": "sdk",
}
"""Files that share servers, or libraries that take seconds to import: each family in one process."""


@pytest.fixture(autouse=True)
def pillow_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    """Files are decoded in processes without ultralytics; tests that decode in theirs see what those do."""
    monkeypatch.setattr(Image, "open", PILLOWS_OPEN)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Of several processes: what takes longest begins first, and the many short ones fill up the ends."""
    astray = [one.nodeid for one in items if one.get_closest_marker("alone") and not one.nodeid.startswith(ALONE)]
    if astray:
        raise pytest.UsageError(f"scripts/test looks for tests that run alone in {ALONE} only: {astray}")
    if hasattr(config, "workerinput"):
        items.sort(key=_rank)


def pytest_collection_finish() -> None:
    """What was collected stays until the end."""
    gc.collect()
    gc.freeze()


def _rank(item: pytest.Item) -> int:
    if item.nodeid.startswith(STACKS):
        return 0
    return 1 if _family(item.nodeid) or item.get_closest_marker("slow") else 2


def _family(nodeid: str) -> str | None:
    return next((family for start, family in FAMILIES.items() if nodeid.startswith(start)), None)


class Lanes(LoadScopeScheduling):
    """Hands out a file at a time, and all of `STACKS` and of each family to one process."""

    def _split_scope(self, nodeid: str) -> str:
        return "stacks" if nodeid.startswith(STACKS) else _family(nodeid) or nodeid.partition("::")[0]


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> LoadScopeScheduling:
    return Lanes(config, log)
