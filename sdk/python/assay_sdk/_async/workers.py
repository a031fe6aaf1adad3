"""Workers of the organization."""

from collections.abc import Mapping
from typing import Any

from assay_sdk import calls
from assay_sdk._async.page_call import AsyncPageCall
from assay_sdk._async.transport import AsyncTransport
from assay_sdk.types.workers import NewWorker, Worker, WorkerInvitation, WorkerStatus


class AsyncWorkers:
    """People who capture files."""

    def __init__(self, transport: AsyncTransport) -> None:
        self._transport = transport

    async def create(
        self,
        *,
        name: str,
        email: str | None = None,
        metadata: Mapping[str, Any] | None = None,
        idempotency_key: str | None = None,
    ) -> NewWorker:
        """Make a worker. Its token is in this answer, and in no other.

        Args:
            name: of the person.
            email: for your own use; nothing is sent there.
            metadata: your own keys and values.
            idempotency_key: makes a repetition harmless. Made when absent.
        """
        body = {"name": name, "email": email, "metadata": metadata}
        return await self._transport.fetch(calls.post("/v1/workers", body, idempotency_key=idempotency_key), NewWorker)

    async def get(self, worker_id: str) -> Worker:
        """One worker.

        Raises:
            NotFound: there is none of this id.
        """
        return await self._transport.fetch(calls.get(_path(worker_id)), Worker)

    def list(
        self, *, status: WorkerStatus | None = None, limit: int | None = None, cursor: str | None = None
    ) -> AsyncPageCall[Worker]:
        """Workers, newest first.

        Args:
            status: `active` or `banned`.
            limit: workers on a page, 1 to 100.
            cursor: `next_cursor` of the page before.
        """
        call = calls.get("/v1/workers", status=status, limit=limit, cursor=cursor)
        return AsyncPageCall.of(self._transport, call, Worker)

    async def ban(self, worker_id: str, *, reason: str | None = None, idempotency_key: str | None = None) -> Worker:
        """Give a worker no more work. What was earned stays earned."""
        call = calls.post(_path(worker_id) + "/ban", {"reason": reason}, idempotency_key=idempotency_key)
        return await self._transport.fetch(call, Worker)

    async def unban(self, worker_id: str, *, idempotency_key: str | None = None) -> Worker:
        """Let a worker in again, with no strikes."""
        call = calls.post(_path(worker_id) + "/unban", idempotency_key=idempotency_key)
        return await self._transport.fetch(call, Worker)

    async def invite(self, worker_id: str, *, idempotency_key: str | None = None) -> WorkerInvitation:
        """Make a link, and its QR code, that signs the worker in on the capture page, once. An older one ends."""
        call = calls.post(_path(worker_id) + "/invitation", idempotency_key=idempotency_key)
        return await self._transport.fetch(call, WorkerInvitation)

    async def rotate_token(self, worker_id: str, *, idempotency_key: str | None = None) -> NewWorker:
        """Give a worker a new token. The old one ends at once."""
        call = calls.post(_path(worker_id) + "/rotate_token", idempotency_key=idempotency_key)
        return await self._transport.fetch(call, NewWorker)


def _path(worker_id: str) -> str:
    return calls.path_of("/v1/workers/{worker_id}", worker_id=worker_id)
