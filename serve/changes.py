"""Changes of an engine while it works, from any process of its Ray."""

import asyncio
from collections.abc import Callable, Collection, Mapping

from configs.settings import BatchSettings, Role
from serve.app import deploy
from serve.batch_changes import with_batches
from serve.lease import lease
from serve.live import Live, current

CHANGE = "change"
"""Lease under which what is in force is read and written back. Held for seconds."""


async def change_batches(batches: Mapping[Role, BatchSettings]) -> None:
    """Let batches form in another way from the next one on; no replica is replaced.

    Raises:
        ValueError: the profile has no such role, or `max_ongoing_requests` is below what the batches need.
        EngineUnavailable: no engine runs, or it does not take the change.
    """
    await change(lambda live: live.model_copy(update={"settings": with_batches(live.settings, batches)}), batches)


async def change(make: Callable[[Live], Live], roles: Collection[Role] = ()) -> Live:
    """Bring another state in force, made out of the one that is; nobody else changes it meanwhile.

    Args:
        make: may raise.
        roles: whose models' applications have to be deployed too.

    Raises:
        EngineUnavailable: no engine runs, or it does not take the change.
    """
    async with lease(CHANGE):
        changed = make(await asyncio.to_thread(current))
        await asyncio.to_thread(deploy, changed, roles, lambda step: None)
    return changed
