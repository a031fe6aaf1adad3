"""Wiring of the Ray Serve application, and the local Ray that it runs in.

upload → **scorer** (decode) → concepts, detector → text, speech, audio_quality → score
"""

import hashlib
import logging
import math
import os
import secrets
import time
from collections.abc import Callable
from typing import Any

import ray
from ray import serve as ray_serve
from ray._private import services
from ray.serve.config import HTTPOptions
from ray.serve.handle import DeploymentHandle
from ray.serve.schema import ApplicationStatusOverview

from configs.settings import ReplicaSettings, Role, Settings
from serve import RAY_CAME_FIRST
from serve.deployments import ModelDeployment
from serve.errors import EngineUnavailable
from serve.scorer_deployment import ScorerDeployment

APP_NAME = "assay"
SCORER_NAME = "scorer"
OBJECT_STORE_BYTES = 512 * 1024**2
"""Holds the views of 16 submissions in flight (9 MB a photo, 33 MB a video) with room to spare."""
POLL_SECONDS = 0.2
HEALTH_CHECK_SECONDS = 10.0

_QUIET = {"enable_access_log": False, "log_level": "WARNING"}
"""The front end tells of requests itself."""

_START = secrets.token_hex(8)
"""Part of every version, so that a new process replaces what an older one left running on a cluster."""

Progress = Callable[[str], None]


def build_app(settings: Settings) -> ray_serve.Application:
    """One deployment for each model of the profile, and the scorer that calls them."""
    models = {role: _model(role, settings) for role in settings.models}
    scorer = ray_serve.deployment(ScorerDeployment).options(
        name=SCORER_NAME, version=_version(settings), _internal=True, **_placed(settings.scorer)
    )
    return scorer.bind(settings, models)


def start(settings: Settings, on_progress: Progress, *, http: bool = False) -> DeploymentHandle:
    """Start a local Ray, or join the cluster that `RAY_ADDRESS` names, and run the application.

    Args:
        settings: of the profile.
        on_progress: gets a line for each step.
        http: also listen on `settings.api` for the front end, which is an application of its own.

    Returns:
        Handle of the scorer.

    Raises:
        EngineUnavailable: a deployment does not come up; the message is what its constructor raised.
    """
    on_progress("starting Ray")
    logging.getLogger("ray.serve").setLevel(logging.WARNING)
    if "RAY_ADDRESS" in os.environ:
        ray.init(log_to_driver=False, logging_level=logging.ERROR)
    else:
        _start_local_ray(settings)
    on_progress("starting Serve")
    if http:
        listen = HTTPOptions(host=settings.api.host, port=settings.api.port)
        ray_serve.start(proxy_location="HeadOnly", http_options=listen)
    else:
        ray_serve.start(proxy_location="Disabled")
    deploy(settings, on_progress)
    return scorer_handle()


def deploy(settings: Settings, on_progress: Progress) -> None:
    """Make the running application that of the settings.

    Other batches and replica counts are taken live; whatever else changed replaces the replicas one by one.

    Raises:
        EngineUnavailable: a deployment does not come up.
    """
    run_application(build_app(settings), APP_NAME, None, on_progress)


def run_application(app: ray_serve.Application, name: str, route_prefix: str | None, on_progress: Progress) -> None:
    """Run an application, or make the running one of this name be like it, and wait until it answers.

    Raises:
        EngineUnavailable: a deployment does not come up; the message is what its constructor raised.
    """
    target = ray_serve.RunTarget(app, name=name, route_prefix=route_prefix, logging_config=_QUIET)
    ray_serve.run_many([target], wait_for_applications_running=False)
    _wait_until_running(name, on_progress)


def stop() -> None:
    """Take the application down; a local Ray ends with all its processes."""
    if "RAY_ADDRESS" in os.environ:
        ray_serve.delete(APP_NAME)
    ray.shutdown()


def scorer_handle() -> DeploymentHandle:
    """Handle of the running scorer."""
    return ray_serve.get_app_handle(APP_NAME)


