"""Looking at the stored originals again, under the weights that the engine has now."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace

from pydantic import ValidationError

from api.jobs.schemas import brief_of
from api.storage import ObjectStore, StoreError
from api.submissions.keys import original_key
from api.tables import Job, Submission
from pipeline.evidence import Evidence, evidence_of
from pipeline.media_process import ProcessKilled
from pipeline.result import ScoreRequest
from serve.client import Engine
from serve.errors import EngineError

IN_FLIGHT = 8
"""Files in the engine at once: enough to fill the batches of every model on two cores."""


class Originals:
    """New evidence of submissions that were scored before, in place of the stored one.

    What was a copy stays a copy: the file that it was compared with may have been scored later since, or be gone.
    """

    def __init__(self, store: ObjectStore, engine: Engine) -> None:
        self._store = store
        self._engine = engine
        self._places = asyncio.Semaphore(IN_FLIGHT)

    async def __call__(self, job: Job, rows: Sequence[Submission]) -> Mapping[str, Evidence | str]:
        found = await asyncio.gather(*(self._look(job, row) for row in rows))
        return {row.id: seen for row, seen in zip(rows, found, strict=True)}

    async def _look(self, job: Job, row: Submission) -> Evidence | str:
        key = original_key(row)
        async with self._places:
            try:
                if not await self._store.exists(key):
                    return "its original has been deleted"
                result = await self._engine.score(ScoreRequest(self._store.engine_source(key), brief_of(job)))
            except (EngineError, StoreError, ProcessKilled, OSError) as error:
                return f"{type(error).__name__}: {error}"
        return replace(result.evidence, duplicate_of=_copied(row))


def _copied(row: Submission) -> str | None:
    try:
        return evidence_of((row.score_breakdown or {}).get("evidence", {})).duplicate_of
    except ValidationError:
        return None
