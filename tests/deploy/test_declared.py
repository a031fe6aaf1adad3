"""The Serve configuration of the KubeRay manifest, deployed for real: on a local Ray, with light embedded models."""

import asyncio
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import ray
import yaml
from ray import serve as ray_serve
from ray.serve.context import _get_global_client
from ray.serve.schema import ServeDeploySchema

from api.entrypoint import Arguments, stack
from api.start import FirstSecrets, prepare
from configs.settings import load_settings
from scripts.bench.api import small_photo
from scripts.bench.cluster import light_profile
from serve.app import _start_local_ray
from tests.api.stores import free_ports
from tests.deploy.files import documents

pytestmark = pytest.mark.slow

START_SECONDS = 400
"""Two minutes beside other tests on two cores."""


class Declared:
    """What answers, and the secrets of its database."""

    def __init__(self, url: str, secrets: FirstSecrets, profile: Path) -> None:
        self.profile = profile
        self.http = httpx.Client(base_url=url, headers={"Authorization": f"Bearer {secrets.api_key}"}, timeout=30)


def declared_configuration(profile: Path, port: int) -> dict[str, Any]:
    """The manifest's, with another profile and on loopback."""
    (service,) = [document for document in documents("kuberay.yaml") if document["kind"] == "RayService"]
    configuration: dict[str, Any] = yaml.safe_load(service["spec"]["serveConfigV2"])
    configuration["http_options"] |= {"host": "127.0.0.1", "port": port}
    configuration["applications"][0]["args"]["profile"] = str(profile)
    return configuration


@pytest.fixture(scope="module")
def declared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Declared]:
    folder, (port,) = tmp_path_factory.mktemp("declared"), free_ports(1)
    profile = light_profile(1, folder)
    with pytest.MonkeyPatch.context() as variables:
        variables.setenv("ASSAY_STATE_DIR", str(folder / "state"))
        variables.setenv("ASSAY_API__PORT", str(port))
        settings = load_settings(profile)
        secrets = asyncio.run(prepare(settings))
        assert secrets is not None
        _start_local_ray(settings)
        try:
            configuration = declared_configuration(profile, port)
            ray_serve.start(proxy_location=configuration["proxy_location"], http_options=configuration["http_options"])
            _get_global_client().deploy_apps(ServeDeploySchema.model_validate(configuration))
            _await_launcher()
            yield Declared(f"http://127.0.0.1:{port}", secrets, profile)
        finally:
            ray.shutdown()


def _await_launcher() -> None:
    """Until Serve calls the one application running that the file names, as the KubeRay operator does."""
    ends_at = time.monotonic() + START_SECONDS
    while time.monotonic() < ends_at:
        launcher = ray_serve.status().applications.get("launcher")
        if launcher is not None and launcher.status == "RUNNING":
            return
        assert launcher is None or launcher.status != "DEPLOY_FAILED", launcher.message
        time.sleep(0.5)
    raise AssertionError(f"not up: {ray_serve.status()}")


def test_everything_runs_and_is_ready(declared: Declared) -> None:
    applications = ray_serve.status().applications
    assert {"launcher", "assay", "api", "background"} <= applications.keys()
    assert {name for name, one in applications.items() if one.status != "RUNNING"} == set()
    assert declared.http.get("/readyz").json()["status"] == "ready"


def test_a_file_is_scored_and_paid(declared: Declared) -> None:
    job = {"description": "Photos for the bench", "content_type": "image", "min_star_rating": 1}
    posted = declared.http.post("/v1/jobs", json=job | {"quantity": 1, "reward_per_file": 10})
    path = f"/v1/jobs/{posted.raise_for_status().json()['id']}"
    sent = declared.http.post(f"{path}/submissions", files={"file": ("photo.jpg", small_photo(1), "image/jpeg")})
    assert sent.status_code == 201, sent.text
    ended = declared.http.get(path, headers={"Prefer": "wait=60"}).json()
    assert (ended["status"], ended["spent_credits"]) == ("completed", 10)


def test_a_launcher_that_starts_again_leaves_alone_what_runs(declared: Declared) -> None:
    """As after the loss of its node: nothing is deployed a second time."""
    before = _replicas()
    _get_global_client().delete_apps(["launcher"])
    assert "launcher" not in ray_serve.status().applications
    ray_serve.run(stack(Arguments(profile="embedded")), name="launcher", route_prefix=None)
    assert _replicas() == before
    assert declared.http.get("/readyz").status_code == 200


@ray_serve.deployment
class Broken:
    def __init__(self) -> None:
        raise RuntimeError("no weights are mounted")


def test_a_launcher_that_starts_again_makes_anew_what_has_failed(declared: Declared) -> None:
    """Serve has given it up by then; else the launcher would be healthy without it."""
    _get_global_client().delete_apps(["launcher", "background"])
    with pytest.raises(RuntimeError):
        ray_serve.run(Broken.bind(), name="background", route_prefix=None)  # type: ignore[attr-defined]
    assert ray_serve.status().applications["background"].status == "DEPLOY_FAILED"
    before = _replicas() - _replicas("background")
    ray_serve.run(stack(Arguments(profile=str(declared.profile))), name="launcher", route_prefix=None)
    assert ray_serve.status().applications["background"].status == "RUNNING"
    assert before < _replicas(), "nothing else was made anew"
    test_a_file_is_scored_and_paid(declared)


def _replicas(only: str | None = None) -> set[str]:
    details = _get_global_client().get_serve_details()["applications"]
    return {
        replica["replica_id"]
        for name, application in details.items()
        if name != "launcher" and only in (None, name)
        for deployment in application["deployments"].values()
        for replica in deployment["replicas"]
    }
