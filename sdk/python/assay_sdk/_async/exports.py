"""Exports: a job's delivered files as one dataset."""

from pathlib import Path

from assay_sdk import calls
from assay_sdk._async.downloads import download
from assay_sdk._async.page_call import AsyncPageCall
from assay_sdk._async.polling import poll
from assay_sdk._async.transport import AsyncTransport
from assay_sdk.delivery import export_name, target_in
from assay_sdk.types.exports import Export, ExportFormat

_ENDED = ("completed", "failed")


class AsyncExports:
    """Datasets of delivered files."""

    def __init__(self, transport: AsyncTransport) -> None:
        self._transport = transport

    async def create(self, job_id: str, *, format: ExportFormat, idempotency_key: str | None = None) -> Export:
        """Ask for a dataset of the files that a job has delivered; `wait` for it next.

        Args:
            job_id: of the job.
            format: `jsonl`, `coco` (pictures only), `webdataset` or `hf`.
            idempotency_key: makes a repetition harmless. Made when absent.
        """
        call = calls.post(_of_job(job_id), {"format": format}, idempotency_key=idempotency_key)
        return await self._transport.fetch(call, Export)

    async def get(self, export_id: str) -> Export:
        """One export, with a fresh download URL once it is completed.

        Raises:
            NotFound: there is none of this id.
        """
        path = calls.path_of("/v1/exports/{export_id}", export_id=export_id)
        return await self._transport.fetch(calls.get(path), Export)

    def list(self, job_id: str, *, limit: int | None = None, cursor: str | None = None) -> AsyncPageCall[Export]:
        """Exports of a job, newest first."""
        return AsyncPageCall.of(self._transport, calls.get(_of_job(job_id), limit=limit, cursor=cursor), Export)

    async def wait(self, export_id: str, *, timeout_seconds: float | None = None) -> Export:
        """The export once it is `completed` or `failed`.

        Raises:
            WaitTimeout: it is neither in time; its `resource` is the export as it is then.
        """
        return await poll(lambda: self.get(export_id), lambda seen: seen.status in _ENDED, timeout_seconds, export_id)

    async def download(self, export_id: str, path: str | Path) -> Path:
        """Fetch a completed export; where it is.

        Args:
            export_id: of the export.
            path: where to write, or an existing folder.

        Raises:
            DownloadFailed: it is not completed, or its content is not what its SHA-256 says.
        """
        export = await self.get(export_id)
        target = target_in(path, export_name(export))
        return await download(self._transport, export, target, lambda: self.get(export_id))


def _of_job(job_id: str) -> str:
    return calls.path_of("/v1/jobs/{job_id}/exports", job_id=job_id)
