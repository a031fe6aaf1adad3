"""Uploads in parts of an S3 store: its own multipart uploads, with a signed URL a part."""

from collections.abc import Callable, Coroutine, Sequence
from contextlib import suppress
from typing import Any

from api.clock import after
from api.storage import ObjectMissing, SignedUpload
from api.storage_parts import Part

Call = Callable[..., Coroutine[Any, Any, Any]]
Sign = Callable[[str, dict[str, Any], int], str]


class S3Parts:
    """Multipart uploads of one bucket. What a killed process leaves of one is for the bucket's lifecycle rule."""

    def __init__(self, client: Any, quick: Any, call: Call, sign: Sign, at: Callable[[str], dict[str, Any]]) -> None:
        """
        Args:
            client: that waits for as long as gigabytes take.
            quick: for what is answered at once; some of it is asked within a transaction.
            call: runs one of the client's methods.
            sign: a method with its parameters into a URL of so many seconds.
            at: bucket and checked key, as parameters.
        """
        self._client = client
        self._quick = quick
        self._call = call
        self._sign = sign
        self._at = at

    async def begin(self, key: str) -> str:
        begun = await self._call(self._quick.create_multipart_upload, **self._at(key))
        return str(begun["UploadId"])

    def sign(self, key: str, upload_id: str, part: Part, *, expires_seconds: int) -> SignedUpload:
        expires_at = after(expires_seconds)
        given = {"UploadId": upload_id, "PartNumber": part.number, "ContentLength": part.size_bytes}
        url = self._sign("upload_part", self._at(key) | given, expires_seconds)
        return SignedUpload(url, "PUT", {"Content-Length": str(part.size_bytes)}, expires_at, part.size_bytes)

    async def received(self, key: str, upload_id: str) -> Sequence[Part]:
        found = await self._call(self._list, **self._at(key), UploadId=upload_id)
        return [Part(part["PartNumber"], part["Size"]) for part in found]

    async def join(self, key: str, upload_id: str) -> None:
        upload = self._at(key) | {"UploadId": upload_id}
        found = await self._call(self._list, **upload)
        parts = [{"PartNumber": part["PartNumber"], "ETag": part["ETag"]} for part in found]
        whole = {"MultipartUpload": {"Parts": parts}, "IfNoneMatch": "*"}
        await self._call(self._client.complete_multipart_upload, **upload, **whole)

    async def drop(self, key: str, upload_id: str) -> None:
        with suppress(ObjectMissing):
            await self._call(self._quick.abort_multipart_upload, **self._at(key), UploadId=upload_id)

    def _list(self, **upload: Any) -> list[dict[str, Any]]:
        pages = self._quick.get_paginator("list_parts").paginate(**upload)
        return [part for page in pages for part in page.get("Parts", ())]
