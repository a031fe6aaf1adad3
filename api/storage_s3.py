"""Objects in a bucket of any server that speaks S3, through boto3.

Uploads are signed with `If-None-Match: *`, so that a URL takes one file and no second: AWS, MinIO and SeaweedFS
(4.48, tested) answer 412 to the second PUT, and to all but one of several at once. A server that ignores the header
lets the file be replaced as long as the URL lives; whoever reads an upload therefore has to compare its SHA-256 with
the one that was scored. Servers are told to drop unfinished multipart uploads by a lifecycle rule of the bucket: ours
are aborted when they fail, but not when the process is killed.
"""

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from uuid import uuid4

import boto3
from boto3.exceptions import Boto3Error
from boto3.s3.transfer import TransferConfig
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from pydantic import SecretStr

from api.clock import after
from api.storage import (
    CHUNK_BYTES,
    SCRATCH,
    ObjectExists,
    ObjectMissing,
    SignedUpload,
    StoredObject,
    StoreError,
    StoreUnavailable,
    Written,
    check_key,
    check_size,
    content_disposition,
)
from api.storage_parts_s3 import S3Parts
from api.storage_stream import fetch
from configs.settings import StoreSettings

MAX_CALLS = 16
"""Calls under way at once; each holds a thread."""
PART_BYTES = 16 * 1024**2
"""2 GiB are 128 parts; S3 allows 10,000."""
PARTS_AT_ONCE = 4
ENGINE_URL_SECONDS = 3600
"""Longer than any submission waits between its claim and its last look at the file."""
CONNECT_SECONDS = 5
READ_SECONDS = 60
QUICK_READ_SECONDS = 5
"""For requests without a body, which somebody waits for with a row locked."""
ATTEMPTS = 3

_TRANSFER = TransferConfig(PART_BYTES, PARTS_AT_ONCE, PART_BYTES)
_MISSING = frozenset({"404", "NoSuchKey", "NoSuchUpload", "NotFound"})
_TAKEN = frozenset({"412", "PreconditionFailed", "ConditionalRequestConflict"})
_HEADERS = {"IfNoneMatch": "If-None-Match", "ContentType": "Content-Type", "ContentLength": "Content-Length"}


