"""The OpenAPI document: errors in the contract's shape on every route, none that FastAPI assumes by itself."""

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic import BaseModel

from api.errors import BY_STATUS

_METHODS = ("get", "post", "put", "patch", "delete", "head")
_HEADERS = {
    "X-Request-Id": {"schema": {"type": "string"}, "description": "Names this request in our logs."},
    "X-RateLimit-Limit": {"schema": {"type": "integer"}},
    "X-RateLimit-Remaining": {"schema": {"type": "integer"}},
    "X-RateLimit-Reset": {"schema": {"type": "integer"}, "description": "Unix time."},
}
_ALWAYS = (400, 401, 403, 404, 429, 500, 503)
_MUTATING = (402, 409, 413, 415, 422)
_ERRORS = (*_ALWAYS, *_MUTATING)


class ErrorDetail(BaseModel):
    """One of several faults of a body."""

    field: str
    message: str


class ErrorFields(BaseModel):
    """What went wrong."""

    type: str
    code: str
    message: str
    param: str | None
    request_id: str
    details: list[ErrorDetail]


class ErrorBody(BaseModel):
    """The body of every response that is not a success."""

    error: ErrorFields


def describe(app: FastAPI) -> dict[str, Any]:
    """The document of an app, made once."""
    if app.openapi_schema is None:
        document = get_openapi(
            title=app.title, version=app.version, description=app.description, routes=app.routes, tags=app.openapi_tags
        )
        schemas = document.setdefault("components", {}).setdefault("schemas", {})
        for name in ("HTTPValidationError", "ValidationError"):
            schemas.pop(name, None)
        reference = "#/components/schemas/{model}"
        for model in (ErrorDetail, ErrorFields, ErrorBody):
            schemas[model.__name__] = model.model_json_schema(ref_template=reference, mode="serialization")
            schemas[model.__name__].pop("$defs", None)
        document["components"]["headers"] = _HEADERS
        document["components"]["responses"] = {BY_STATUS[status].__name__: _error(status) for status in _ERRORS}
        for operations in document["paths"].values():
            for method in _METHODS:
                if method in operations:
                    _describe_errors(method, operations[method])
        app.openapi_schema = document
    return app.openapi_schema


def _describe_errors(method: str, operation: dict[str, Any]) -> None:
    responses = operation["responses"]
    if "HTTPValidationError" in str(responses.get("422")):
        del responses["422"]
    statuses = _ALWAYS if method in ("get", "head") else _ALWAYS + _MUTATING
    for status in statuses:
        responses.setdefault(str(status), {"$ref": f"#/components/responses/{BY_STATUS[status].__name__}"})
    for response in responses.values():
        if "$ref" not in response:
            response.setdefault("headers", _header_references())


def _error(status: int) -> dict[str, Any]:
    content = {"application/json": {"schema": {"$ref": "#/components/schemas/ErrorBody"}}}
    return {"description": BY_STATUS[status].type, "content": content, "headers": _header_references()}


def _header_references() -> dict[str, Any]:
    return {name: {"$ref": f"#/components/headers/{name}"} for name in _HEADERS}
