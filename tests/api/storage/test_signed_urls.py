"""Uploads, whole and in parts, and downloads, through signed URLs of both stores."""

import asyncio
import random
import re
import socket
from time import sleep, time
from urllib.parse import parse_qsl, urlencode, urlsplit

import httpx
import pytest

from api.storage import (
    InvalidKey,
    ObjectExists,
    ObjectMissing,
    ObjectTooLarge,
    content_disposition,
)
from api.storage_parts import PART_BYTES, Part, missing_of, parts_of
from tests.api.storage.transfers import (
    KEY,
    LIMIT,
    MEGABYTE,
    altered,
    content_of,
    download_of,
    half_an_upload,
    put,
    upload_of,
)

pytestmark = pytest.mark.anyio


class TestUpload:
    async def test_the_url_takes_the_bytes(self, store, http):
        upload = upload_of(store, content_type="image/jpeg", size_bytes=5)
        assert (upload.method, upload.max_bytes) == ("PUT", LIMIT)
        assert abs(upload.expires_at.timestamp() - time() - 600) < 60
        assert await put(http, upload, b"bytes") == 200
        assert await content_of(store) == b"bytes"

    async def test_an_uploaded_file_cannot_be_replaced(self, store, http):
        upload = upload_of(store)
        assert await put(http, upload, b"scored") == 200
        assert await put(http, upload, b"another") in {409, 412}
        assert await put(http, upload_of(store), b"another") in {409, 412}
        assert await content_of(store) == b"scored"

    async def test_of_several_uploads_at_once_one_wins_whole(self, store, http):
        upload = upload_of(store)
        bodies = [bytes([letter]) * 3 * MEGABYTE for letter in b"abcdef"]
        statuses = await asyncio.gather(*(put(http, upload, body) for body in bodies))
        assert sorted(statuses)[0] == 200
        assert set(sorted(statuses)[1:]) <= {409, 412}
        assert await content_of(store) == bodies[statuses.index(200)]

    async def test_a_size_that_is_known_is_the_only_one_taken(self, store, http):
        upload = upload_of(store, size_bytes=5)
        for body in (b"1234", b"123456"):
            headers = upload.headers | {"Content-Length": str(len(body))}
            assert (await http.put(upload.url, content=body, headers=headers)).status_code == 403
        assert not await store.exists(KEY)

    async def test_a_size_above_the_limit_is_not_signed(self, store):
        with pytest.raises(ObjectTooLarge):
            upload_of(store, size_bytes=LIMIT + 1)

    async def test_the_limit_holds_for_a_size_that_is_unknown(self, store, http):
        await put(http, upload_of(store, max_bytes=1000), bytes(1000))
        assert (await store.head(KEY, max_bytes=1000)).size_bytes == 1000
        status = await put(http, upload_of(store, "uploads/large", max_bytes=1000), bytes(1001))
        if status == 413:
            assert not await store.exists("uploads/large")
        else:
            with pytest.raises(ObjectTooLarge):
                await store.head("uploads/large", max_bytes=1000)

    async def test_the_content_type_is_part_of_the_signature(self, store, http):
        upload = upload_of(store, content_type="image/jpeg")
        assert (await http.put(upload.url, content=b"x", headers={"Content-Type": "text/html"})).status_code == 403

    async def test_an_expired_url_takes_nothing(self, store, http):
        upload = upload_of(store, expires_seconds=1)
        sleep(2)
        assert await put(http, upload, b"late") == 403
        assert not await store.exists(KEY)

    async def test_another_key_or_method_needs_another_signature(self, store, http):
        upload, download = upload_of(store), download_of(store)
        other = httpx.put(upload.url.replace("sub_1", "sub_2"), content=b"x", headers=upload.headers)
        turned = httpx.put(download, content=b"x", headers=upload.headers)
        assert {other.status_code, turned.status_code, (await http.get(upload.url)).status_code} == {403}
        assert not await store.exists(KEY)
        assert not await store.exists(KEY.replace("sub_1", "sub_2"))

    async def test_an_upload_that_breaks_off_leaves_nothing(self, store, http):
        upload = upload_of(store)
        with half_an_upload(upload):
            await asyncio.sleep(0.3)
        await asyncio.sleep(0.3)
        assert not await store.exists(KEY)
        assert await put(http, upload, b"again") == 200


