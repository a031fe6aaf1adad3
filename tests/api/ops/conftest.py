"""The front end over an engine whose counters move as a test says."""

import pytest

from configs.settings import BatchSettings
from tests.api.ops.watched import WatchedEngine


@pytest.fixture
def engine() -> WatchedEngine:
    """Its batches of text are those that the tests change and count, whatever the profile has been tuned to."""
    made = WatchedEngine()
    made.configured["text"] = BatchSettings(max_cost=8.0, max_items=4, wait_seconds=0.005)
    return made
