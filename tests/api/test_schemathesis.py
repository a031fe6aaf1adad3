"""Schemathesis over the OpenAPI document against a real server on Postgres: made-up requests, good and bad ones."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from tests.api.server import RunningServer
from tests.api.story import JOB

CONFIG = Path(__file__).with_name("schemathesis.toml")
ROOT = Path(__file__).parents[2]
EXAMPLES_PER_OPERATION = 20
"""Some 3,500 requests."""
PURCHASES = 20
"""Of the most that can be bought at once, so that most jobs can be paid."""

BEYOND_REACH = {
    ("POST", "/v1/billing/stripe/webhook"),
    ("POST", "/v1/worker/submissions/{submission_id}/submit"),
    ("POST", "/v1/worker/submissions/{submission_id}/retry"),
    ("POST", "/v1/worker/submissions/{submission_id}/parted_upload"),
    ("GET", "/v1/worker/submissions/{submission_id}/parted_upload"),
    ("POST", "/v1/files/{file_id}/refresh_url"),
}
"""What succeeds only after an upload or with a signature, which no document explains to a generator; now and then it
finds a file all the same."""


@pytest.fixture(scope="module")
def server(start_server: Callable[..., RunningServer]) -> RunningServer:
    return start_server("postgres")


@pytest.fixture(scope="module")
def run(server: RunningServer, tmp_path_factory: pytest.TempPathFactory) -> "subprocess.CompletedProcess[str]":
    """The command, at its end."""
    with httpx.Client(base_url=server.url, headers=server.headers) as client:
        for _ in range(PURCHASES):
            client.post("/v1/billing/credits/purchase", json={"amount_credits": 100_000_000}).raise_for_status()
        key_id = client.get("/v1/api_keys").json()["data"][0]["id"]
        worker_id = client.get("/v1/workers").json()["data"][0]["id"]
        spare = client.post("/v1/workers", json={"name": "Spare"}).raise_for_status().json()
        job = client.post("/v1/jobs", json=JOB).raise_for_status().json()
        slot = client.post(f"/v1/worker/jobs/{job['id']}/accept", headers=server.worker_headers).raise_for_status()
    variables = {
        "ASSAY_KEY": server.api_key,
        "ASSAY_WORKER": server.worker_token,
        "ASSAY_IDS_IN_USE": f"{key_id} {worker_id}",
        "ASSAY_SPARE_IDS": json.dumps({"worker_id": spare["id"], "submission_id": slot.json()["id"]}),
        "SCHEMATHESIS_HOOKS": "tests.api.schemathesis_hooks",
        "PYTHONPATH": str(ROOT),
    }
    # One thread: with more, CPython 3.11 now and then loses count of its recursion in `ast.parse`.
    program = str(Path(sys.executable).with_name("schemathesis"))
    command = [program, "--config-file", str(CONFIG), "run", f"{server.url}/openapi.json", "--workers", "1"]
    options = ["--continue-on-failure", "--generation-deterministic", "-n", str(EXAMPLES_PER_OPERATION), "--no-color"]
    options += ["--request-timeout", "60"]  # a busy machine is no finding
    return subprocess.run(
        command + options,
        env=os.environ | variables,
        cwd=tmp_path_factory.mktemp("schemathesis"),
        capture_output=True,
        encoding="utf-8",  # whatever locale a library of this process has set
        check=False,
    )


def test_every_answer_is_as_documented(run: "subprocess.CompletedProcess[str]") -> None:
    assert run.returncode == 0, run.stdout[-20_000:] + run.stderr


def test_every_operation_was_reached(run: "subprocess.CompletedProcess[str]", server: RunningServer) -> None:
    """Requests that are all refused would prove little."""
    requests = [json.loads(line) for line in server.log_path.read_text().splitlines()]
    answered = [(line["method"], line["route"], line["status"]) for line in requests if line["message"] == "request"]
    assert [one for one in answered if one[2] >= 500] == []
    paths = httpx.get(f"{server.url}/openapi.json").json()["paths"]
    operations = {(method.upper(), path) for path, methods in paths.items() for method in methods}
    assert operations - {one[:2] for one in answered if one[2] < 300} <= BEYOND_REACH
