"""The package itself: generated text, documents of every public name, types, and its wheel in an empty environment."""

import importlib.util
import inspect
import json
import os
import pkgutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import assay_sdk
import pytest
from assay_sdk import types
from pydantic import BaseModel

from tests.api.server import RunningServer

ROOT = Path(__file__).parents[2]
SDK = ROOT / "sdk" / "python"
OF_OPENAPI: dict[str, type[BaseModel]] = {
    "AuditResource": types.AuditEntry,
    "BalanceResource": types.CreditBalance,
    "Batch": types.OpsBatch,
    "BatchResource": types.BatchSettings,
    "DeliverySummary": types.WebhookDelivery,
    "EndpointResource": types.WebhookEndpoint,
    "EndpointWithSecret": types.NewWebhookEndpoint,
    "EventResource": types.WebhookEventWithDeliveries,
    "ExportResource": types.Export,
    "FileResource": types.File,
    "JobResource": types.Job,
    "KeyResource": types.ApiKey,
    "NewKeyResource": types.NewApiKey,
    "NewWorkerResource": types.NewWorker,
    "InvitationResource": types.WorkerInvitation,
    "OpsFailure": types.OpsFailure,
    "OpsModel": types.OpsModel,
    "OpsOverview": types.OpsOverview,
    "PartedUpload": types.PartedUpload,
    "Place": types.Location,
    "PurchaseResource": types.CreditPurchase,
    "Requirements": types.Requirements,
    "ScoreResource": types.Score,
    "SearchResult": types.SearchResult,
    "SettingsResource": types.OrganizationSettings,
    "SubmissionResource": types.Submission,
    "SubmissionSummary": types.SubmissionSummary,
    "TransactionResource": types.CreditTransaction,
    "Upload": types.Upload,
    "UploadPart": types.UploadPart,
    "WorkerJob": types.WorkerJob,
    "WorkerResource": types.Worker,
    "WorkerSelf": types.WorkerSelf,
    "WorkerSubmissionResource": types.WorkerSubmission,
}


