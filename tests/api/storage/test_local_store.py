"""What only the local store does."""

import os
from pathlib import Path
from time import time

import pytest

from api.storage import (
    ObjectExists,
    ObjectMissing,
    StoreUnavailable,
)
from api.storage_local import ABANDONED_SECONDS, INCOMING
from tests.api.storage.transfers import KEY, MEGABYTE, chunks_of, download_of, half_an_upload, put, until, upload_of

pytestmark = pytest.mark.anyio


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
        await put(http, upload_of(local_store, "uploads/large", max_bytes=10), chunks_of(20))
        files = [path.relative_to(tmp_path / "store") for path in (tmp_path / "store").rglob("*") if path.is_file()]
        assert files == [Path(KEY)]

    async def test_an_upload_that_breaks_off_frees_its_disk(self, local_store, tmp_path):
        with half_an_upload(upload_of(local_store)):
            await until(lambda: any((tmp_path / "store" / INCOMING).iterdir()))
        await until(lambda: not any((tmp_path / "store" / INCOMING).iterdir()))

    async def test_the_limit_is_met_while_streaming(self, local_store, http):
        answer = await http.put(upload_of(local_store, max_bytes=MEGABYTE).url, content=chunks_of(3 * MEGABYTE))
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

    async def test_a_disk_that_is_almost_full_is_unavailable(self, local_store, monkeypatch):
        await local_store.check()
        monkeypatch.setattr("api.storage_disk.MIN_FREE_BYTES", 1 << 62)
        with pytest.raises(StoreUnavailable, match="MiB are left"):
            await local_store.check()
