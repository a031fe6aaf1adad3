"""Formats of files, by whatever name a client asks for them."""

from collections.abc import Sequence
from typing import Annotated, Any

from pydantic import AfterValidator, Field

from pipeline.media import MIME_TYPES, ContentType

_EXTRA_MIMES = {
    "jpg": "jpeg",
    "image/jpg": "jpeg",
    "image/heif": "heic",
    "audio/mp3": "mp3",
    "audio/wave": "wav",
    "audio/x-wav": "wav",
    "audio/m4a": "m4a",
    "audio/x-m4a": "m4a",
    "audio/x-flac": "flac",
}
"""What browsers and telephones call the same formats."""
_FORMATS = {mime: name for name, (_, mime) in MIME_TYPES.items()} | _EXTRA_MIMES
FORMAT_NAMES: list[Any] = sorted({*MIME_TYPES, *_FORMATS})
"""Every name that is understood."""
MAX_FORMATS = 24


def _known(named: Sequence[str]) -> list[str]:
    return list(dict.fromkeys(_format(name) for name in named))


def _format(name: str) -> str:
    cleaned = name.strip().lower().lstrip(".")
    found = cleaned if cleaned in MIME_TYPES else _FORMATS.get(cleaned)
    if found is None:
        raise ValueError(f"{name[:40]!r} is not an accepted format; known are {', '.join(MIME_TYPES)}")
    return found


FileFormats = Annotated[
    list[Annotated[str, Field(json_schema_extra={"enum": FORMAT_NAMES})]],
    Field(max_length=MAX_FORMATS),
    AfterValidator(_known),
]
"""Names (`jpeg`) or MIME types, which become the names in `pipeline.media.MIME_TYPES`, each once."""


def kinds_of(formats: Sequence[str]) -> set[ContentType]:
    """Content types of formats by their names."""
    return {MIME_TYPES[name][0] for name in formats}
