"""One suite over both stores, each behind a real server; then what only one of them does."""

import asyncio
import hashlib
import os
import random
import re
import socket
import ssl
import tracemalloc
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from time import sleep, time
from urllib.parse import parse_qsl, urlencode, urlsplit

import httpx
import pytest

from api.storage import (
    InvalidKey,
    ObjectChanged,
    ObjectExists,
    ObjectMissing,
    ObjectStore,
    ObjectTooLarge,
    SignedUpload,
    StoreUnavailable,
    content_disposition,
    create_store,
)
from api.storage_local import ABANDONED_SECONDS, INCOMING, LocalStore
from api.storage_parts import PART_BYTES, Part, missing_of, parts_of
from api.storage_s3 import S3Store
from api.storage_signing import UrlSigner
from configs.settings import StoreSettings, load_settings
from tests.api.stores import S3Server, free_ports, seaweedfs, serving

pytestmark = pytest.mark.anyio

KEY = "uploads/org_1/job_1/sub_1/1"
MEGABYTE = 1_000_000
LIMIT = 10 * MEGABYTE
_buckets = count(1)


@pytest.fixture(scope="session")
def s3(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3Server]:
    with seaweedfs(tmp_path_factory.mktemp("weed")) as server:
        yield server


@pytest.fixture
def bucket() -> str:
    return f"assay-{next(_buckets)}"


@pytest.fixture(params=["local", "s3"])
def store(request: pytest.FixtureRequest) -> ObjectStore:
    made: ObjectStore = request.getfixturevalue(f"{request.param}_store")
    return made


@pytest.fixture
async def local_store(tmp_path: Path) -> AsyncIterator[LocalStore]:
    (port,) = free_ports(1)
    made = LocalStore(tmp_path / "store", UrlSigner(b"k" * 32, f"http://127.0.0.1:{port}"))
    await made.start()
    with serving(made, port):
        yield made


@pytest.fixture
async def s3_store(s3: S3Server, bucket: str) -> AsyncIterator[S3Store]:
    made = S3Store(s3.settings(bucket))
    await made.start()
    yield made
    await made.close()


@pytest.fixture
async def http() -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(timeout=60) as client:
        yield client


def upload_of(store: ObjectStore, key: str = KEY, **changed):
    return store.sign_upload(key, **{"max_bytes": LIMIT, "expires_seconds": 600} | changed)


def download_of(store: ObjectStore, key: str = KEY, **changed) -> str:
    given = {"filename": "menu.jpeg", "content_type": "image/jpeg", "expires_seconds": 600}
    return store.sign_download(key, **given | changed)


async def put(http: httpx.AsyncClient, upload, content) -> int:
    return (await http.put(upload.url, content=content, headers=upload.headers)).status_code


async def content_of(store: ObjectStore, key: str = KEY) -> bytes:
    return b"".join([chunk async for chunk in store.open_stream(key)])


@contextmanager
def half_an_upload(upload: SignedUpload) -> Iterator[None]:
    """Two of three megabytes are sent, and the connection is cut at the end of the block."""
    url = urlsplit(upload.url)
    headers = {"Host": url.netloc, "Content-Length": 3 * MEGABYTE} | upload.headers
    head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    with socket.create_connection((url.hostname, url.port)) as connection:
        connection.sendall(f"PUT {url.path}?{url.query} HTTP/1.1\r\n{head}\r\n".encode() + bytes(2 * MEGABYTE))
        yield


async def _until(is_so: Callable[[], bool]) -> None:
    for _ in range(600):
        if is_so():
            return
        await asyncio.sleep(0.05)
    raise AssertionError("it did not come to pass in half a minute")


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
        for attempt in (content_of(store), store.fetch(KEY, tmp_path / "got"), store.copy(KEY, "files/a")):
            with pytest.raises(ObjectMissing):
                await attempt
        assert not (tmp_path / "got").exists()
        await store.delete(KEY)

    async def test_copy_is_of_its_own(self, store):
        await store.put_bytes(KEY, b"original", "image/jpeg")
        for _ in range(2):  # work done twice ends the same
            await store.copy(KEY, "files/org_1/file_1.jpeg")
        await store.put_bytes(KEY, b"changed", "image/jpeg")
        await store.delete(KEY)
        assert await content_of(store, "files/org_1/file_1.jpeg") == b"original"

    async def test_a_prefix_is_deleted_and_its_namesake_is_not(self, store):
        for key in ("uploads/org_1/a", "uploads/org_1/b/c", "uploads/org_10/a"):
            await store.put_bytes(key, b"x", "image/jpeg")
        assert await store.delete_prefix("uploads/org_1/") == 2
        assert await store.delete_prefix("uploads/org_1/") == 0
        assert [await store.exists(f"uploads/org_{n}/a") for n in (1, 10)] == [False, True]

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
            store.copy(key, "a"),
            store.copy("a", key),
            store.delete_prefix(key + "/"),
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

    async def test_a_prefix_is_a_folder(self, store):
        with pytest.raises(InvalidKey):
            await store.delete_prefix("uploads/org_1")


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
            other = [(n, _altered(value) if index == changed else v) for index, (n, v) in enumerate(parameters)]
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


