"""An export from its files: an archive on disk, one file in it after the other, and from there to the store."""

import asyncio
import hashlib
from dataclasses import dataclass
from pathlib import Path

from api.exports.claims import change
from api.exports.formats import FORMATS
from api.exports.queries import rows, snapshot
from api.services import Services
from api.storage import ObjectChanged, ObjectMissing
from api.tables import Export, File, Job


class ContentLost(Exception):
    """A delivered file is not in the object store, or is not what was delivered."""


@dataclass(frozen=True, slots=True)
class Built:
    """An archive in the object store."""

    key: str
    file_count: int
    size_bytes: int
    sha256: str


async def build(use: Services, export: Export, scratch: Path) -> Built:
    """Make and store the archive of an export.

    Memory holds a batch of rows and a megabyte of content; the disk holds the archive and one file more.

    Args:
        export: its claim names the object: one that another exporter makes meanwhile never replaces it.
        scratch: an empty folder.

    Raises:
        ContentLost: a file's content is gone.
        StoreUnavailable: the object store does not answer.
        OSError: the disk is full.
    """
    format = FORMATS[export.format]
    key = f"exports/{export.organization_id}/{export.id}/{export.claim_token}.{format.extension}"
    await _announce(use, export, key)
    path = scratch / f"archive.{format.extension}"
    file_count = await _fill(use, export, scratch, path)
    sha256 = await asyncio.to_thread(_sha256, path)
    await use.store.put_file(key, path, format.mime_type)
    return Built(key, file_count, path.stat().st_size, sha256)


async def _announce(use: Services, export: Export, key: str) -> None:
    """Write down where the archive will be, so that the next exporter can remove it if this one is killed."""
    async with use.db.write() as session:
        await change(session, export, key=key)
    if export.key is not None:
        await use.store.delete(export.key)


async def _fill(use: Services, export: Export, scratch: Path, path: Path) -> int:
    """Count of the files that are in the archive now."""
    async with use.db.read() as session:
        job = await session.get_one(Job, export.job_id)
        file_ids = await snapshot(session, export.job_id)
    format, content = FORMATS[export.format], scratch / "content"
    with format.archive(path) as archive:
        layout = format.layout(archive, scratch, job)
        async for file in rows(use.db, file_ids):
            await _fetch(use, file, content)
            await asyncio.to_thread(layout.add, file, content)
            content.unlink()
        await asyncio.to_thread(layout.finish)
    return len(file_ids)


async def _fetch(use: Services, file: File, content: Path) -> None:
    if file.delivered_key is None:
        raise ContentLost(f"{file.id} was approved, and never delivered")
    try:
        await use.store.fetch(file.delivered_key, content, sha256=file.sha256)
    except ObjectMissing as error:
        raise ContentLost(f"the content of {file.id} is not in the object store any more") from error
    except ObjectChanged as error:
        raise ContentLost(f"the content of {file.id} is not what was delivered") from error


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
