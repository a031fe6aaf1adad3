"""The front end with an engine that gives evidence, so that rubrics have something to score."""

import pytest

from tests.api.rubrics.witness import WitnessEngine


@pytest.fixture
def engine() -> WitnessEngine:
    return WitnessEngine()


@pytest.fixture(autouse=True)
def _activations_are_seen_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("api.rubrics.active.KEPT_SECONDS", -1.0)