def _altered(value: str) -> str:
    return value[:-1] + ("1" if value[-1] != "1" else "2")


class TestLocalStore:
    async def test_the_engine_reads_the_file_itself(self, local_store, tmp_path):
        await local_store.put_bytes(KEY, b"x", "image/jpeg")
        assert local_store.local_path(KEY) == local_store.engine_source(KEY) == tmp_path / "store" / KEY
        assert local_store.local_path(KEY).read_bytes() == b"x"

    async def test_a_file_of_the_scratch_folder_is_not_copied(self, local_store):
        made = local_store.scratch / "made.jpeg"
        made.write_bytes(b"12345")
        await local_store.put_file(KEY, made, "image/jpeg")
        assert local_store.local_path(KEY).samefile(made)

    async def test_only_objects_lie_in_the_store_after_uploads_of_every_kind(self, local_store, http, tmp_path):
        await put(http, upload_of(local_store), b"taken")
        await put(http, upload_of(local_store), b"again")
        await put(http, upload_of(local_store, "uploads/large", max_bytes=10), _chunks(20))
        files = [path.relative_to(tmp_path / "store") for path in (tmp_path / "store").rglob("*") if path.is_file()]
        assert files == [Path(KEY)]

    async def test_an_upload_that_breaks_off_frees_its_disk(self, local_store, tmp_path):
        with half_an_upload(upload_of(local_store)):
            await _until(lambda: any((tmp_path / "store" / INCOMING).iterdir()))
        await _until(lambda: not any((tmp_path / "store" / INCOMING).iterdir()))

    async def test_the_limit_is_met_while_streaming(self, local_store, http):
        answer = await http.put(upload_of(local_store, max_bytes=MEGABYTE).url, content=_chunks(3 * MEGABYTE))
        assert answer.status_code == 413
        assert answer.json()["error"]["type"] == "payload_too_large"

    async def test_errors_have_the_contracts_shape_and_name_no_key(self, local_store, http):
        upload = upload_of(local_store)
        await put(http, upload, b"x")
        again = await http.put(upload.url, content=b"x")
        missing = await http.get(download_of(local_store, "files/none"))
        forged = await http.get(download_of(local_store) + "0")
        assert [(a.status_code, a.json()["error"]["type"]) for a in (again, missing, forged)] == [
            (409, "conflict"),
            (404, "not_found"),
            (403, "authorization_error"),
        ]
        assert not any("org_1" in a.text or "files/" in a.text for a in (again, missing, forged))

    async def test_a_strangers_file_never_runs_as_our_page(self, local_store, http):
        await local_store.put_bytes(KEY, b"<script>", "text/html")
        answer = await http.get(download_of(local_store, content_type="text/html", attachment=False))
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Content-Security-Policy"] == "sandbox"

    async def test_head_tells_the_size_and_sends_nothing(self, local_store, http):
        await local_store.put_bytes(KEY, b"0123456789", "image/jpeg")
        answer = await http.head(download_of(local_store))
        assert (answer.status_code, answer.headers["Content-Length"], answer.content) == (200, "10", b"")

    @pytest.mark.parametrize("path", ["../../secret.key", "%2e%2e/secret.key", "..%2fsecret.key", ".incoming/x", "%00"])
    async def test_no_path_leads_out_of_the_store(self, local_store, http, tmp_path, path):
        (tmp_path / "secret.key").write_text("secret")
        base = download_of(local_store).replace(KEY, path)
        for attempt in (await http.get(base), await http.put(base, content=b"x")):
            assert attempt.status_code in {403, 404}
            assert "secret" not in attempt.text
        assert (tmp_path / "secret.key").read_text() == "secret"

    async def test_what_a_killed_process_left_is_swept_at_start(self, local_store, tmp_path):
        for name, age_seconds in (("old", ABANDONED_SECONDS + 60), ("new", 60)):
            path = tmp_path / "store" / INCOMING / name
            path.write_bytes(b"half")
            os.utime(path, (time() - age_seconds,) * 2)
        await local_store.start()
        assert [path.name for path in (tmp_path / "store" / INCOMING).iterdir()] == ["new"]

    async def test_empty_folders_go_with_their_last_object(self, local_store, tmp_path):
        await local_store.put_bytes(KEY, b"x", "image/jpeg")
        await local_store.put_bytes("uploads/org_2/a", b"x", "image/jpeg")
        await local_store.delete(KEY)
        assert [path.name for path in (tmp_path / "store" / "uploads").iterdir()] == ["org_2"]

    async def test_an_object_cannot_lie_below_another(self, local_store):
        await local_store.put_bytes("files/a", b"x", "image/jpeg")
        with pytest.raises((ObjectExists, ObjectMissing)):
            await local_store.put_bytes("files/a/b", b"x", "image/jpeg")
        assert await local_store.head("files/a/b") is None
        assert await local_store.head("files") is None

    async def test_a_lost_disk_is_unavailable(self, local_store, tmp_path):
        (tmp_path / "store" / INCOMING).rmdir()
        with pytest.raises(StoreUnavailable):
            await local_store.check()


