"""Which files literally contain the words of a query."""

import re
from collections.abc import Collection
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from api.tables import File
from pipeline.letters import MARKS, composed

_WORD = re.compile(rf"[\w{MARKS}]+")


async def containing(session: AsyncSession, file_ids: Collection[str], query: str) -> set[str]:
    """Those of the files whose read text or transcript has every word of the query, in any order and case."""
    wanted = words(query)
    if not wanted:
        return set()
    members = [File.annotations[name].label(name) for name in ("ocr_text", "keyframes", "transcript")]
    rows = await session.execute(select(File.id, *members).where(File.id.in_(file_ids)))
    return {file_id for file_id, *found in rows if wanted <= words(_text(*found))}


def words(text: str) -> frozenset[str]:
    """The words of a text, without regard to case and to how their accents are written."""
    return frozenset(_WORD.findall(composed(text).casefold()))


def _text(ocr_text: str | None, keyframes: list[dict[str, Any]] | None, transcript: str | None) -> str:
    frames = (frame.get("ocr_text") for frame in keyframes or ())
    return "\n".join(part for part in (ocr_text, transcript, *frames) if part)
