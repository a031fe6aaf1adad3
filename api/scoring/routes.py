"""Scoring one file now."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from fastapi import APIRouter, Request
from fastapi.exceptions import RequestValidationError
from pydantic import Json, TypeAdapter, ValidationError

from api.auth import Caller, needs
from api.errors import ValidationFailed
from api.formats import FORMAT_NAMES, MAX_FORMATS, FileFormats, kinds_of
from api.scoring.places import overloaded
from api.scoring.schemas import ScoreResource
from api.services import Services, Use
from api.submissions.service import expect_media_type
from api.submissions.uploads import Upload, uploaded
from pipeline.brief import JobBrief, Requirements
from pipeline.result import ScoreRequest
from serve.errors import EngineError

router = APIRouter(tags=["scoring"])

_formats: TypeAdapter[list[str]] = TypeAdapter(FileFormats)
_requirements: TypeAdapter[Requirements] = TypeAdapter(Json[Requirements])
_FORMAT_LIST = "^(({0})(, *({0})){{0,{1}}})?$".format("|".join(FORMAT_NAMES), MAX_FORMATS - 1)
_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["file", "description"],
                    "properties": {
                        "file": {"type": "string", "format": "binary"},
                        "description": {
                            "type": "string",
                            "minLength": 1,
                            "maxLength": 5000,
                            "pattern": r"^[^\x00]*[^\s\x00][^\x00]*$",
                        },
                        "content_type": {"type": "string", "enum": ["image", "audio", "video"]},
                        "file_formats": {
                            "type": "string",
                            "pattern": _FORMAT_LIST,
                            "description": "Names (`jpeg`) or MIME types, separated by commas; all else.",
                        },
                        "requirements": {"$ref": "#/components/schemas/Requirements"},
                    },
                }
            }
        },
    }
}


@router.post("/v1/score", openapi_extra=_BODY)
async def score_file(request: Request, use: Use, caller: Caller = needs("submissions:write")) -> ScoreResource:
    """Score and annotate one file; nothing is stored, nothing is charged."""
    expect_media_type(request.headers.get("content-type", ""), "multipart/form-data")
    use.scoring.require()
    async with uploaded(request, use.settings.api.score_max_bytes) as upload:
        brief = _brief(upload.fields)
        try:
            with use.scoring.one():
                result = await use.engine.score(ScoreRequest(_source(use, upload), brief))
        except EngineError as error:
            raise overloaded("the engine cannot score this file at the moment", code="engine_failed") from error
    facts = result.evidence.facts
    kind = brief.content_type or (facts.content_type if facts else None)
    result = await use.rubrics.applied(result, brief, caller.organization_id, kind)
    shown = result.to_json()
    return ScoreResource(ai_star_rating=shown["score"], **shown)


def _source(use: Services, upload: Upload) -> Any:
    """The file itself where the engine shares this machine's disk, its content where it may be elsewhere."""
    return upload.path if use.settings.store.backend == "local" else upload.path.read_bytes()


def _brief(fields: Mapping[str, str]) -> JobBrief:
    with _faults_in("requirements"):
        requirements = _requirements.validate_python(fields.get("requirements") or "{}")
    with _faults_in("file_formats"):
        formats = _formats.validate_python([name for name in fields.get("file_formats", "").split(",") if name.strip()])
    with _faults_in():
        brief = JobBrief(
            description=fields.get("description", ""),
            content_type=fields.get("content_type") or None,  # type: ignore[arg-type]  # which the model checks
            file_formats=tuple(formats),
            requirements=requirements,
        )
    if brief.content_type and kinds_of(formats) - {brief.content_type}:
        raise ValidationFailed("file_formats are not all of the content_type", param="file_formats")
    return brief


@contextmanager
def _faults_in(*field: str) -> Iterator[None]:
    """What is wrong with a field of the body is told by its name."""
    try:
        yield
    except ValidationError as error:
        faults = [{**fault, "loc": ("body", *field, *fault["loc"])} for fault in error.errors(include_context=False)]
        raise RequestValidationError(faults) from error