class TestS3Store:
    async def test_the_engine_gets_a_url_of_the_inner_endpoint(self, s3, bucket, http):
        store = S3Store(s3.settings(bucket, public_endpoint_url="http://files.example:8333"))
        await store.start()
        await store.put_bytes(KEY, b"x", "image/jpeg")
        assert store.local_path(KEY) is None
        assert (await http.get(store.engine_source(KEY))).content == b"x"

    async def test_strangers_get_urls_of_the_public_endpoint(self, s3, bucket, http):
        store = S3Store(s3.settings(bucket, public_endpoint_url="http://files.example:8333"))
        await store.start()
        upload, host = upload_of(store), {"Host": "files.example:8333"}
        assert upload.url.startswith(f"http://files.example:8333/{bucket}/")
        inner = upload.url.replace("http://files.example:8333", s3.url)
        assert (await http.put(inner, content=b"x", headers=upload.headers)).status_code == 403
        assert (await http.put(inner, content=b"x", headers=upload.headers | host)).status_code == 200
        outer = download_of(store).replace("http://files.example:8333", s3.url)
        assert (await http.get(outer, headers=host)).content == b"x"

    async def test_the_bucket_may_stand_in_the_host_name(self, s3, s3_store, bucket, http):
        port = urlsplit(s3.url).port
        public = f"http://s3.localhost:{port}"
        store = S3Store(s3.settings(bucket, public_endpoint_url=public, path_style=False))
        await s3_store.put_bytes(KEY, b"x", "image/jpeg")
        url = download_of(store)
        assert url.startswith(f"http://{bucket}.s3.localhost:{port}/{KEY}?")
        inner = url.replace(f"{bucket}.s3.localhost", "127.0.0.1")
        assert (await http.get(inner, headers={"Host": urlsplit(url).netloc})).content == b"x"

    async def test_the_bucket_is_made_once(self, s3, bucket):
        for _ in range(2):
            store = S3Store(s3.settings(bucket))
            await store.start()
            await store.check()

    async def test_a_bucket_that_is_not_there_is_unavailable(self, s3, bucket):
        store = S3Store(s3.settings(bucket))
        with pytest.raises(StoreUnavailable):
            await store.check()

    async def test_a_server_that_is_not_there_is_unavailable(self, s3, tmp_path):
        (port,) = free_ports(1)
        store = S3Store(s3.settings("assay-none", endpoint_url=f"http://127.0.0.1:{port}"))
        for attempt in (store.check(), store.start(), store.head(KEY), store.fetch(KEY, tmp_path / "got")):
            with pytest.raises(StoreUnavailable):
                await attempt

    async def test_wrong_credentials_are_unavailable(self, s3, bucket):
        store = S3Store(s3.settings(bucket, secret_access_key="wrong"))
        with pytest.raises(StoreUnavailable):
            await store.check()

    async def test_only_a_known_authority_is_trusted(self, s3, bucket, http):
        with pytest.raises(StoreUnavailable, match="CERTIFICATE_VERIFY_FAILED"):
            await S3Store(s3.settings(bucket, endpoint_url=s3.tls_url)).start()
        store = S3Store(s3.settings(bucket, endpoint_url=s3.tls_url, ca_bundle=s3.ca_bundle))
        await store.start()
        await store.put_bytes(KEY, b"over TLS", "image/jpeg")
        assert await content_of(store) == b"over TLS"
        trusting = ssl.create_default_context(cafile=str(s3.ca_bundle))
        async with httpx.AsyncClient(verify=trusting) as client:
            assert (await client.get(download_of(store))).content == b"over TLS"

    async def test_a_prefix_of_more_objects_than_one_call_deletes(self, s3_store):
        for start in range(0, 1010, 101):
            keys = [f"uploads/org_1/{n}" for n in range(start, start + 101)]
            await asyncio.gather(*(s3_store.put_bytes(key, b"x", "image/jpeg") for key in keys))
        assert await s3_store.delete_prefix("uploads/org_1/") == 1010
        assert not await s3_store.exists("uploads/org_1/1009")


class TestSettings:
    async def test_the_settings_choose_the_store(self, s3, bucket, tmp_path):
        local = create_store(load_settings("embedded", state_dir=tmp_path), b"k" * 32)
        assert local.local_path(KEY) == tmp_path / "store" / KEY
        settings = load_settings("embedded", state_dir=tmp_path).model_copy(update={"store": s3.settings(bucket)})
        assert isinstance(create_store(settings, b"k" * 32), S3Store)

    def test_s3_needs_a_bucket_and_whole_credentials(self):
        with pytest.raises(ValueError, match=r"needs store\.bucket"):
            StoreSettings(backend="s3")
        with pytest.raises(ValueError, match="go together"):
            StoreSettings(backend="s3", bucket="b", access_key_id="a")


async def _chunks(size_bytes: int) -> AsyncIterator[bytes]:
    for start in range(0, size_bytes, 65536):
        yield bytes(min(65536, size_bytes - start))
