"""What both stores do with objects and their keys."""

import hashlib
import random
import tracemalloc
from collections.abc import AsyncIterator
from time import time

import pytest

from api.storage import (
    InvalidKey,
    ObjectChanged,
    ObjectMissing,
    ObjectTooLarge,
)
from tests.api.storage.transfers import KEY, MEGABYTE, content_of, download_of, put, upload_of

pytestmark = pytest.mark.anyio


class TestObjects:
    async def test_bytes_and_files_come_back_as_they_went_in(self, store, tmp_path):
        content = random.Random(1).randbytes(3 * MEGABYTE)
        (tmp_path / "given").write_bytes(content)
        await store.put_file("files/org_1/file_1.jpeg", tmp_path / "given", "image/jpeg")
        await store.put_bytes("files/org_1/file_2.jpeg", b"", "image/jpeg")
        assert await content_of(store, "files/org_1/file_1.jpeg") == content
        assert await content_of(store, "files/org_1/file_2.jpeg") == b""

    async def test_a_file_of_the_scratch_folder_stays_when_it_is_removed_there(self, store):
        made = store.scratch / "made.jpeg"
        for content in (b"first", b"second"):
            made.write_bytes(content)
            await store.put_file(KEY, made, "image/jpeg")
            made.unlink()
            assert await content_of(store) == content

    async def test_head_knows_the_size_and_the_time(self, store):
        await store.put_bytes(KEY, b"12345", "image/jpeg")
        found = await store.head(KEY)
        assert (found.key, found.size_bytes) == (KEY, 5)
        assert abs(found.modified_at.timestamp() - time()) < 60
        assert await store.exists(KEY)

    async def test_head_refuses_what_is_above_the_limit(self, store):
        await store.put_bytes(KEY, b"12345", "image/jpeg")
        assert (await store.head(KEY, max_bytes=5)).size_bytes == 5
        with pytest.raises(ObjectTooLarge, match="5 bytes; at most 4"):
            await store.head(KEY, max_bytes=4)

    async def test_the_engine_replaces_what_it_put(self, store):
        await store.put_bytes(KEY, b"first", "image/jpeg")
        await store.put_bytes(KEY, b"second", "image/jpeg")
        assert await content_of(store) == b"second"

    async def test_fetch_counts_and_hashes(self, store, tmp_path):
        content = random.Random(2).randbytes(3 * MEGABYTE)
        await store.put_bytes(KEY, content, "image/jpeg")
        written = await store.fetch(KEY, tmp_path / "got", max_bytes=len(content))
        assert (written.size_bytes, written.sha256) == (len(content), hashlib.sha256(content).hexdigest())
        assert (tmp_path / "got").read_bytes() == content

    async def test_fetch_of_other_bytes_than_expected_leaves_nothing(self, store, tmp_path):
        await store.put_bytes(KEY, b"replaced", "image/jpeg")
        with pytest.raises(ObjectChanged, match=hashlib.sha256(b"replaced").hexdigest()):
            await store.fetch(KEY, tmp_path / "got", sha256=hashlib.sha256(b"scored").hexdigest())
        assert not (tmp_path / "got").exists()

    async def test_fetch_stops_at_the_limit_and_leaves_nothing(self, store, tmp_path):
        await store.put_bytes(KEY, bytes(3 * MEGABYTE), "image/jpeg")
        with pytest.raises(ObjectTooLarge):
            await store.fetch(KEY, tmp_path / "got", max_bytes=2 * MEGABYTE)
        assert not (tmp_path / "got").exists()

    async def test_a_missing_object(self, store, tmp_path):
        assert await store.head(KEY) is None
        assert not await store.exists(KEY)
        for attempt in (content_of(store), store.fetch(KEY, tmp_path / "got")):
            with pytest.raises(ObjectMissing):
                await attempt
        assert not (tmp_path / "got").exists()
        await store.delete(KEY)

    async def test_fifty_megabytes_do_not_stay_in_memory(self, store, http, tmp_path):
        megabyte, digest = random.Random(3).randbytes(MEGABYTE), hashlib.sha256()

        async def body() -> AsyncIterator[bytes]:
            for _ in range(50):
                digest.update(megabyte)
                yield megabyte

        tracemalloc.start()
        upload = upload_of(store, max_bytes=50 * MEGABYTE, size_bytes=50 * MEGABYTE)
        assert await put(http, upload, body()) == 200
        written = await store.fetch(KEY, tmp_path / "got")
        await store.put_file("files/big", tmp_path / "got", "video/mp4")
        async with http.stream("GET", download_of(store, "files/big")) as answer:
            received = sum([len(chunk) async for chunk in answer.aiter_bytes(65536)])
        peak_bytes = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert (written.size_bytes, received) == (50 * MEGABYTE, 50 * MEGABYTE)
        assert written.sha256 == digest.hexdigest()
        assert peak_bytes < 15 * MEGABYTE

    async def test_check_passes(self, store):
        await store.check()


class TestKeys:
    @pytest.mark.parametrize(
        "key",
        ["", "/etc/passwd", "..", "../a", "a/../b", "a/..", "a//b", "a/", "./a", ".incoming/a", "a/.b", "a\\b", "a b",
         "a\n", "a\0", "ä", "a?b", "a%2e", "a" * 256],
    )  # fmt: skip
    async def test_nothing_but_plain_paths(self, store, tmp_path, key):
        (tmp_path / "given").write_bytes(b"x")
        for attempt in (
            store.put_bytes(key, b"x", "image/jpeg"),
            store.put_file(key, tmp_path / "given", "image/jpeg"),
            store.fetch(key, tmp_path / "got"),
            store.head(key),
            store.delete(key),
            content_of(store, key),
        ):
            with pytest.raises(InvalidKey):
                await attempt
        for sign in (upload_of, download_of):
            with pytest.raises(InvalidKey):
                sign(store, key)
        for where in (store.local_path, store.engine_source):
            with pytest.raises(InvalidKey):
                where(key)
