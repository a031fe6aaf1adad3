"""One change of the running engine at a time, whichever process makes it.

The lease is in the key-value store of Ray's control service, where creating a key is atomic. Each holder has a key of
its own with the next number: a lease that ran out is taken over by creating the number after it, which only one can.
"""

import asyncio
import json
import logging
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from ray.exceptions import RayError
from ray.experimental import internal_kv as kv

from serve.errors import EngineUnavailable

NAMESPACE = "assay"
LEASE_SECONDS = 30.0
"""Without a renewal, after which the holder is taken for dead."""
POLL_SECONDS = 0.1
UNREACHABLE = (RayError, OSError, RuntimeError)
"""What the control service's client raises while that is away."""

logger = logging.getLogger(__name__)


@asynccontextmanager
async def lease(name: str, *, wait_seconds: float = 60.0) -> AsyncIterator[None]:
    """Hold the lease of that name for the block.

    A holder that could not renew it for so long that another took it over ends where it is: its block is cancelled.

    Raises:
        EngineUnavailable: somebody else holds it for longer than `wait_seconds`, or has taken it over.
    """
    key = await _take(name, wait_seconds)
    block = asyncio.timeout(None)
    try:
        async with block, _renewed(key, block):
            yield
    except TimeoutError:
        if block.expired():
            raise EngineUnavailable(f"this {name} was away for too long, and another one has taken over") from None
        raise
    finally:
        await _release(key)


async def _take(name: str, wait_seconds: float) -> bytes:
    give_up_at = time.monotonic() + wait_seconds
    while True:
        key = await asyncio.to_thread(_try_to_take, f"lease/{name}/")
        if key is not None:
            return key
        if time.monotonic() > give_up_at:
            raise EngineUnavailable(f"another {name} of this engine is under way")
        await asyncio.sleep(POLL_SECONDS)


def _try_to_take(prefix: str) -> bytes | None:
    """The key that is ours now, if the last one is free."""
    keys = sorted(kv._internal_kv_list(prefix, namespace=NAMESPACE))
    if keys and not _is_free(keys[-1]):
        return None
    number = int(keys[-1].decode().rsplit("/", 1)[1]) + 1 if keys else 0
    mine = f"{prefix}{number:012}".encode()
    if kv._internal_kv_put(mine, _value(LEASE_SECONDS), overwrite=False, namespace=NAMESPACE):
        return None  # somebody was faster
    for old in keys:
        kv._internal_kv_del(old, namespace=NAMESPACE)
    return mine


def _is_free(key: bytes) -> bool:
    value = kv._internal_kv_get(key, namespace=NAMESPACE)
    return value is not None and json.loads(value)["until"] < time.time()


@asynccontextmanager
async def _renewed(key: bytes, block: asyncio.Timeout) -> AsyncIterator[None]:
    renewal = asyncio.create_task(_renew(key, block))
    try:
        yield
    finally:
        renewal.cancel()
        await asyncio.wait([renewal])


async def _renew(key: bytes, block: asyncio.Timeout) -> None:
    """Until the lease is lost, which ends the block. A control service that is away gives it to nobody else."""
    is_ours = True
    while is_ours:
        await asyncio.sleep(LEASE_SECONDS / 3)
        try:
            is_ours = await asyncio.to_thread(_try_to_renew, key)
        except UNREACHABLE as error:
            logger.warning("%s could not be renewed, which is tried again: %s", key.decode(), error)
    block.reschedule(asyncio.get_running_loop().time())


def _try_to_renew(key: bytes) -> bool:
    """Whether it is still ours: who takes it over makes the next one, and a renewal under way may bring ours back."""
    keys = kv._internal_kv_list(f"{key.decode().rpartition('/')[0]}/", namespace=NAMESPACE)
    if not keys or max(keys) != key:
        return False
    _write(key, LEASE_SECONDS)
    return True


async def _release(key: bytes) -> None:
    """What the block did is done all the same if this fails; the lease runs out then."""
    try:
        await asyncio.to_thread(_write, key, 0.0)
    except UNREACHABLE as error:
        logger.warning("%s could not be released, and runs out in %.0f s: %s", key.decode(), LEASE_SECONDS, error)


def _write(key: bytes, seconds: float) -> None:
    kv._internal_kv_put(key, _value(seconds), overwrite=True, namespace=NAMESPACE)


def _value(seconds: float) -> bytes:
    return json.dumps({"until": time.time() + seconds if seconds else 0.0}).encode()
