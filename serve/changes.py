"""Changes of an engine while it works, from any process of its Ray."""

import asyncio
from collections.abc import Mapping

from configs.settings import BatchSettings, Role
from serve.app import deploy
from serve.batch_changes import with_batches
from serve.lease import lease
from serve.live import current

CHANGE = "change"
"""Lease under which what is in force is read and written back. Held for seconds."""


async def change_batches(batches: Mapping[Role, BatchSettings]) -> None:
    """Let batches form in another way from the next one on; no replica is replaced.

    Raises:
        ValueError: the profile has no such role, or `max_ongoing_requests` is below what the batches need.
        EngineUnavailable: no engine runs, or it does not take the change.
    """
    async with lease(CHANGE):
        live = await asyncio.to_thread(current)
        changed = live.model_copy(update={"settings": with_batches(live.settings, batches)})
        await asyncio.to_thread(deploy, changed, batches.keys(), lambda step: None)
