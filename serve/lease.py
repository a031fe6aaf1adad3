"""One change of the running engine at a time, whichever process makes it.

The lease is in the key-value store of Ray's control service, where creating a key is atomic. Each holder has a key of
its own with the next number: a lease that ran out is taken over by creating the number after it, which only one can.
"""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from ray.experimental import internal_kv as kv

from serve.errors import EngineUnavailable

NAMESPACE = "assay"
LEASE_SECONDS = 30.0
"""Without a renewal, after which the holder is taken for dead."""
POLL_SECONDS = 0.1


@asynccontextmanager
async def lease(name: str, *, wait_seconds: float = 60.0) -> AsyncIterator[None]:
    """Hold the lease of that name for the block.

    Raises:
        EngineUnavailable: somebody else holds it for longer than `wait_seconds`.
    """
    key = await _take(name, wait_seconds)
    renewal = asyncio.create_task(_renew(key))
    try:
        yield
    finally:
        renewal.cancel()
        with suppress(asyncio.CancelledError):
            await renewal
        await asyncio.to_thread(_write, key, 0.0)


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


async def _renew(key: bytes) -> None:
    while True:
        await asyncio.sleep(LEASE_SECONDS / 3)
        await asyncio.to_thread(_write, key, LEASE_SECONDS)


def _write(key: bytes, seconds: float) -> None:
    kv._internal_kv_put(key, _value(seconds), overwrite=True, namespace=NAMESPACE)


def _value(seconds: float) -> bytes:
    return json.dumps({"until": time.time() + seconds if seconds else 0.0}).encode()
