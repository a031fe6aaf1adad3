"""What httpx says about broken connections, as our errors."""

from collections.abc import Iterator
from contextlib import contextmanager

import httpx

from assay_sdk.errors import ConnectionFailed, InvalidResponse

_MISTAKES = (httpx.UnsupportedProtocol, httpx.LocalProtocolError)
"""Of the caller: the same again would fail again."""


@contextmanager
def told_as_ours() -> Iterator[None]:
    """
    Raises:
        ConnectionFailed: no whole answer came.
        InvalidResponse: one came that cannot be decoded.
    """
    try:
        yield
    except _MISTAKES:
        raise
    except httpx.TransportError as error:
        raise ConnectionFailed(str(error) or type(error).__name__) from error
    except httpx.DecodingError as error:
        raise InvalidResponse(str(error)) from error
