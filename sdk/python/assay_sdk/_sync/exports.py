# Generated from _async/exports.py by sdk/python/generate_sync.py; edit that.
"""Exports: a job's delivered files as one dataset."""

from pathlib import Path

from assay_sdk import calls
from assay_sdk._sync.downloads import download
from assay_sdk._sync.pages import Page
from assay_sdk._sync.polling import poll
from assay_sdk._sync.transport import Transport
from assay_sdk.delivery import export_name, target_in
from assay_sdk.types.exports import Export, ExportFormat

_ENDED = ("completed", "failed")


class Exports:
    """Datasets of delivered files."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def create(self, job_id: str, *, format: ExportFormat, idempotency_key: str | None = None) -> Export:
        """Ask for a dataset of the files that a job has delivered; `wait` for it next.

        Args:
            job_id: of the job.
            format: `jsonl`, `coco` (pictures only), `webdataset` or `hf`.
            idempotency_key: makes a repetition harmless. Made when absent.
        """
        call = calls.post(_of_job(job_id), {"format": format}, idempotency_key=idempotency_key)
        return self._transport.fetch(call, Export)

    def get(self, export_id: str) -> Export:
        """One export, with a fresh download URL once it is completed.

        Raises:
            NotFound: there is none of this id.
        """
        path = calls.path_of("/v1/exports/{export_id}", export_id=export_id)
        return self._transport.fetch(calls.get(path), Export)

    def list(self, job_id: str, *, limit: int | None = None, cursor: str | None = None) -> Page[Export]:
        """Exports of a job, newest first."""
        return Page.of(self._transport, calls.get(_of_job(job_id), limit=limit, cursor=cursor), Export)

    def wait(self, export_id: str, *, timeout_seconds: float | None = None) -> Export:
        """The export once it is `completed` or `failed`.

        Raises:
            WaitTimeout: it is neither in time; its `resource` is the export as it is then.
        """
        return poll(lambda: self.get(export_id), lambda seen: seen.status in _ENDED, timeout_seconds, export_id)

    def download(self, export_id: str, path: str | Path) -> Path:
        """Fetch a completed export; where it is.

        Args:
            export_id: of the export.
            path: where to write, or an existing folder.

        Raises:
            DownloadFailed: it is not completed, or its content is not what its SHA-256 says.
        """
        export = self.get(export_id)
        target = target_in(path, export_name(export))
        return download(self._transport, export, target, lambda: self.get(export_id))


def _of_job(job_id: str) -> str:
    return calls.path_of("/v1/jobs/{job_id}/exports", job_id=job_id)
