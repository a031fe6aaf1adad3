"""An engine with a fault of its own, for what a server answers then."""

from pipeline.result import ScoreRequest, ScoreResult
from tests.api.scripted import ScriptedEngine

FAULT = "Photos that our side fails over"
"""The description that brings it about."""


class FaultyEngine(ScriptedEngine):
    """Scripted, but for one description."""

    async def score(self, request: ScoreRequest) -> ScoreResult:
        if request.brief.description == FAULT:
            raise RuntimeError("scripted to be at fault")
        return await super().score(request)