class TestParts:
    """A file of two parts and a bit."""

    CONTENT = random.Random(4).randbytes(2 * PART_BYTES + 1000)

    async def send(self, store, http, upload_id, *numbers) -> list[int]:
        statuses = []
        for part in parts_of(len(self.CONTENT)):
            if part.number in numbers:
                start = (part.number - 1) * PART_BYTES
                signed = store.parts.sign(KEY, upload_id, part, expires_seconds=600)
                statuses.append(await put(http, signed, self.CONTENT[start : start + part.size_bytes]))
        return statuses

    async def test_what_is_there_stays_and_the_rest_follows(self, store, http):
        upload_id = await store.parts.begin(KEY)
        assert await store.parts.received(KEY, upload_id) == []
        assert await self.send(store, http, upload_id, 1, 3) == [200, 200]
        received = await store.parts.received(KEY, upload_id)
        assert missing_of(len(self.CONTENT), received) == [Part(2, PART_BYTES)]
        assert not await store.exists(KEY)
        assert await self.send(store, http, upload_id, 2, 3) == [200, 200]  # the last one once more, which is harmless
        await store.parts.join(KEY, upload_id)
        assert await content_of(store) == self.CONTENT
        for over in (store.parts.received(KEY, upload_id), store.parts.join(KEY, upload_id)):
            with pytest.raises(ObjectMissing):
                await over
        assert await self.send(store, http, upload_id, 1) in ([404], [409])
        assert await content_of(store) == self.CONTENT

    async def test_what_was_dropped_is_gone(self, store, http):
        upload_id = await store.parts.begin(KEY)
        await self.send(store, http, upload_id, 1)
        for _ in range(2):
            await store.parts.drop(KEY, upload_id)
        with pytest.raises(ObjectMissing):
            await store.parts.received(KEY, upload_id)
        assert await self.send(store, http, upload_id, 2) == [404]
        assert not await store.exists(KEY)

    async def test_a_part_takes_its_bytes_and_no_others(self, store, http):
        upload_id = await store.parts.begin(KEY)
        signed = store.parts.sign(KEY, upload_id, Part(1, 1000), expires_seconds=600)
        for body in (bytes(999), bytes(1001)):
            headers = signed.headers | {"Content-Length": str(len(body))}
            assert (await http.put(signed.url, content=body, headers=headers)).status_code == 403
        assert await store.parts.received(KEY, upload_id) == []

    async def test_its_url_is_for_one_part_of_one_upload_of_one_key(self, store, http):
        upload_id, other_id = await store.parts.begin(KEY), await store.parts.begin("uploads/other")
        signed = store.parts.sign(KEY, upload_id, Part(7, 5), expires_seconds=600)
        turned = [
            re.sub("art(Number)?=7", lambda found: found.group().replace("7", "8"), signed.url),
            signed.url.replace(upload_id, other_id),
            signed.url.replace(KEY, "uploads/other"),
        ]
        for url in turned:
            assert url != signed.url
            assert (await http.put(url, content=b"bytes", headers=signed.headers)).status_code == 403
        assert (await http.get(signed.url)).status_code == 403
        with pytest.raises(ObjectMissing):
            await store.parts.received("uploads/other", upload_id)
        late = store.parts.sign(KEY, upload_id, Part(7, 5), expires_seconds=1)
        sleep(2)
        assert await put(http, late, b"bytes") == 403

    async def test_an_object_is_not_replaced(self, store, http):
        upload_id = await store.parts.begin(KEY)
        await self.send(store, http, upload_id, 1, 2, 3)
        assert await put(http, upload_of(store), b"came first") == 200
        with pytest.raises(ObjectExists):
            await store.parts.join(KEY, upload_id)
        assert await content_of(store) == b"came first"

    async def test_a_part_that_breaks_off_is_not_there(self, store, http):
        upload_id = await store.parts.begin(KEY)
        signed = store.parts.sign(KEY, upload_id, Part(1, 3 * MEGABYTE), expires_seconds=600)
        with half_an_upload(signed):
            await asyncio.sleep(0.3)
        await asyncio.sleep(0.3)
        assert await store.parts.received(KEY, upload_id) == []

    @pytest.mark.parametrize("upload_id", ["", "../../x", "0" * 32])
    async def test_a_made_up_upload_leads_nowhere(self, local_store, upload_id):
        for attempt in (local_store.parts.received(KEY, upload_id), local_store.parts.join(KEY, upload_id)):
            with pytest.raises(ObjectMissing):
                await attempt

    @pytest.mark.parametrize("key", ["../a", "a//b", ".incoming/a"])
    async def test_keys_are_plain_paths(self, store, key):
        with pytest.raises(InvalidKey):
            await store.parts.begin(key)
        with pytest.raises(InvalidKey):
            store.parts.sign(key, "0" * 32, Part(1, 1), expires_seconds=600)


