"""The OpenAPI document: errors in the contract's shape on every route, none that FastAPI assumes by itself."""

from collections.abc import Iterator
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic import BaseModel

from api.errors import BY_STATUS

_METHODS = ("get", "post", "put", "patch", "delete", "head")
_COUNT = {"type": "integer", "minimum": 0}
_HEADERS: dict[str, dict[str, Any]] = {
    "X-Request-Id": {"schema": {"type": "string"}, "description": "Names this request in our logs."},
    "X-RateLimit-Limit": {
        "schema": _COUNT,
        "description": "Requests of this class in a minute; of nobody known, those of the address.",
    },
    "X-RateLimit-Remaining": {"schema": _COUNT},
    "X-RateLimit-Reset": {"schema": _COUNT, "description": "Unix time."},
}
_ALWAYS = frozenset({400, 413, 429, 500, 503})
_OF_CALLERS = frozenset({401, 403})
_OF_IDS = frozenset({404})
_MUTATING = frozenset({409})
_OF_BODIES = frozenset({415})
_OF_IDEMPOTENCY_KEYS = frozenset({422})
_OF_HOLDS = frozenset({402})
_HOLDING = ("create_job", "review_submission")
"""Operations that need credits."""
_CONFLICTING_READS = ("get_parted_upload",)
"""Operations that change nothing and answer only in some states of what they are asked for."""
_UNLIMITED = ("healthz", "readyz", "metrics")
_MAKERS = {
    "create_job": "job_id",
    "create_submission": "submission_id",
    "accept_job": "submission_id",
    "export_job": "export_id",
    "create_webhook_endpoint": "endpoint_id",
    "create_api_key": "key_id",
    "create_worker": "worker_id",
}
"""Operations whose answer has the id that others ask for as this parameter."""
_ERRORS = _ALWAYS | _OF_CALLERS | _OF_IDS | _MUTATING | _OF_BODIES | _OF_IDEMPOTENCY_KEYS | _OF_HOLDS


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
        document["components"]["headers"] = {name: {"required": True} | header for name, header in _HEADERS.items()}
        document["components"]["responses"] = {BY_STATUS[status].__name__: _error(status) for status in sorted(_ERRORS)}
        for method, operation in _operations(document):
            _describe_errors(method, operation)
        _link(document)
        app.openapi_schema = document
    return app.openapi_schema


def _operations(document: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for path in document["paths"].values():
        yield from ((method, path[method]) for method in _METHODS if method in path)


def _link(document: dict[str, Any]) -> None:
    """From what makes a resource to what can be done with it."""
    found = {operation["operationId"]: operation for _, operation in _operations(document)}
    for maker, parameter in _MAKERS.items():
        linked = {
            name: {"operationId": name, "parameters": {f"{where}.{parameter}": "$response.body#/id"}}
            for name, operation in found.items()
            if (where := _place(operation, parameter)) is not None
        }
        found[maker]["responses"]["201"]["links"] = linked


def _place(operation: dict[str, Any], parameter: str) -> str | None:
    places = [one["in"] for one in operation.get("parameters", ()) if one["name"] == parameter]
    return places[0] if places else None


def _describe_errors(method: str, operation: dict[str, Any]) -> None:
    responses = operation["responses"]
    if "HTTPValidationError" in str(responses.get("422")):
        del responses["422"]
    for status in sorted(_statuses(method, operation)):
        responses.setdefault(str(status), {"$ref": f"#/components/responses/{BY_STATUS[status].__name__}"})
    for response in responses.values():
        if "$ref" not in response:
            response.setdefault("headers", {}).update(_headers())


def _statuses(method: str, operation: dict[str, Any]) -> frozenset[int]:
    if operation["operationId"] in _UNLIMITED:
        return frozenset({500, 503})
    parameters = {parameter["name"] for parameter in operation.get("parameters", ())}
    found = _ALWAYS
    in_path = any(parameter["in"] == "path" for parameter in operation.get("parameters", ()))
    for errors, holds in (
        (_OF_CALLERS, True),
        (_OF_IDS, in_path or any(name.endswith("_id") for name in parameters) or "security" not in operation),
        (_MUTATING, method not in ("get", "head") or operation["operationId"] in _CONFLICTING_READS),
        (_OF_BODIES, "requestBody" in operation),
        (_OF_IDEMPOTENCY_KEYS, "idempotency-key" in parameters),
        (_OF_HOLDS, operation["operationId"] in _HOLDING),
    ):
        found |= errors if holds else frozenset()
    return found


def _error(status: int) -> dict[str, Any]:
    content = {"application/json": {"schema": {"$ref": "#/components/schemas/ErrorBody"}}}
    headers = _headers()
    if status in (429, 503):
        headers["Retry-After"] = {"required": True, "schema": _COUNT, "description": "Seconds."}
    return {"description": BY_STATUS[status].type, "content": content, "headers": headers}


def _headers() -> dict[str, Any]:
    return {name: {"$ref": f"#/components/headers/{name}"} for name in _HEADERS}
