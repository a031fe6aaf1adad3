"""Makes the exports that were asked for, one after the other."""

import asyncio
import logging
import shutil
import tempfile
from contextlib import suppress
from pathlib import Path
from time import time

from sqlalchemy.exc import DBAPIError

from api.clock import after, now
from api.events import emit
from api.exports.builder import Built, ContentLost, build
from api.exports.claims import ANY_WAITING, change, claim, held
from api.exports.schemas import export_data
from api.services import Services
from api.storage import StoreError
from api.tables import Export

log = logging.getLogger("assay.exports")

LEASE_SECONDS = 60.0
POLL_SECONDS = 1.0
"""Pause after a look that found nothing."""
MAX_ATTEMPTS = 3
RETRY_SECONDS = 30.0
"""Pause after the first failed attempt; after the second one it is twice as long."""
ABANDONED_SECONDS = 86400
"""A scratch folder in which nothing happened for so long belongs to a process that was killed."""


class Exporter:
    """Claims an export, builds it and says that it is there. Any number of them may run, in any process.

    Building is at least once, completing is once: it is committed together with its event, and only while the claim
    is still ours. What a killed exporter leaves behind is seen by nobody, and removed.
    """

    def __init__(
        self, use: Services, *, lease_seconds: float = LEASE_SECONDS, poll_seconds: float = POLL_SECONDS
    ) -> None:
        self._use = use
        self._lease_seconds = lease_seconds
        self._poll_seconds = poll_seconds
        self._scratch = use.settings.data_dir / "exports"
        self._turn_after = ""

    async def run(self, stop: asyncio.Event) -> None:
        """Until told to stop; an export under way is then given back, to be claimed by the next exporter."""
        working = asyncio.create_task(self._work())
        stopping = asyncio.create_task(stop.wait())
        try:
            await asyncio.wait({working, stopping}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            working.cancel()
            stopping.cancel()
            await asyncio.wait({working, stopping})
        if not working.cancelled():
            working.result()

    async def step(self) -> bool:
        """Make one export, or fail in it; `False` when none waits."""
        if not await self._use.db.finds(ANY_WAITING, moment=now()):
            return False
        async with self._use.db.write() as session:
            export = await claim(session, self._lease_seconds, self._turn_after)
        if export is None:
            return False
        self._turn_after = export.organization_id
        if export.attempts > MAX_ATTEMPTS:
            await self._fail(export, "the exporter ended each time while it worked on this export")
        else:
            await self._attempt(export)
        return True

    async def _work(self) -> None:
        await asyncio.to_thread(_sweep, self._scratch)
        while True:
            if not await self._try_step():
                await asyncio.sleep(self._poll_seconds)

    async def _try_step(self) -> bool:
        try:
            return await self.step()
        except (DBAPIError, OSError) as error:
            log.warning("the database does not answer: %s", error)
            return False

    async def _attempt(self, export: Export) -> None:
        try:
            async with held(self._use.db, export, self._lease_seconds):
                built = await self._build(export)
        except TimeoutError:
            log.warning("the lease of %s was lost", export.id)
        except ContentLost as error:
            await self._try_again(export, str(error))
        except (StoreError, OSError) as error:
            log.warning("attempt %d at %s failed: %s", export.attempts, export.id, error)
            await self._try_again(export, "the object store or the exporter's disk did not answer")
        except asyncio.CancelledError:
            await self._give_back(export)
            raise
        else:
            await self._complete(export, built)

    async def _build(self, export: Export) -> Built:
        self._scratch.mkdir(parents=True, exist_ok=True)
        # When it is cancelled, a thread may still be writing there.
        with tempfile.TemporaryDirectory(dir=self._scratch, ignore_cleanup_errors=True) as folder:
            return await build(self._use, export, Path(folder))

    async def _complete(self, export: Export, built: Built) -> None:
        async with self._use.db.write() as session:
            completed = await change(
                session,
                export,
                status="completed",
                claimable_at=None,
                claim_token=None,
                completed_at=now(),
                error=None,
                key=built.key,
                file_count=built.file_count,
                size_bytes=built.size_bytes,
                sha256=built.sha256,
            )
            if completed:
                fresh = await session.get_one(Export, export.id)
                emit(session, fresh.organization_id, fresh.livemode, "export.completed", export_data(fresh))
        if not completed:
            await self._use.store.delete(built.key)

    async def _try_again(self, export: Export, reason: str) -> None:
        if export.attempts >= MAX_ATTEMPTS:
            await self._fail(export, reason)
            return
        pause_seconds = RETRY_SECONDS * export.attempts
        async with self._use.db.write() as session:
            await change(session, export, status="pending", claimable_at=after(pause_seconds), claim_token=None)

    async def _fail(self, export: Export, reason: str) -> None:
        log.error("%s failed: %s", export.id, reason)
        error = f"{reason} ({MAX_ATTEMPTS} attempts)"
        async with self._use.db.write() as session:
            await change(session, export, status="failed", claimable_at=None, claim_token=None, error=error)

    async def _give_back(self, export: Export) -> None:
        """Being told to stop says nothing about the export. Without a database the lease runs out by itself."""
        freed = {"status": "pending", "claimable_at": now(), "claim_token": None, "attempts": Export.attempts - 1}
        with suppress(DBAPIError, OSError):
            async with self._use.db.write() as session:
                await change(session, export, **freed)


def _sweep(scratch: Path) -> None:
    """Remove what killed exporters left; others may be at work beside us."""
    for folder in scratch.glob("*") if scratch.is_dir() else ():
        with suppress(FileNotFoundError):  # its exporter is done
            if folder.stat().st_mtime < time() - ABANDONED_SECONDS:
                shutil.rmtree(folder, ignore_errors=True)
