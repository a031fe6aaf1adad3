"""Uploads in parts of the local store: a folder an upload, a file a part."""

import asyncio
import hashlib
import os
import re
import shutil
from collections.abc import AsyncIterator, Callable, Sequence
from functools import partial
from pathlib import Path
from uuid import uuid4

from api.clock import after
from api.storage import CHUNK_BYTES, ObjectMissing, SignedUpload, check_key
from api.storage_disk import on_disk, place, removed
from api.storage_parts import Part
from api.storage_signing import Grant, UrlSigner
from api.storage_stream import write_stream

_UPLOAD_ID = re.compile(r"[0-9a-f]{32}")


class LocalParts:
    """Uploads below the store's folder of files that are not objects yet."""

    def __init__(self, incoming: Path, signer: UrlSigner, path_of: Callable[[str], Path]) -> None:
        """
        Args:
            path_of: where the object of a key lies.
        """
        self._incoming = incoming
        self._signer = signer
        self._path_of = path_of

    async def begin(self, key: str) -> str:
        upload_id = uuid4().hex
        with on_disk():
            await asyncio.to_thread(self._folder(key, upload_id).mkdir)
        return upload_id

    def sign(self, key: str, upload_id: str, part: Part, *, expires_seconds: int) -> SignedUpload:
        expires_at, size_bytes = after(expires_seconds), part.size_bytes
        grant = Grant(
            "PUT", key, int(expires_at.timestamp()), size_bytes, size_bytes, None, None, upload_id, part.number
        )
        return SignedUpload(self._signer.sign(grant), "PUT", grant.headers(), expires_at, size_bytes)

    async def received(self, key: str, upload_id: str) -> Sequence[Part]:
        return await asyncio.to_thread(self._received, key, upload_id)

    async def join(self, key: str, upload_id: str) -> None:
        await asyncio.to_thread(self._join, key, upload_id)

    async def drop(self, key: str, upload_id: str) -> None:
        await asyncio.to_thread(shutil.rmtree, self._folder(key, upload_id), ignore_errors=True)

    async def receive(self, grant: Grant, chunks: AsyncIterator[bytes]) -> None:
        """Store what comes by a signed URL.

        Raises:
            ObjectMissing: the upload is over.
            ObjectTooLarge: more than the part's bytes came.
        """
        folder, made = self._folder(grant.key, grant.upload_id or ""), self._incoming / uuid4().hex
        with on_disk(grant.key), removed(made):
            folder.stat()
            # The folder is not synced: a part that a power cut loses is sent again.
            into_place = partial(os.replace, made, folder / str(grant.part))
            await write_stream(grant.key, chunks, made, max_bytes=grant.size_bytes, then=into_place)

    def _folder(self, key: str, upload_id: str) -> Path:
        """By the key's digest too, so that the id of another's upload leads nowhere."""
        if not _UPLOAD_ID.fullmatch(upload_id):
            raise ObjectMissing(f"there is no upload of {key}")
        return self._incoming / f"{hashlib.sha256(check_key(key).encode()).hexdigest()}-{upload_id}"

    def _received(self, key: str, upload_id: str) -> list[Part]:
        with on_disk(key):
            found = [Part(int(path.name), path.stat().st_size) for path in self._folder(key, upload_id).iterdir()]
        return sorted(found, key=lambda part: part.number)

    def _join(self, key: str, upload_id: str) -> None:
        folder, made = self._folder(key, upload_id), self._incoming / uuid4().hex
        parts = self._received(key, upload_id)
        with on_disk(key), removed(made):
            _concatenate([folder / str(part.number) for part in parts], made)
            place(os.link, made, self._path_of(key))
        shutil.rmtree(folder, ignore_errors=True)


def _concatenate(paths: Sequence[Path], target: Path) -> None:
    with target.open("xb") as whole:
        for path in paths:
            with path.open("rb") as part:
                shutil.copyfileobj(part, whole, CHUNK_BYTES)
        whole.flush()
        os.fsync(whole.fileno())