@pytest.mark.parametrize(
    ("size_bytes", "sizes"),
    [(1, [1]), (PART_BYTES, [PART_BYTES]), (2 * PART_BYTES + 3, [PART_BYTES, PART_BYTES, 3])],
)
def test_a_file_is_divided_into_equal_parts_and_a_rest(size_bytes: int, sizes: list[int]) -> None:
    assert [part.size_bytes for part in parts_of(size_bytes)] == sizes
    broken = [Part(1, 1 if size_bytes > 1 else 2)]
    assert missing_of(size_bytes, broken) == parts_of(size_bytes)


class TestDownload:
    async def test_it_names_and_types_the_file(self, store, http):
        await store.put_bytes(KEY, b"0123456789", "image/jpeg")
        answer = await http.get(download_of(store, filename="Menü „1“.jpeg"))
        assert (answer.status_code, answer.content) == (200, b"0123456789")
        assert answer.headers["Content-Type"] == "image/jpeg"
        assert answer.headers["Content-Disposition"] == content_disposition("Menü „1“.jpeg", attachment=True)

    async def test_it_may_be_shown_instead_of_saved(self, store, http):
        await store.put_bytes(KEY, b"x", "image/jpeg")
        answer = await http.get(download_of(store, attachment=False))
        assert answer.headers["Content-Disposition"].startswith("inline;")

    @pytest.mark.parametrize(
        ("asked", "status", "content", "content_range"),
        [
            ("bytes=2-4", 206, b"234", "bytes 2-4/10"),
            ("bytes=7-", 206, b"789", "bytes 7-9/10"),
            ("bytes=-3", 206, b"789", "bytes 7-9/10"),
            ("bytes=5-99", 206, b"56789", "bytes 5-9/10"),
            ("bytes=10-", 416, None, "bytes */10"),
        ],
    )
    async def test_ranges(self, store, http, asked, status, content, content_range):
        await store.put_bytes(KEY, b"0123456789", "image/jpeg")
        answer = await http.get(download_of(store), headers={"Range": asked})
        assert (answer.status_code, answer.headers["Content-Range"]) == (status, content_range)
        assert content is None or answer.content == content

    @pytest.mark.parametrize("asked", ["bytes=abc", "lines=1-2", "bytes=", "bytes"])
    async def test_what_is_no_range_is_left_aside(self, store, http, asked):
        await store.put_bytes(KEY, b"0123456789", "image/jpeg")
        answer = await http.get(download_of(store), headers={"Range": asked})
        assert (answer.status_code, answer.content) == (200, b"0123456789")

    async def test_an_expired_url_gives_nothing(self, store, http):
        await store.put_bytes(KEY, b"x", "image/jpeg")
        url = download_of(store, expires_seconds=1)
        sleep(2)
        assert (await http.get(url)).status_code == 403

    async def test_no_parameter_of_the_url_can_be_changed(self, store, http):
        await store.put_bytes(KEY, b"x", "image/jpeg")
        url = urlsplit(download_of(store))
        parameters = parse_qsl(url.query)
        assert len(parameters) >= 4
        for changed, (_, value) in enumerate(parameters):
            other = [(n, altered(value) if index == changed else v) for index, (n, v) in enumerate(parameters)]
            assert (await http.get(url._replace(query=urlencode(other)).geturl())).status_code in {400, 403}
            fewer = parameters[:changed] + parameters[changed + 1 :]
            assert (await http.get(url._replace(query=urlencode(fewer)).geturl())).status_code in {400, 403}
        assert (await http.get(url.geturl())).status_code == 200

    async def test_a_missing_object_is_not_found(self, store, http):
        assert (await http.get(download_of(store))).status_code == 404

    async def test_a_hundred_urls_are_signed_without_a_request(self, store, s3_store, monkeypatch):
        def no_network(*_):
            raise AssertionError("signing opened a socket")

        monkeypatch.setattr(socket.socket, "connect", no_network)
        assert len({download_of(store, f"files/org_1/file_{n}.jpeg") for n in range(100)}) == 100