class S3Store:
    """Objects in one bucket. boto3's calls block, so they run in a pool of threads; signing does not leave the CPU.

    With credentials that expire (a role of the machine) signing renews them when they are near their end, which is
    one request; `check` usually has come first.
    """

    def __init__(self, settings: StoreSettings) -> None:
        """
        Args:
            settings: with a bucket.
        """
        self._bucket = settings.bucket or ""
        self._region = settings.region
        session = boto3.Session(
            aws_access_key_id=_plain(settings.access_key_id),
            aws_secret_access_key=_plain(settings.secret_access_key),
            region_name=settings.region,
        )
        self._client = _client(session, settings, settings.endpoint_url)
        self._quick = _client(session, settings, settings.endpoint_url, read_seconds=QUICK_READ_SECONDS)
        self._signer = _client(session, settings, settings.public_endpoint_url or settings.endpoint_url)
        self._pool = ThreadPoolExecutor(MAX_CALLS, "s3")
        self._scratch = TemporaryDirectory(prefix=SCRATCH, ignore_cleanup_errors=True)
        self.parts = S3Parts(self._client, self._quick, self._call, partial(_sign, self._signer), self._at)

    @property
    def scratch(self) -> Path:
        return Path(self._scratch.name)

    async def start(self) -> None:
        await self._call(self._ensure_bucket)

    async def close(self) -> None:
        self._scratch.cleanup()
        await asyncio.to_thread(self._pool.shutdown)
        for client in (self._client, self._quick, self._signer):
            client.close()

    async def check(self, *, writing: bool = False) -> None:
        await self._call(self._quick.head_bucket, Bucket=self._bucket)
        if writing:
            probe = self._at(f"uploads/checks/{uuid4().hex}")
            await self._call(self._quick.put_object, **probe, Body=b"ok")
            with suppress(StoreUnavailable):  # a bucket may keep all that it has
                await self._call(self._quick.delete_object, **probe)

    def sign_upload(
        self,
        key: str,
        *,
        max_bytes: int,
        expires_seconds: int,
        content_type: str | None = None,
        size_bytes: int | None = None,
    ) -> SignedUpload:
        check_size(key, size_bytes or 0, max_bytes)
        expires_at = after(expires_seconds)
        given = {"IfNoneMatch": "*", "ContentType": content_type, "ContentLength": size_bytes}
        signed = {name: value for name, value in given.items() if value is not None}
        url = _sign(self._signer, "put_object", self._at(key) | signed, expires_seconds)
        headers = {_HEADERS[name]: str(value) for name, value in signed.items()}
        return SignedUpload(url, "PUT", headers, expires_at, max_bytes)

    def sign_download(
        self, key: str, *, filename: str, content_type: str, expires_seconds: int, attachment: bool = True
    ) -> str:
        answer = {
            "ResponseContentType": content_type,
            "ResponseContentDisposition": content_disposition(filename, attachment),
        }
        return _sign(self._signer, "get_object", self._at(key) | answer, expires_seconds)

    def local_path(self, key: str) -> None:
        check_key(key)

    def engine_source(self, key: str) -> str:
        return _sign(self._client, "get_object", self._at(key), ENGINE_URL_SECONDS)

    async def head(self, key: str, *, max_bytes: int | None = None) -> StoredObject | None:
        try:
            found = await self._call(self._quick.head_object, **self._at(key))
        except ObjectMissing:
            return None
        check_size(key, found["ContentLength"], max_bytes)
        return StoredObject(key, found["ContentLength"], found["LastModified"])

    async def exists(self, key: str) -> bool:
        return await self.head(key) is not None

    async def put_file(self, key: str, path: Path, content_type: str) -> None:
        target = self._at(key) | {"Filename": str(path), "ExtraArgs": {"ContentType": content_type}}
        await self._call(self._client.upload_file, Config=_TRANSFER, **target)

    async def put_bytes(self, key: str, content: bytes, content_type: str) -> None:
        await self._call(self._client.put_object, Body=content, ContentType=content_type, **self._at(key))

    async def open_stream(self, key: str) -> AsyncGenerator[bytes, None]:
        body = (await self._call(self._client.get_object, **self._at(key)))["Body"]
        try:
            while chunk := await self._call(body.read, amt=CHUNK_BYTES):
                yield chunk
        finally:
            body.close()

    async def fetch(self, key: str, path: Path, *, max_bytes: int | None = None, sha256: str | None = None) -> Written:
        return await fetch(key, self.open_stream(key), path, max_bytes=max_bytes, sha256=sha256)

    async def delete(self, key: str) -> None:
        await self._call(self._quick.delete_object, **self._at(key))

    def _at(self, key: str) -> dict[str, Any]:
        return {"Bucket": self._bucket, "Key": check_key(key)}

    async def _call(self, function: Callable[..., Any], **arguments: Any) -> Any:
        with _translated():
            return await asyncio.get_running_loop().run_in_executor(self._pool, partial(function, **arguments))

    def _ensure_bucket(self) -> None:
        try:
            self._client.head_bucket(Bucket=self._bucket)
        except ClientError as error:
            if _code(error) not in _MISSING:
                raise
            self._create_bucket()

    def _create_bucket(self) -> None:
        # us-east-1 is the one region that must not be named.
        place = {"CreateBucketConfiguration": {"LocationConstraint": self._region}}
        try:
            self._client.create_bucket(Bucket=self._bucket, **({} if self._region == "us-east-1" else place))
        except ClientError as error:
            if _code(error) != "BucketAlreadyOwnedByYou":  # another replica was faster
                raise


def _client(session: Any, settings: StoreSettings, endpoint_url: str | None, read_seconds: float = READ_SECONDS) -> Any:
    config = Config(
        signature_version="s3v4",
        s3={"addressing_style": "path" if settings.path_style else "virtual"},
        connect_timeout=CONNECT_SECONDS,
        read_timeout=read_seconds,
        retries={"mode": "standard", "total_max_attempts": ATTEMPTS},
        max_pool_connections=MAX_CALLS * PARTS_AT_ONCE,
        # Checksum trailers are newer than many servers; TLS, ETags and our own SHA-256 guard the bytes.
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
    )
    authorities = str(settings.ca_bundle) if settings.ca_bundle else None
    return session.client("s3", endpoint_url=endpoint_url, verify=authorities, config=config)


def _plain(secret: SecretStr | None) -> str | None:
    return secret.get_secret_value() if secret else None


def _sign(client: Any, method: str, parameters: dict[str, Any], expires_seconds: int) -> str:
    with _translated():
        return str(client.generate_presigned_url(method, Params=parameters, ExpiresIn=expires_seconds))


def _code(error: ClientError) -> str:
    return str(error.response["Error"].get("Code"))


def _kind_of(error: ClientError) -> type[StoreError]:
    if _code(error) in _TAKEN:
        return ObjectExists
    return ObjectMissing if _code(error) in _MISSING and error.operation_name != "HeadBucket" else StoreUnavailable


@contextmanager
def _translated() -> Iterator[None]:
    """boto3's errors in the store's words."""
    try:
        yield
    except ClientError as error:
        raise _kind_of(error)(str(error)) from error
    except (BotoCoreError, Boto3Error) as error:
        raise StoreUnavailable(str(error)) from error
