"""Uploads in parts: what arrived before a break stays, and only the rest is sent.

Each part has a signed URL of its own, and takes as many bytes as were signed. Parts are no object: `join` makes one.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Protocol

from api.storage import SignedUpload

PART_BYTES = 5 * 1024**2
"""The least that S3 takes of any part but the last: a break costs seconds on a slow line, and 2 GiB are 410 parts."""


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of a file, at its place in it."""

    number: int
    """From 1."""
    size_bytes: int


class PartedUploads(Protocol):
    """Uploads in parts of one store. Every method checks the key (`InvalidKey`); an upload is of one key for good.

    Every asynchronous method raises `StoreUnavailable` when the backend does not answer.
    """

    async def begin(self, key: str) -> str:
        """The id of a new upload, in the store's own words."""

    def sign(self, key: str, upload_id: str, part: Part, *, expires_seconds: int) -> SignedUpload:
        """A URL that takes the part, again and again until the parts are joined. No network."""

    async def received(self, key: str, upload_id: str) -> Sequence[Part]:
        """What is there, by number.

        Raises:
            ObjectMissing: there is no such upload of the key: never begun, joined or dropped.
        """

    async def join(self, key: str, upload_id: str) -> None:
        """Make the object of all parts that are there, and end the upload.

        Raises:
            ObjectMissing: there is no such upload of the key.
            ObjectExists: the key is taken.
        """

    async def drop(self, key: str, upload_id: str) -> None:
        """Remove the parts and end the upload; nothing happens when there is none."""


def parts_of(size_bytes: int) -> list[Part]:
    """How a file is divided: every part but the last has `PART_BYTES`."""
    starts = range(0, size_bytes, PART_BYTES)
    return [Part(index + 1, min(PART_BYTES, size_bytes - start)) for index, start in enumerate(starts)]


def missing_of(size_bytes: int, received: Collection[Part]) -> list[Part]:
    """What has yet to be sent; a part that arrived with another size is to be sent again."""
    return [part for part in parts_of(size_bytes) if part not in received]
