"""Sessions of browsers: a sealed cookie that names a key, and a token against forged requests.

Nothing is stored. The cookie says whose key it was made with and until when; the key itself is looked up at every
request, so a session ends with its key. Scripts can read neither the cookie nor the key: what a page holds is the
CSRF token, which is worth nothing without the cookie.
"""

import hmac
import json
import secrets
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal, Self

from cryptography.fernet import InvalidToken
from fastapi import Request, Response

from api.clock import now
from api.errors import AuthorizationFailed
from api.services import Services

Kind = Literal["client", "worker"]

LIFE: dict[Kind, timedelta] = {"client": timedelta(hours=12), "worker": timedelta(days=30)}
"""A working day at a desk; a phone in the field should not ask for a new invitation every morning."""
CSRF_HEADER = "X-CSRF-Token"
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


@dataclass(frozen=True, slots=True)
class Session:
    """What the cookie says."""

    kind: Kind
    holder_id: str
    """Of the API key, or of the worker."""
    mark: str
    """Start of the token's hash: a worker that got a new token has its old sessions ended."""
    csrf_token: str
    expires: int
    """Seconds since 1970."""

    @classmethod
    def of(cls, kind: Kind, holder_id: str, token_hash: str, ends_at: datetime | None = None) -> Self:
        """A new one, which ends at `ends_at` at the latest."""
        end = now() + LIFE[kind]
        end = end if ends_at is None else min(end, ends_at)
        return cls(kind, holder_id, token_hash[:16], secrets.token_urlsafe(32), int(end.timestamp()))

    @property
    def expires_at(self) -> datetime:
        return datetime.fromtimestamp(self.expires, UTC)

    def is_of(self, token_hash: str) -> bool:
        """Whether it was made with the token of this hash."""
        return hmac.compare_digest(self.mark, token_hash[:16])


def set_cookie(response: Response, request: Request, use: Services, session: Session) -> None:
    """Sign the browser in."""
    secure = is_https(request, use)
    response.set_cookie(
        cookie_name(session.kind, secure),
        use.cipher.seal(json.dumps(asdict(session))),
        max_age=int((session.expires_at - now()).total_seconds()),
        path="/",
        secure=secure,
        httponly=True,
        samesite="strict",
    )
    response.headers["Cache-Control"] = "no-store"


def clear_cookie(response: Response, request: Request, use: Services, kind: Kind) -> None:
    """Sign the browser out."""
    secure = is_https(request, use)
    response.delete_cookie(cookie_name(kind, secure), path="/", secure=secure, httponly=True, samesite="strict")


def read_session(request: Request, use: Services, kind: Kind) -> Session | None:
    """The session that the request's cookie names, `None` without one that holds.

    Raises:
        AuthorizationFailed: the request would change something, and does not come from a page of ours.
    """
    session = _opened(request.cookies.get(cookie_name(kind, is_https(request, use)), ""), use)
    if session is None or session.kind != kind or session.expires_at <= now():
        return None
    if request.method not in SAFE_METHODS:
        _require_csrf_token(request, session)
    return session


def cookie_name(kind: Kind, secure: bool) -> str:
    """With the prefix that keeps other hosts of the domain from setting it, where browsers allow that."""
    return f"__Host-assay_{kind}" if secure else f"assay_{kind}"


def is_https(request: Request, use: Services) -> bool:
    """Whether browsers come by TLS, which a proxy before us may end."""
    return use.settings.api.url.startswith("https://") or request.url.scheme == "https"


def _opened(sealed: str, use: Services) -> Session | None:
    try:
        return Session(**json.loads(use.cipher.open(sealed)))
    except (InvalidToken, ValueError, TypeError):
        return None


def _require_csrf_token(request: Request, session: Session) -> None:
    given = request.headers.get(CSRF_HEADER, "")
    if not hmac.compare_digest(given.encode(), session.csrf_token.encode()):
        raise AuthorizationFailed(f"send the session's token as {CSRF_HEADER}", code="csrf_token", param=CSRF_HEADER)
