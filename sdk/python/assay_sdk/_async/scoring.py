"""Scoring a file now."""

import json
from collections.abc import Sequence
from pathlib import Path

from pydantic_core import to_jsonable_python

from assay_sdk import calls
from assay_sdk._async.transport import AsyncTransport
from assay_sdk.types.jobs import ContentType, Requirements, RequirementsParam
from assay_sdk.types.scores import Score

LONGEST_SECONDS = 300.0
"""Of a score: a long video takes its time, more so behind others."""


class AsyncScoring:
    """What the engine says about a file, without a job."""

    def __init__(self, transport: AsyncTransport) -> None:
        self._transport = transport

    async def score(
        self,
        file: str | Path | bytes,
        *,
        description: str,
        content_type: ContentType | None = None,
        file_formats: Sequence[str] | None = None,
        requirements: Requirements | RequirementsParam | None = None,
        filename: str | None = None,
    ) -> Score:
        """Score and annotate one file; nothing is stored, nothing is charged.

        Args:
            file: path or content.
            description: what it must show.
            content_type: `image`, `audio` or `video`; any when absent.
            file_formats: names (`jpeg`) or MIME types that are accepted; all of the content type when absent.
            requirements: hard conditions.
            filename: what it is called; the path's name when absent.

        Raises:
            Overloaded: the engine cannot score at the moment.
            PayloadTooLarge: the file has too many bytes.
        """
        wanted = None if requirements is None else json.dumps(to_jsonable_python(requirements, exclude_none=True))
        formats = None if file_formats is None else ",".join(file_formats)
        fields = {
            "description": description,
            "content_type": content_type,
            "file_formats": formats,
            "requirements": wanted,
        }
        form = calls.FormFile.of(file, filename)
        call = calls.ask_form("/v1/score", form, fields, longest_wait_seconds=LONGEST_SECONDS)
        return await self._transport.fetch(call, Score)
