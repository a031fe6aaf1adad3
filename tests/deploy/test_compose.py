"""The Compose files against the Compose Specification's own schema, and what they promise.

`compose-spec.json` is that schema (Apache-2.0) as npm's dclint 3.1.0 ships it.
"""

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft7Validator
from pydantic import SecretStr

from api.db import database_url
from configs.settings import load_settings
from tests.deploy.files import DEPLOY, ROOT, documents

SCHEMA = json.loads((DEPLOY.parent / "tests" / "deploy" / "compose-spec.json").read_text(encoding="utf-8"))


@pytest.fixture
def stack() -> dict[str, Any]:
    (found,) = documents("compose.yaml")
    return found


@pytest.mark.parametrize("name", ["compose.yaml", "compose.gpu.yaml"])
def test_it_is_valid(name: str) -> None:
    (found,) = documents(name)
    assert [f"{error.json_path}: {error.message}" for error in Draft7Validator(SCHEMA).iter_errors(found)] == []


def test_the_schema_refuses_what_is_misspelt(stack: dict[str, Any]) -> None:
    stack["services"]["assay"]["heathcheck"] = {}
    assert list(Draft7Validator(SCHEMA).iter_errors(stack))


def test_every_port_is_on_loopback(stack: dict[str, Any]) -> None:
    ports = [port for service in stack["services"].values() for port in service.get("ports", ())]
    assert ports
    assert all(port.startswith("127.0.0.1:") for port in ports)


def test_postgres_cannot_leave(stack: dict[str, Any]) -> None:
    assert stack["services"]["postgres"]["networks"] == ["inside"]
    assert stack["networks"]["inside"]["internal"] is True


def test_secrets_are_files_and_each_is_declared(stack: dict[str, Any]) -> None:
    used = {secret for service in stack["services"].values() for secret in service.get("secrets", ())}
    assert used == set(stack["secrets"])
    assert all(list(secret) == ["file"] for secret in stack["secrets"].values())
    variables = [entry for service in stack["services"].values() for entry in service.get("environment", {}).items()]
    secret = {name: value for name, value in variables if any(word in name for word in ("PASSWORD", "SECRET", "KEY"))}
    assert len(secret) == 5
    assert all(name.endswith("_FILE") and value.startswith("/run/secrets/") for name, value in secret.items())


def test_it_starts_in_order_and_keeps_what_it_has(stack: dict[str, Any]) -> None:
    services = stack["services"]
    waits = services["assay"]["depends_on"]
    assert waits == {name: {"condition": "service_healthy"} for name in ("postgres", "seaweedfs")}
    assert all("healthcheck" in services[name] for name in waits)
    mounted = {volume.split(":")[0] for service in services.values() for volume in service["volumes"]}
    assert mounted == set(stack["volumes"])


def test_assay_is_confined(stack: dict[str, Any]) -> None:
    assay = stack["services"]["assay"]
    assert (assay["read_only"], assay["cap_drop"]) == (True, ["ALL"])
    assert (ROOT / assay["build"]["dockerfile"]).exists()


@pytest.mark.parametrize("name", ["compose.yaml", "compose.gpu.yaml"])
def test_its_variables_are_settings(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (found,) = documents(name)
    assay = found["services"]["assay"]
    for variable, value in assay.get("environment", {}).items():
        if value.startswith("/run/secrets/"):
            value = str(tmp_path / Path(value).name)
            Path(value).write_text("0123\n")
        monkeypatch.setenv(variable, value.split(":-")[-1].rstrip("}") if value.startswith("${") else value)
    settings = load_settings(assay["command"][-1])
    if name == "compose.yaml":
        assert settings.store.backend == "s3"
        assert settings.api.url == "http://127.0.0.1:8000"
        url = database_url(settings).render_as_string(hide_password=False)
        assert url == "postgresql+asyncpg://assay:0123@postgres/assay"
        assert settings.api.secret_key == SecretStr("0123")