def model_handle(role: Role) -> DeploymentHandle:
    """Handle of one running model."""
    return ray_serve.get_deployment_handle(role, APP_NAME)


def _model(role: Role, settings: Settings) -> ray_serve.Application:
    chosen = settings.models[role]
    deployment = ray_serve.deployment(ModelDeployment).options(
        name=role,
        version=_version(settings),
        user_config=chosen.batch.model_dump(),
        _internal=True,
        **_placed(chosen.replicas),
    )
    return deployment.bind(role, settings)


def _version(settings: Settings) -> str:
    """Serve restarts the replicas of a deployment whose version changed, and takes the rest of its options live.

    Without a version every deploy from Python counts as changed code. Only the declarative path may set one
    officially, hence `_internal`.
    """
    lasting = settings.model_dump_json(exclude={"models": {"__all__": {"batch", "replicas"}}, "scorer": True})
    return hashlib.sha256(f"{_START}{lasting}".encode()).hexdigest()


def _placed(replicas: ReplicaSettings) -> dict[str, Any]:
    """Serve's options for a deployment's replicas."""
    options: dict[str, Any] = {
        "ray_actor_options": {"num_cpus": replicas.num_cpus, "num_gpus": replicas.num_gpus},
        "max_ongoing_requests": replicas.max_ongoing_requests,
        "health_check_period_s": HEALTH_CHECK_SECONDS,
    }
    if replicas.min_replicas == replicas.max_replicas:
        return options | {"num_replicas": replicas.min_replicas}
    span = {"min_replicas": replicas.min_replicas, "max_replicas": replicas.max_replicas}
    target = replicas.target_ongoing_requests or replicas.max_ongoing_requests / 2
    return options | {"autoscaling_config": span | {"target_ongoing_requests": target}}


def _start_local_ray(settings: Settings) -> None:
    """A Ray of this machine alone, with a token that dies with it."""
    if RAY_CAME_FIRST:
        raise EngineUnavailable("ray was imported before serve and would listen to the network; import serve first")
    if "RAY_AUTH_TOKEN_PATH" not in os.environ:
        os.environ.setdefault("RAY_AUTH_TOKEN", secrets.token_hex(32))
    services.start_api_server = _no_reporter
    # Ray sets OMP_NUM_THREADS=1 in replicas that reserve less than a CPU, unless it is set.
    os.environ.setdefault("OMP_NUM_THREADS", str(max(model.threads for model in settings.models.values())))
    ray.init(
        address="local",
        num_cpus=reserved_cpus(settings),
        include_dashboard=False,
        object_store_memory=OBJECT_STORE_BYTES,
        log_to_driver=False,
        logging_level=logging.ERROR,
    )


def _no_reporter(*_arguments: Any, **_options: Any) -> tuple[str, None]:
    """In place of Ray's dashboard process: `include_dashboard=False` leaves it running as a usage reporter.

    With reports off it still asks 169.254.169.254 and metadata.google.internal whose cloud it runs in.
    """
    return "", None


def reserved_cpus(settings: Settings) -> int:
    """What all replicas reserve together: Ray starts an idle worker of 50 MB for each CPU that it is told of."""
    models = [model.replicas for model in settings.models.values()]
    replicas = [settings.scorer, settings.api.replicas, settings.background, *models]
    return max(1, math.ceil(sum(each.num_cpus * each.max_replicas for each in replicas)))


def _wait_until_running(name: str, on_progress: Progress) -> None:
    while True:
        app = ray_serve.status().applications[name]
        if app.status == "RUNNING":
            return
        if app.status in ("DEPLOY_FAILED", "UNHEALTHY"):
            raise EngineUnavailable(_reasons(app))
        waiting = sorted(name for name, deployment in app.deployments.items() if deployment.status != "HEALTHY")
        on_progress(f"loading {', '.join(waiting)}")
        time.sleep(POLL_SECONDS)


def _reasons(app: ApplicationStatusOverview) -> str:
    failed = [f"{name}: {deployment.message}" for name, deployment in app.deployments.items() if deployment.message]
    return "\n".join([app.message, *failed])