def generator() -> ModuleType:
    spec = importlib.util.spec_from_file_location("generate_sync", SDK / "generate_sync.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_sync_clients_are_what_is_generated() -> None:
    """`python sdk/python/generate_sync.py` brings them up to date."""
    made = generator()
    folder = SDK / "assay_sdk" / "_sync"
    assert {path.name for path in folder.glob("*.py")} == {*made.modules(), "__init__.py", "runtime.py"}
    stale = [name for name in made.modules() if (folder / name).read_text() != made.sync_source(name)]
    assert stale == []


def test_nothing_of_asyncio_is_left_in_them() -> None:
    for path in (SDK / "assay_sdk" / "_sync").glob("*.py"):
        text = path.read_text().replace("_async", "").replace("asyncio.", "")
        assert not any(word in text for word in ("async ", "await", "Async", "__a")), path.name


@pytest.mark.parametrize("name", OF_OPENAPI)
def test_models_have_the_fields_of_the_contract(name: str) -> None:
    document = json.loads((ROOT / "docs" / "openapi.json").read_text())
    offered = document["components"]["schemas"][name]["properties"]
    assert set(OF_OPENAPI[name].model_fields) == set(offered)


def test_every_answer_of_the_contract_has_a_model() -> None:
    schemas = json.loads((ROOT / "docs" / "openapi.json").read_text())["components"]["schemas"]
    answers = {name for name, schema in schemas.items() if "object" in schema.get("properties", {})}
    pages = {name for name in answers if name.startswith("Page_")}
    assert answers - pages - set(OF_OPENAPI) == {"OrganizationResource"}  # signup, before there is a key


def modules() -> Iterator[ModuleType]:
    yield assay_sdk
    for found in pkgutil.walk_packages(assay_sdk.__path__, "assay_sdk."):
        yield importlib.import_module(found.name)


def public_objects() -> Iterator[tuple[str, Any]]:
    """Every module, and every class, function, method and property that is defined in one and has a public name."""
    for module in modules():
        yield module.__name__, module
        for name, value in vars(module).items():
            if getattr(value, "__module__", None) == module.__name__ and not name.startswith("_") and callable(value):
                yield f"{module.__name__}.{name}", value
                yield from _members(f"{module.__name__}.{name}", value)


def _members(place: str, value: Any) -> Iterator[tuple[str, Any]]:
    if not inspect.isclass(value):
        return
    for name, member in vars(value).items():
        function = getattr(member, "__func__", getattr(member, "fget", member))
        if inspect.isfunction(function) and (not name.startswith("_") or _is_of_a_client(name, value)):
            yield f"{place}.{name}", function


def _is_of_a_client(name: str, value: type) -> bool:
    """Whether it is a constructor that users call."""
    return name == "__init__" and value.__name__.endswith("Client")


def test_every_public_name_has_a_docstring() -> None:
    found = dict(public_objects())
    assert len(found) > 300
    assert [name for name, value in found.items() if not (value.__doc__ or "").strip()] == []


def test_what_the_package_offers_is_what_it_says() -> None:
    for module in (assay_sdk, types):
        here = {
            name for name, value in vars(module).items() if not name.startswith("_") and not inspect.ismodule(value)
        }
        assert here <= set(module.__all__)
        for name in module.__all__:
            assert hasattr(module, name)
    errors = {
        name for name, value in vars(assay_sdk.errors).items()
        if inspect.isclass(value) and issubclass(value, assay_sdk.AssayError)
    }  # fmt: skip
    assert errors <= set(assay_sdk.__all__)
    models = {one.__name__ for one in _subclasses(types.Resource)}
    assert {name for name in models if name in vars(types)} <= set(types.__all__)


def _subclasses(kind: type[BaseModel]) -> Iterator[type[BaseModel]]:
    for one in kind.__subclasses__():
        yield one
        yield from _subclasses(one)


def test_arguments_are_documented() -> None:
    """A method that documents its arguments documents all of them."""
    for name, value in public_objects():
        text = value.__doc__ or ""
        if "_sync" in name and "Args:" in text:
            told = {line.split(":")[0].strip() for line in text.split("Args:")[1].split("Raises:")[0].splitlines()}
            assert set(inspect.signature(value).parameters) - {"self"} - told == set(), name


@pytest.mark.slow
def test_mypy_is_content_with_the_package_on_the_oldest_python() -> None:
    """On 3.11, with its tests, it is part of what `scripts/test` has checked."""
    command = [sys.executable, "-m", "mypy", "--python-version", "3.10", "-p", "assay_sdk"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


PROGRAM = """
import sys
from assay_sdk import Client
with Client(api_key=sys.argv[1], base_url=sys.argv[2]) as client:
    job = client.jobs.create(
        title="Menus", description="Photos of coffee shop menus", type="data_collection", content_type="image",
        file_formats=["jpeg", "png"], quantity=1, reward_per_file=50,
    )
    print(client.jobs.cancel(job.id).status)
"""


@pytest.mark.slow
@pytest.mark.parametrize("python", ["3.10", "3.11"])
def test_the_wheel_works_in_an_empty_environment(python: str, server: RunningServer, tmp_path: Path) -> None:
    """Typed and tested from outside of the checkout, with httpx and pydantic alone."""
    uv = str(Path(sys.executable).with_name("uv"))
    found = subprocess.run([uv, "python", "find", python], capture_output=True, text=True, check=False)
    if found.returncode:
        pytest.skip(f"there is no Python {python} on this machine")
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    environment["VIRTUAL_ENV"] = str(tmp_path / "venv")

    def run(*command: str) -> str:
        done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    run(uv, "build", "--wheel", "--out-dir", str(tmp_path), str(SDK))
    (wheel,) = tmp_path.glob("assay_sdk-*.whl")
    run(uv, "venv", "--python", found.stdout.strip(), str(tmp_path / "venv"))
    run(uv, "pip", "install", str(wheel), "mypy")
    interpreter = str(tmp_path / "venv" / "bin" / "python")
    (tmp_path / "program.py").write_text(PROGRAM)
    assert run(interpreter, "program.py", server.api_key, server.url) == "cancelled\n"
    assert "Success" in run(interpreter, "-m", "mypy", "--strict", "program.py")
    (tmp_path / "wrong.py").write_text("from assay_sdk import Client\nClient().jobs.create(quantity='3')\n")
    refused = subprocess.run(
        [interpreter, "-m", "mypy", "--strict", "wrong.py"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert "Missing named argument" in refused.stdout
    shown = run(uv, "pip", "list", "--format", "json")
    installed = {one["name"] for one in json.loads(shown)}
    assert {"assay-sdk", "httpx", "pydantic"} <= installed
    assert "assay" not in installed
