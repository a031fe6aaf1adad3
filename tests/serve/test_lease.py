"""A lease while Ray's control service is away, and after another process took it over."""

import asyncio
import json
from typing import Any

import pytest

from serve import lease as module
from serve.errors import EngineUnavailable
from serve.lease import lease

pytestmark = pytest.mark.anyio


class Store:
    """The key-value store, as far as leases use it."""

    def __init__(self) -> None:
        self.values: dict[bytes, bytes] = {}
        self.is_away = False

    def _internal_kv_list(self, prefix: str, *, namespace: str) -> list[bytes]:
        return [key for key in self.values if key.startswith(prefix.encode())]

    def _internal_kv_get(self, key: bytes, *, namespace: str) -> bytes | None:
        return self.values.get(key)

    def _internal_kv_put(self, key: bytes, value: bytes, *, overwrite: bool, namespace: str) -> bool:
        if self.is_away:
            raise RuntimeError("the control service is away")
        existed = key in self.values
        if overwrite or not existed:
            self.values[key] = value
        return existed

    def _internal_kv_del(self, key: bytes, *, namespace: str) -> None:
        self.values.pop(key, None)

    @property
    def until(self) -> list[float]:
        return [json.loads(value)["until"] for value in self.values.values()]


@pytest.fixture
def store(monkeypatch: pytest.MonkeyPatch) -> Store:
    store: Any = Store()
    monkeypatch.setattr(module, "kv", store)
    monkeypatch.setattr(module, "LEASE_SECONDS", 0.06)
    return store


async def test_what_was_done_is_done_though_a_renewal_failed(store: Store) -> None:
    async with lease("trial"):
        store.is_away = True
        await asyncio.sleep(0.05)
        store.is_away = False
    assert store.until == [0.0], "it is released"


async def test_what_was_done_is_done_though_the_release_fails(store: Store) -> None:
    async with lease("trial"):
        store.is_away = True
    store.is_away = False
    async with lease("trial", wait_seconds=5):
        pass


async def test_a_block_says_itself_what_went_wrong(store: Store) -> None:
    with pytest.raises(TimeoutError, match="of the block"):
        async with lease("trial"):
            raise TimeoutError("of the block")
    assert store.until == [0.0]


async def test_a_block_whose_lease_another_took_over_ends(store: Store) -> None:
    async def block() -> None:
        async with lease("trial"):
            store.values = {b"lease/trial/000000000001": b'{"until": 1e12}'}
            await asyncio.sleep(5)

    with pytest.raises(EngineUnavailable, match="another one has taken over"):
        await block()
    assert max(store.values) == b"lease/trial/000000000001", "which the other one keeps"
    with pytest.raises(EngineUnavailable, match="is under way"):
        async with lease("trial", wait_seconds=0):
            pass


async def test_a_key_that_a_late_renewal_brought_back_is_not_ours(store: Store) -> None:
    async with lease("trial"):
        (ours,) = store.values
        assert module._try_to_renew(ours)
        store.values[b"lease/trial/%012d" % 1] = store.values[ours]
        assert not module._try_to_renew(ours)
