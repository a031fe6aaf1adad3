"""Where the signed URLs of the local store lead."""

from collections.abc import Iterator
from contextlib import contextmanager

from starlette.requests import ClientDisconnect, Request
from starlette.responses import FileResponse, MalformedRangeHeader, Response
from starlette.responses import RangeNotSatisfiable as BehindTheEnd

from api.body_limit import allow_body
from api.errors import AuthorizationFailed, Conflict, NotFound, PayloadTooLarge, RangeNotSatisfiable, ValidationFailed
from api.plain_route import PlainRoute
from api.storage import ObjectExists, ObjectMissing, ObjectTooLarge, check_size
from api.storage_local import LocalStore
from api.storage_signing import PATH, BadSignature, Grant

_HARMLESS = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "sandbox",
    "Cache-Control": "private, no-transform",
}
"""A stranger's file must never run as a page of our origin."""


def create_routes(store: LocalStore) -> list[PlainRoute]:
    """PUT, GET and HEAD of objects, for whoever holds a signed URL.

    They are left out of the OpenAPI description: a client takes the URL, the method and the headers as given. So they
    are Starlette's own routes: there is nothing for FastAPI to check.
    """

    async def upload_object(request: Request) -> Response:
        with _answers():
            grant = store.signer.read("PUT", request.path_params["key"], request.query_params)
            await _receive(store, grant, request)
        return Response()

    async def download_object(request: Request) -> Response:
        with _answers():
            grant = store.signer.read("GET", request.path_params["key"], request.query_params)
            return await _give(store, grant)

    path = PATH + "/{key:path}"
    return [
        PlainRoute(path, upload_object, methods=["PUT"]),
        PlainRoute(path, download_object, methods=["GET", "HEAD"]),
    ]


async def _receive(store: LocalStore, grant: Grant, request: Request) -> None:
    for name, value in grant.headers().items():
        if request.headers.get(name) != value:
            raise BadSignature(f"this URL was signed for an upload with the header {name}: {value}")
    # Before the first byte is asked for, so that a client that expects `100 Continue` is spared the transfer.
    check_size(grant.key, int(request.headers.get("Content-Length", 0)), grant.max_bytes)
    if await store.exists(grant.key):
        raise ObjectExists(f"{grant.key} is there already")
    allow_body(request, None)  # the store counts for itself
    if grant.upload_id is not None:
        await store.parts.receive(grant, request.stream())
    else:
        await store.receive(grant.key, request.stream(), max_bytes=grant.max_bytes)


async def _give(store: LocalStore, grant: Grant) -> Response:
    if not await store.exists(grant.key):
        raise ObjectMissing(f"there is no object {grant.key}")
    headers = _HARMLESS | {"Content-Disposition": grant.content_disposition or "attachment"}
    media_type = grant.content_type or "application/octet-stream"
    return _File(store.local_path(grant.key), media_type=media_type, headers=headers)


class _File(FileResponse):
    """A file or ranges of it. What is no range is left aside (RFC 9110, 14.2); one behind the end is an error."""

    @classmethod
    def _parse_range_header(cls, http_range: str, file_size: int) -> list[tuple[int, int]]:
        try:
            return super()._parse_range_header(http_range, file_size)
        except MalformedRangeHeader:
            return []
        except BehindTheEnd:
            headers = {"Content-Range": f"bytes */{file_size}"}
            raise RangeNotSatisfiable(f"this file has {file_size:,} bytes", headers=headers) from None


@contextmanager
def _answers() -> Iterator[None]:
    """What the store says, as the contract says it; keys stay out of it."""
    try:
        yield
    except BadSignature as error:
        raise AuthorizationFailed(str(error)) from error
    except ObjectTooLarge as error:
        raise PayloadTooLarge("the file has more bytes than this URL accepts") from error
    except ObjectExists as error:
        raise Conflict("this file was uploaded already") from error
    except ObjectMissing as error:
        raise NotFound("this file is not there") from error
    except ClientDisconnect as error:
        raise ValidationFailed("the upload broke off") from error
