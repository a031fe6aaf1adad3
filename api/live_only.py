"""What test keys may not touch, since it is one and the same in both modes: money, workers, settings."""

from api.auth import Caller
from api.errors import AuthorizationFailed


def require_live(caller: Caller, what: str) -> None:
    """
    Args:
        caller: who wants to.
        what: the act, to begin the message with: `buying credits`.

    Raises:
        AuthorizationFailed: the caller's key is one of test mode.
    """
    if not caller.livemode:
        raise AuthorizationFailed(f"{what} needs a live key; this one is of test mode", code="live_key_required")
