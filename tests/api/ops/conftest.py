"""The front end over an engine whose counters move as a test says."""

import pytest

from tests.api.ops.watched import WatchedEngine


@pytest.fixture
def engine() -> WatchedEngine:
    return WatchedEngine()
