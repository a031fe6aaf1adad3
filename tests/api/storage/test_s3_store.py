"""What only the S3 store does, and how one of the two is chosen."""

import ssl
from urllib.parse import urlsplit

import httpx
import pytest

from api.storage import (
    StoreUnavailable,
    create_store,
)
from api.storage_s3 import S3Store
from configs.settings import StoreSettings, load_settings
from tests.api.storage.transfers import (
    KEY,
    content_of,
    download_of,
    upload_of,
)
from tests.api.stores import READER_KEY, free_ports

pytestmark = pytest.mark.anyio


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

    async def test_a_bucket_that_takes_nothing_is_unavailable_to_who_would_write(self, s3, s3_store, bucket):
        await s3_store.check(writing=True)
        reader = S3Store(s3.settings(bucket, access_key_id=READER_KEY))
        await reader.check()
        with pytest.raises(StoreUnavailable):
            await reader.check(writing=True)

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
