"""Changes of an engine while it works, from any process of its Ray."""

import asyncio
import logging
from collections.abc import Callable, Collection, Mapping
from contextlib import suppress

from configs.settings import BatchSettings, Role
from serve.app import NotUpYet, deploy
from serve.batch_changes import with_batches
from serve.errors import EngineUnavailable
from serve.lease import lease
from serve.live import Live, current
from serve.progress import silent

log = logging.getLogger("assay.changes")

CHANGE = "change"
"""Lease under which what is in force is read and written back. Held for seconds."""
TAKEN_SECONDS = 30.0
"""Replicas that run take a change in one or two. A cluster may look for a place for more of them for as long as it
likes; those get it with their start."""


async def change_batches(batches: Mapping[Role, BatchSettings]) -> None:
    """Let batches form in another way from the next one on; no replica is replaced.

    Raises:
        ValueError: the profile has no such role, or `max_ongoing_requests` is below what the batches need.
        EngineUnavailable: no engine runs, or it does not take the change.
    """
    await change(lambda live: live.model_copy(update={"settings": with_batches(live.settings, batches)}), batches)


async def change(make: Callable[[Live], Live], roles: Collection[Role] = ()) -> Live:
    """Bring another state in force, made out of the one that is; nobody else changes it meanwhile.

    Where the engine does not take it, the state before is in force again.

    Args:
        make: may raise.
        roles: whose models' applications have to be deployed too.

    Raises:
        EngineUnavailable: no engine runs, or it does not take the change.
    """
    async with lease(CHANGE):
        before = await asyncio.to_thread(current)
        changed = make(before)
        try:
            await asyncio.to_thread(deploy, changed, roles, silent, TAKEN_SECONDS)
        except NotUpYet as error:
            log.warning("a change is in force; replicas still start", extra={"error": str(error)})
        except EngineUnavailable:
            with suppress(EngineUnavailable):  # what keeps the one from coming up may keep the other
                known = before.applications.keys() & roles
                await asyncio.to_thread(deploy, before, known, silent, TAKEN_SECONDS)
            raise
    return changed
