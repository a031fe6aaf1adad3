"""The built pages, read into memory once: they are a few hundred kilobytes."""

import hashlib
import mimetypes
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

DIST = Path(__file__).parent / "dist"
"""Written by `npm run build` in `api/web/app`, which `scripts/setup` calls."""

_MEDIA_TYPES = {".js": "text/javascript", ".webmanifest": "application/manifest+json", ".svg": "image/svg+xml"}
"""Those that the machine's own table may lack or name otherwise."""
_ENCODINGS = {"br": ".br", "gzip": ".gz"}
"""Best first."""


@dataclass(frozen=True, slots=True)
class WebFile:
    """One file of the build."""

    media_type: str
    etag: str
    content: bytes
    encoded: Mapping[str, bytes]
    """The same, compressed, by `Content-Encoding`."""

    def best(self, accepted: str) -> tuple[str | None, bytes]:
        """The smallest form that an `Accept-Encoding` names, and its `Content-Encoding`."""
        names = {
            part.split(";")[0].strip() for part in accepted.split(",") if not part.replace(" ", "").endswith("q=0")
        }
        for name, content in self.encoded.items():
            if name in names:
                return name, content
        return None, self.content


@cache
def load_bundle(dist: Path = DIST) -> Mapping[str, WebFile]:
    """The files of the build by their path in it, for example `console.html`; empty when it is not there."""
    plain = [path for path in sorted(dist.rglob("*")) if path.is_file() and path.suffix not in _ENCODINGS.values()]
    return {path.relative_to(dist).as_posix(): _read(path) for path in plain if not path.name.startswith(".")}


def _read(path: Path) -> WebFile:
    content = path.read_bytes()
    beside = {name: path.with_name(path.name + ending) for name, ending in _ENCODINGS.items()}
    return WebFile(
        media_type=_MEDIA_TYPES.get(path.suffix) or mimetypes.guess_type(path.name)[0] or "application/octet-stream",
        etag=f'"{hashlib.sha256(content).hexdigest()[:32]}"',
        content=content,
        encoded={name: other.read_bytes() for name, other in beside.items() if other.is_file()},
    )
