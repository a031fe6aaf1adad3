"""Delivered files."""

from pathlib import Path

from assay_sdk import calls
from assay_sdk._async.downloads import download
from assay_sdk._async.page_call import AsyncPageCall
from assay_sdk._async.runtime import each, in_thread
from assay_sdk._async.transport import AsyncTransport
from assay_sdk.delivery import Delivery, DownloadedFile, file_name, target_in, write_annotations
from assay_sdk.errors import AssayError, DownloadFailed
from assay_sdk.progress import DownloadMeter, OnDownload
from assay_sdk.types.files import File, FileStatus

PAGE_LIMIT = 100
"""Files that are asked for at a time when all are wanted: the most that the server gives."""


class AsyncFiles:
    """Files that were scored; those that are approved can be downloaded."""

    def __init__(self, transport: AsyncTransport) -> None:
        self._transport = transport

    def list(
        self,
        *,
        job_id: str | None = None,
        status: FileStatus | None = None,
        min_score: int | None = None,
        limit: int | None = None,
        cursor: str | None = None,
    ) -> AsyncPageCall[File]:
        """Files of a job or of all, newest first.

        Args:
            job_id: of the job; all jobs when absent.
            status: `approved`, `rejected`, `retry_pending` or `surplus`; all when absent.
            min_score: files with fewer stars are left out.
            limit: files on a page, 1 to 100.
            cursor: `next_cursor` of the page before.
        """
        call = calls.get("/v1/files", job_id=job_id, status=status, min_score=min_score, limit=limit, cursor=cursor)
        return AsyncPageCall.of(self._transport, call, File)

    def list_of_job(
        self,
        job_id: str,
        *,
        status: FileStatus | None = None,
        min_score: int | None = None,
        limit: int | None = None,
        cursor: str | None = None,
    ) -> AsyncPageCall[File]:
        """Files of one job, newest first: the approved ones when no status is given."""
        path = calls.path_of("/v1/jobs/{job_id}/files", job_id=job_id)
        call = calls.get(path, status=status, min_score=min_score, limit=limit, cursor=cursor)
        return AsyncPageCall.of(self._transport, call, File)

    async def get(self, file_id: str) -> File:
        """One file, with a fresh download URL.

        Raises:
            NotFound: there is none of this id.
        """
        return await self._transport.fetch(calls.get(_path(file_id)), File)

    async def refresh_url(self, file_id: str) -> File:
        """The same; nothing is changed."""
        call = calls.post(_path(file_id) + "/refresh_url", idempotency_key=None)
        return await self._transport.fetch(call, File)

    async def download(self, file_id: str, path: str | Path) -> Path:
        """Fetch the content of an approved file; where it is.

        Args:
            file_id: of the file.
            path: where to write, or an existing folder.

        Raises:
            DownloadFailed: it is not approved, or its content is not what its SHA-256 says.
        """
        file = await self.get(file_id)
        return await self._fetch(file, target_in(path, file_name(file)))

    async def download_all(
        self,
        *,
        job_id: str,
        output_dir: str | Path,
        min_score: int | None = None,
        max_parallel: int = 8,
        on_progress: OnDownload | None = None,
    ) -> Delivery:
        """Fetch every approved file of a job, with `annotations.jsonl` beside them.

        Files are named by their ids. Those that are there already are kept, and what was cut off goes on where it
        ended, so the same call may be made again after a failure, or later for what was approved since.

        Args:
            job_id: of the job.
            output_dir: folder to write to; made when it is not there. One process at a time may use it.
            min_score: files with fewer stars are left out.
            max_parallel: files that are fetched at a time.
            on_progress: called after every chunk, one call at a time; `assay_sdk.print_progress` shows a line.

        Raises:
            DownloadFailed: some files could not be fetched; `failures` names them. The others are there.
            ValueError: `max_parallel` is less than one.
        """
        if max_parallel < 1:
            raise ValueError(f"max_parallel is at least 1, got {max_parallel}")
        listing = self.list(job_id=job_id, status="approved", min_score=min_score, limit=PAGE_LIMIT)
        files = [file async for file in listing]
        folder = Path(output_dir)
        folder.mkdir(parents=True, exist_ok=True)
        meter = DownloadMeter(len(files), sum(file.size_bytes for file in files), on_progress)
        failures: dict[str, AssayError] = {}

        async def one(file: File) -> DownloadedFile | None:
            try:
                path = await self._fetch(file, folder / file_name(file), meter)
            except AssayError as error:
                failures[file.id] = error
                return None
            meter.add(files=1)
            return DownloadedFile(file, path)

        done = [got for got in await each(files, one, max_parallel) if got is not None]
        annotations_path = await in_thread(write_annotations, folder, done)
        if failures:
            first = next(iter(failures.values()))
            raise DownloadFailed(f"{len(failures)} of {len(files)} files were not fetched: {first}", failures)
        return Delivery(folder, done, annotations_path)

    async def _fetch(self, file: File, target: Path, meter: DownloadMeter | None = None) -> Path:
        async def refresh() -> File:
            return await self.refresh_url(file.id)

        def count(count_bytes: int) -> None:
            if meter is not None:
                meter.add(count_bytes=count_bytes)

        return await download(self._transport, file, target, refresh, count)


def _path(file_id: str) -> str:
    return calls.path_of("/v1/files/{file_id}", file_id=file_id)
