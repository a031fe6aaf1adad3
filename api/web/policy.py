"""What a browser may do with our pages: run our scripts, and speak to this server and the object store."""

from typing import Literal, get_args
from urllib.parse import urlsplit

from configs.settings import Settings, StoreSettings

PageName = Literal["console", "capture", "ops"]
PAGES: tuple[PageName, ...] = get_args(PageName)

_SENSORS: dict[PageName, str] = {
    "console": "camera=(), microphone=(), geolocation=()",
    "capture": "camera=(self), microphone=(self), geolocation=()",
    "ops": "camera=(), microphone=(), geolocation=()",
}
"""Only who captures is asked for camera and microphone."""


def page_headers(settings: Settings, page: PageName) -> dict[str, str]:
    """Of a page's HTML. Scripts and styles come from files of this origin: none is inline, none evaluated."""
    return {
        "Content-Security-Policy": content_policy(settings),
        "Permissions-Policy": _SENSORS[page],
        "Cross-Origin-Opener-Policy": "same-origin",
        **file_headers(),
    }


def file_headers() -> dict[str, str]:
    """Of every file that a page is made of."""
    return {
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
        "Cross-Origin-Resource-Policy": "same-origin",
    }


def content_policy(settings: Settings) -> str:
    """The Content-Security-Policy."""
    store = " ".join(store_origins(settings))
    return "; ".join(
        (
            "default-src 'none'",
            "script-src 'self'",
            "style-src 'self'",
            f"img-src 'self' blob: data: {store}",
            f"media-src 'self' blob: {store}",
            f"connect-src 'self' {store}",
            "font-src 'self'",
            "manifest-src 'self'",
            "worker-src 'self'",
            "base-uri 'none'",
            "form-action 'self'",
            "frame-ancestors 'none'",
        )
    )


def store_origins(settings: Settings) -> list[str]:
    """Where signed URLs lead: to the API's public address, or to the S3 server as browsers reach it."""
    if settings.store.backend == "local":
        return [_origin(settings.api.url)]
    return _s3_origins(settings.store)


def _s3_origins(store: StoreSettings) -> list[str]:
    url = store.public_endpoint_url or store.endpoint_url
    if url is None:
        hosts = ("s3.amazonaws.com", f"s3.{store.region}.amazonaws.com")
        return [f"https://{host if store.path_style else f'{store.bucket}.{host}'}" for host in hosts]
    if store.path_style:
        return [_origin(url)]
    parts = urlsplit(url)
    return [f"{parts.scheme}://{store.bucket}.{parts.netloc}"]


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"
