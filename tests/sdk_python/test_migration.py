"""docs/migration.md says what is so."""

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import httpx
import pytest
from firsthandapi import FirstHandApiError, FirstHandClient  # type: ignore[import-untyped]  # as it was published

from tests.api.server import RunningServer, running

DOCS = Path(__file__).parents[2] / "docs"
JOB = {
    "description": "Photos of coffee shop menus", "quantity": 2, "reward_per_file": 50, "content_type": "image",
}  # fmt: skip
VALUES = {
    "quantity": (7, 7),
    "reward_per_file": (30, 30),
    "file_formats": (["png"], ["image/png"]),
    "type": ("data_collection", "anything"),
    "requirements.min_width": (800, 800),
    "requirements.min_height": (600, 600),
}
"""By our name: what the job has then, and what is sent under the other name."""
REFUSED: Sequence[tuple[dict[str, Any], int, str]] = [
    (JOB | {"type": "feedback"}, 400, "validation_error"),
    (JOB | {"reward_per_file": 9}, 400, "pricing_violation"),
    (JOB | {"reward_per_file": 50_001}, 400, "pricing_violation"),
    ({name: value for name, value in JOB.items() if name != "description"} | {"instructions": "x" * 20}, 400,
     "validation_error"),
    ({name: value for name, value in JOB.items() if name != "content_type"} | {"file_formats": ["jpeg", "wav"]}, 400,
     "validation_error"),
]  # fmt: skip


def _table(heading: str) -> list[list[str]]:
    """The rows under a heading."""
    page = (DOCS / "migration.md").read_text(encoding="utf-8")
    part = page.split(f"\n## {heading}\n")[1].split("\n## ")[0]
    _head, _line, *rows = [line for line in part.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in row.strip("|").split("|")] for row in rows]


def _code(cell: str) -> str:
    found = re.search(r"`([^`]+)`", cell)
    assert found is not None
    return found.group(1)


def _at(job: dict[str, Any], name: str) -> Any:
    """The value of a name with dots."""
    value: Any = job
    for part in name.split("."):
        value = value[part]
    return value


def test_the_published_client_needs_another_host_only(server: RunningServer) -> None:
    assert '(api_key=KEY, base_url="http://127.0.0.1:8000")' in (DOCS / "migration.md").read_text(encoding="utf-8")
    with FirstHandClient(api_key=server.api_key, base_url=server.url) as client:
        job = client.create_job(body=JOB)
        assert client.cancel_job(job["id"])["status"] == "cancelled"


def test_each_row_of_names(server: RunningServer) -> None:
    rows = _table("Names of a job's fields")
    assert {_code(ours) for ours, _, _ in rows} == set(VALUES)
    for ours, theirs, given_back in rows:
        expected, sent = VALUES[_code(ours)]
        body = {name: value for name, value in JOB.items() if name != _code(ours)} | {_code(theirs): sent}
        answer = httpx.post(f"{server.url}/v1/jobs", json=body | {"unknown": 1}, headers=server.headers)
        assert answer.status_code == 201, answer.text
        job = answer.json()
        assert _at(job, _code(ours)) == expected
        assert (job.get(_code(theirs)) == sent) == (given_back == "yes"), theirs


def test_our_name_wins(server: RunningServer) -> None:
    body = JOB | {"files_needed": 9}
    assert httpx.post(f"{server.url}/v1/jobs", json=body, headers=server.headers).json()["quantity"] == 2


def test_each_row_of_what_is_refused(server: RunningServer, tmp_path: Path) -> None:
    told = [(int(answer.split()[0]), _code(answer)) for _, answer in _table("What is refused")]
    assert sorted({*told}) == sorted({(status, kind) for _, status, kind in REFUSED} | {(403, "authorization_error")})
    with FirstHandClient(api_key=server.api_key, base_url=server.url) as client:
        for body, status, kind in REFUSED:
            with pytest.raises(FirstHandApiError) as refused:
                client.create_job(body=body)
            assert (refused.value.status, refused.value.type) == (status, kind)
    with running("sqlite", tmp_path / "closed", ASSAY_SIGNUP__ENABLED="false") as closed:
        answer = httpx.post(f"{closed.url}/v1/auth/signup", json={"name": "Menus Ltd", "email": "a@example.com"})
        assert (answer.status_code, answer.json()["error"]["type"]) == (403, "authorization_error")


def test_the_new_routes_are_there() -> None:
    paths = json.loads((DOCS / "openapi.json").read_text(encoding="utf-8"))["paths"]
    routes = [_code(where).split() for _, where in _table("What is new") if " /v1/" in where]
    assert len(routes) == 6
    assert all(method.lower() in paths[path] for method, path in routes)
