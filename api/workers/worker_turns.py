"""What many workers do at the same time, in one transaction: accepts of one job, and files that are handed in.

Accepts of a job wait for each other anyway, since each locks its row. Together they lock it once, and go to the
database and its disk once.
"""

from collections.abc import Sequence

from fastapi import Request

from api.auth import WorkerCaller
from api.errors import Conflict
from api.group_commit import GroupCommit
from api.rows import Written
from api.services import Services
from api.workers import worker_service as service
from api.workers.worker_service import HandedIn, answer_of

GATHER_SECONDS = 0.02
"""Nobody who uploads a file notices it; and a group waits only where others are likely to come."""
OTHERS = 4
"""Requests beside the group's own that may be under way without being waited for: uploads, looks, long polls."""


class WorkerTurns:
    """Of one process. While one transaction is under way, what comes meanwhile gathers for the next."""

    def __init__(self, use: Services) -> None:
        self._use = use
        self._accepts = GroupCommit(self._accept, gather_seconds=GATHER_SECONDS, coming=self._coming)
        self._submits = GroupCommit(self._submit, gather_seconds=GATHER_SECONDS, coming=self._coming)

    async def accept(self, worker: WorkerCaller, job_id: str) -> list[Written]:
        """Lease slots of a job, as `worker_service.accept_all` does.

        Raises:
            AuthorizationFailed: the worker is banned.
            NotFound: there is no such job for it.
            Conflict: no slot is open, or not for this worker.
        """
        service.require_active(worker)
        return answer_of(await self._accepts.run(f"{worker.organization_id} {job_id}", (worker, job_id)))

    async def submit(self, handed_in: HandedIn) -> Written:
        """Queue an uploaded file, as `worker_service.submit` does, and with its errors."""
        service.require_active(handed_in.worker)
        return answer_of(await self._submits.run(handed_in.worker.organization_id, handed_in))

    def _coming(self, _key: str) -> int:
        return self._use.requests_under_way - OTHERS

    async def _accept(self, group: Sequence[tuple[WorkerCaller, str]]) -> list[list[Written] | Conflict]:
        async with self._use.db.write() as session:
            return await service.accept_all(session, self._use, [worker for worker, _ in group], group[0][1])

    async def _submit(self, group: Sequence[HandedIn]) -> list[Written | Exception]:
        arrivals = await service.look_for_files(self._use, group)
        async with self._use.db.write() as session:
            return await service.submit_all(session, group, arrivals)


def turns_of(request: Request) -> WorkerTurns:
    """Those of the app that the request came to."""
    turns: WorkerTurns = request.app.state.worker_turns
    return turns
