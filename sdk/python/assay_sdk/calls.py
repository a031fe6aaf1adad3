"""A request as a value. Making one sends nothing: both clients run the same."""

from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote
from uuid import uuid4

import httpx
from pydantic_core import to_jsonable_python


@dataclass(frozen=True, slots=True)
class FormFile:
    """A file in a form: on disk, or its bytes."""

    name: str
    content: Path | bytes

    @classmethod
    def of(cls, file: "str | Path | bytes", name: str | None = None) -> "FormFile":
        """From what a caller gives; bytes are called `file` unless they are given a name."""
        if isinstance(file, bytes):
            return cls(name or "file", file)
        return cls(name or Path(file).name, Path(file))


@dataclass(frozen=True, slots=True)
class Call:
    """One request of the contract, and how long its answer may take."""

    method: str
    path: str
    query: Mapping[str, Any] = field(default_factory=dict)
    body: Mapping[str, Any] | None = None
    """Of JSON."""
    form: Mapping[str, str] | None = None
    file: FormFile | None = None
    """Goes with `form`."""
    headers: Mapping[str, str | bytes] = field(default_factory=dict)
    longest_wait_seconds: float = 0.0
    """How long the server may hold the answer back, on top of the client's timeout."""
    is_repeatable: bool = True
    """Whether it is done once, however often it is sent."""

    def arguments(self, opened: ExitStack) -> dict[str, Any]:
        """What httpx makes the request of, anew for every attempt.

        Args:
            opened: gets the file, if there is one, to close it after the attempt.
        """
        made: dict[str, Any] = {"params": _present(self.query), "headers": dict(self.headers)}
        if self.body is not None:
            made["json"] = self.body
        if self.file is not None:
            content = self.file.content
            stream = content if isinstance(content, bytes) else opened.enter_context(content.open("rb"))
            made |= {"data": dict(self.form or {}), "files": {"file": (self.file.name, stream)}}
        return made


def path_of(template: str, **ids: str) -> str:
    """A path with ids in it: `path_of("/v1/jobs/{job_id}", job_id="job_…")`.

    Raises:
        ValueError: an id is empty, which would be another path.
    """
    for name, value in ids.items():
        if not value:
            raise ValueError(f"{name} is empty")
    return template.format(**{name: quote(value, safe="") for name, value in ids.items()})


def get(path: str, *, longest_wait_seconds: float = 0.0, prefer: str | None = None, **query: Any) -> Call:
    """A read. Values of the query that are `None` are left out."""
    headers = {"Prefer": prefer} if prefer else {}
    return Call("GET", path, query, headers=headers, longest_wait_seconds=longest_wait_seconds)


def post(path: str, body: Mapping[str, Any] | None = None, *, idempotency_key: str | None) -> Call:
    """Something that is done once, however often it is sent. Fields that are `None` are left out."""
    sent = None if body is None else to_jsonable_python(_present(body), exclude_none=True)
    return Call("POST", path, body=sent, headers=_once(idempotency_key))


def post_form(path: str, file: FormFile, fields: Mapping[str, Any], *, idempotency_key: str | None) -> Call:
    """The same with a file. Fields that are `None` are left out."""
    return Call("POST", path, form=_form(fields), file=file, headers=_once(idempotency_key))


def ask_form(path: str, file: FormFile, fields: Mapping[str, Any], *, longest_wait_seconds: float) -> Call:
    """A question with a file, which the server answers anew whenever it comes. Fields that are `None` are left out."""
    return Call(
        "POST", path, form=_form(fields), file=file, longest_wait_seconds=longest_wait_seconds, is_repeatable=False
    )


def patch(path: str, body: Mapping[str, Any]) -> Call:
    """A change of what is there. `None` is sent."""
    return Call("PATCH", path, body=to_jsonable_python(body))


def delete(path: str) -> Call:
    """Something is taken away."""
    return Call("DELETE", path)


def is_done(call: Call, response: httpx.Response, retries: int) -> bool:
    """Whether the answer says that the call has had its effect.

    A repeated deletion that finds nothing was done by an attempt whose answer got lost.
    """
    return response.is_success or (call.method == "DELETE" and response.status_code == 404 and retries > 0)


def _form(fields: Mapping[str, Any]) -> dict[str, str]:
    return {name: str(to_jsonable_python(value)) for name, value in _present(fields).items()}


def _once(idempotency_key: str | None) -> dict[str, bytes]:
    key = idempotency_key or str(uuid4())
    try:
        return {"Idempotency-Key": key.encode("latin-1")}
    except UnicodeEncodeError as error:
        raise ValueError(f"an idempotency key has characters of Latin-1 only, got {key!r}") from error


def _present(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}
