"""What httpx says about broken connections, as our errors."""

from collections.abc import Iterator
from contextlib import contextmanager

import httpx

from assay_sdk.errors import ConnectionFailed, InvalidResponse

_MISTAKES = (httpx.UnsupportedProtocol, httpx.LocalProtocolError)
"""Of the caller: the same again would fail again."""
_BEFORE_SENDING = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)


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
        was_sent = not isinstance(error, _BEFORE_SENDING)
        raise ConnectionFailed(str(error) or type(error).__name__, was_sent=was_sent) from error
    except httpx.DecodingError as error:
        raise InvalidResponse(str(error)) from error
