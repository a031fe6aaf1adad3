"""The rubric by which a file is scored now, where it is not the shipped one."""

import asyncio
import logging
from collections.abc import Mapping
from time import monotonic

from pydantic import ValidationError
from sqlalchemy import select

from api.db import Database
from api.rubrics.queries import active_versions, rubric_of
from api.rubrics.scope import Scope
from api.tables import StoredRubric
from pipeline.brief import JobBrief
from pipeline.result import ScoreResult, rescored
from pipeline.rubric import Rubric

log = logging.getLogger("assay.rubrics")

KEPT_SECONDS = 2.0
"""How late an activation may be seen; asking the database for each file would cost as much as scoring its evidence."""


class ActiveRubrics:
    """The active versions, read again every few seconds."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._read_at = -KEPT_SECONDS
        self._reading = asyncio.Lock()
        self._active: Mapping[Scope, str] = {}
        self._rubrics: dict[str, Rubric | None] = {}
        """By version; `None` for one that cannot be used."""

    async def applied(
        self, result: ScoreResult, brief: JobBrief, organization_id: str, content_type: str | None
    ) -> ScoreResult:
        """What the engine found, scored by the rubric that is active for such jobs.

        The engine scored it by the shipped rubric already, which holds where no other one is active.
        """
        rubric = await self.of(Scope(organization_id, content_type))
        if rubric is None:
            return result
        if result.evidence.encoder not in rubric.relevance:
            told = {"rubric": rubric.version, "encoder": result.evidence.encoder}
            log.error("the active rubric has no curve for this encoder; the shipped one scores", extra=told)
            return result
        return rescored(result, brief, rubric)

    async def of(self, scope: Scope) -> Rubric | None:
        """The active rubric, `None` for the shipped one."""
        if self._is_old():
            async with self._reading:
                if self._is_old():  # whoever was first has read it for all
                    await self._read()
        version = next((self._active[step] for step in scope.widening if step in self._active), None)
        return self._rubrics[version] if version is not None else None

    def _is_old(self) -> bool:
        return monotonic() - self._read_at > KEPT_SECONDS

    async def _read(self) -> None:
        async with self._db.read() as session:
            active = await active_versions(session)
            unknown = set(active.values()) - set(self._rubrics)
            rows = await session.scalars(select(StoredRubric).where(StoredRubric.id.in_(unknown))) if unknown else ()
            self._rubrics |= {row.id: _usable(row) for row in rows}
        self._active, self._read_at = active, monotonic()


def _usable(stored: StoredRubric) -> Rubric | None:
    """Work goes on under the shipped rubric when a version is of another release; every score says which it was."""
    try:
        return rubric_of(stored)
    except ValidationError as error:
        told = {"rubric": stored.id, "error": str(error)}
        log.error("an active rubric is not of this release; the shipped one scores", extra=told)
        return None
