"""Signed URLs of the local store."""

import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal
from urllib.parse import urlencode

from api.clock import now
from api.storage import StoreError, check_key

PATH = "/v1/store"


class BadSignature(StoreError):
    """A URL that we did not sign like this, or not for so long."""


@dataclass(frozen=True, slots=True)
class Grant:
    """What a signed URL allows. HEAD is allowed where GET is."""

    method: Literal["GET", "PUT"]
    key: str
    expires: int
    """Seconds since 1970."""
    max_bytes: int | None = None
    """Of an upload."""
    size_bytes: int | None = None
    """Of an upload whose size is known."""
    content_type: str | None = None
    """What a download answers with, or an upload has to come with."""
    content_disposition: str | None = None
    """Of a download."""
    upload_id: str | None = None
    """Of the upload in parts that this is one part of."""
    part: int | None = None

    def headers(self) -> dict[str, str]:
        """What an upload has to carry."""
        size = None if self.size_bytes is None else str(self.size_bytes)
        return {n: v for n, v in (("Content-Type", self.content_type), ("Content-Length", size)) if v is not None}


_PARAMETERS = ("expires", "max_bytes", "size_bytes", "content_type", "content_disposition", "upload_id", "part")
_NUMBERS = frozenset({"expires", "max_bytes", "size_bytes", "part"})


class UrlSigner:
    """Signs grants into URLs and reads them back, with HMAC-SHA256."""

    def __init__(self, signing_key: bytes, base_url: str) -> None:
        """
        Args:
            signing_key: at least 32 random bytes.
            base_url: how clients reach the front end, without a slash at the end.
        """
        self._key = hmac.digest(signing_key, b"assay object store", "sha256")
        self._base_url = base_url

    def sign(self, grant: Grant) -> str:
        """The URL of a grant."""
        given = {name: getattr(grant, name) for name in _PARAMETERS}
        query = {name: str(value) for name, value in given.items() if value is not None}
        query["signature"] = self._signature(grant.method, check_key(grant.key), query)
        return f"{self._base_url}{PATH}/{grant.key}?{urlencode(query)}"

    def read(self, method: Literal["GET", "PUT"], key: str, query: Mapping[str, str]) -> Grant:
        """The grant of a request.

        Args:
            query: of the URL; parameters that are not signed are ignored.

        Raises:
            BadSignature: it is not ours, or expired.
        """
        expected = self._signature(method, key, query)
        # As bytes, since `compare_digest` refuses text beyond ASCII.
        if not hmac.compare_digest(query.get("signature", "").encode(), expected.encode()):
            raise BadSignature("the signature of this URL is not valid")
        signed = {name: query[name] for name in _PARAMETERS if name in query}
        grant = Grant(method, key, **{n: int(v) if n in _NUMBERS else v for n, v in signed.items()})  # type: ignore[arg-type]
        if now().timestamp() >= grant.expires:
            raise BadSignature("this URL has expired")
        return grant

    def _signature(self, method: str, key: str, query: Mapping[str, str]) -> str:
        """Over the text of every field, absent ones included, so that none can be added, dropped or moved."""
        fields = [("method", method), ("key", key), *((n, query[n]) for n in _PARAMETERS if n in query)]
        return hmac.digest(self._key, json.dumps(fields).encode(), "sha256").hex()
