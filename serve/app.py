"""Wiring of the Ray Serve application, and the local Ray that it runs in.

upload → **scorer** (decode) → concepts, detector, safety → text, speech, audio_quality → score
"""

import asyncio
import logging
import math
import os
import secrets
import time
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import ray
from ray import serve as ray_serve
from ray._private import services, utils
from ray._private.node import Node
from ray.serve.config import HTTPOptions
from ray.serve.context import _get_global_client
from ray.serve.exceptions import RayServeException
from ray.serve.handle import DeploymentHandle
from ray.serve.schema import ApplicationStatusOverview

from configs.settings import ReplicaSettings, Role, Settings
from serve import RAY_CAME_FIRST
from serve.deployments import ModelDeployment
from serve.errors import EngineUnavailable
from serve.live import APP_NAME, SCORER_NAME, Live
from serve.niceness import worker_command
from serve.progress import Progress
from serve.scorer_deployment import ScorerDeployment

POLL_SECONDS = 0.5
"""To ask Serve costs processor time that a dozen starting processes need: every 0.2 s it was 11 s of a start, now 4."""
HEALTH_CHECK_SECONDS = 10.0
REPLACED_SECONDS = 60.0
"""Several health checks, after which a replica that died is known to be gone, and a start."""
DRAIN_SECONDS = 60.0
"""How long a replica that is replaced may take over what it has begun."""
REMOVE_SECONDS = 2 * DRAIN_SECONDS
"""A replica that never got a place takes as long to go as one that has begun something."""

RAY_START_SECONDS = 180.0
"""For Ray's own processes on a machine that has other work; 5 s on one that has none."""

_get_node = services.get_node

_QUIET = {"enable_access_log": False, "log_level": "WARNING"}
"""The front end tells of requests itself."""


class NotUpYet(EngineUnavailable):
    """Serve has taken what was deployed, and still starts replicas."""


def scorer_application(live: Live) -> ray_serve.Application:
    """The scorer, which finds the models by the names in `live`."""
    settings = live.settings
    told = live.to_user_config()
    deployment = _deployment(ScorerDeployment, SCORER_NAME, live.scorer_version, told, settings.scorer)
    return deployment.bind(settings)


def model_application(role: Role, live: Live) -> ray_serve.Application:
    """One model."""
    chosen = live.settings.models[role]
    alone = live.settings.model_copy(update={"models": {role: chosen}})
    batch = chosen.batch.model_dump()
    version, niceness = live.applications[role], live.settings.loading_niceness
    deployment = _deployment(ModelDeployment, role, version, batch, chosen.replicas, niceness)
    return deployment.bind(role, alone, live.declarations[role])


def start(settings: Settings, on_progress: Progress, *, http: bool = False) -> DeploymentHandle:
    """Start a local Ray, or join the cluster that `RAY_ADDRESS` names, and run the engine.

    Args:
        settings: of the profile.
        on_progress: gets a line for each step.
        http: also listen on `settings.api` for the front end, which is an application of its own.

    Returns:
        Handle of the scorer.

    Raises:
        EngineUnavailable: a deployment does not come up; the message is what its constructor raised.
        models.weights.WeightsMissing: the profile names weights that are not declared.
    """
    live = Live.of(settings)
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
    remove(model_applications() - set(live.applications.values()))
    deploy(live, live.settings.models, on_progress)
    return scorer_handle()


def deploy(live: Live, roles: Collection[Role], on_progress: Progress, give_up_seconds: float | None = None) -> None:
    """Make the running scorer, and the models of `roles`, those of `live`, and wait until they answer.

    Other batches and replica counts are taken by the replicas that run. A model of another version has another
    application, which runs beside the old one.

    Raises:
        NotUpYet: some are not up in time.
        EngineUnavailable: a deployment does not come up.
    """
    _run([*_models(live, roles), _target(scorer_application(live), APP_NAME)], on_progress, give_up_seconds)


def deploy_beside(live: Live, roles: Collection[Role], on_progress: Progress, give_up_seconds: float) -> None:
    """Run the models of `roles`, which the scorer does not know yet, and wait until they answer.

    Raises:
        EngineUnavailable: one does not come up, or not in time; the message says why.
    """
    _run(_models(live, roles), on_progress, give_up_seconds)


def run_applications(apps: Mapping[str, tuple[ray_serve.Application, str | None]], on_progress: Progress) -> None:
    """Run applications, or make the running ones be like them, and wait until they answer.

    Args:
        apps: each with its route prefix, by name.

    Raises:
        EngineUnavailable: a deployment does not come up; the message is what its constructor raised.
    """
    _run([_target(app, name, route_prefix) for name, (app, route_prefix) in apps.items()], on_progress)


def remove(names: Collection[str], within_seconds: float = REMOVE_SECONDS) -> None:
    """Take applications down; what their replicas have begun is finished.

    Serve goes on by itself with what takes longer than `within_seconds`.
    """
    client, leaving = _get_global_client(), set(names)
    client.delete_apps(sorted(leaving), blocking=False)
    give_up_at = time.monotonic() + within_seconds
    while leaving & set(ray_serve.status().applications) and time.monotonic() < give_up_at:
        time.sleep(POLL_SECONDS)


def model_applications() -> set[str]:
    """Names of the models' applications that run in this Ray."""
    return {name for name in ray_serve.status().applications if name.startswith(f"{APP_NAME}-")}


def stop() -> None:
    """Take the application down; a local Ray ends with all its processes."""
    if "RAY_ADDRESS" in os.environ:
        remove({APP_NAME} | model_applications())
    ray.shutdown()


def scorer_handle() -> DeploymentHandle:
    """Handle of the running scorer."""
    return ray_serve.get_app_handle(APP_NAME)


def model_handle(role: Role, application: str) -> DeploymentHandle:
    """Handle of one running model."""
    return ray_serve.get_deployment_handle(role, application)


async def ask_all(handle: DeploymentHandle, method: str) -> list[Any]:
    """The answer of every replica. One that dies meanwhile is replaced, and then all are asked again.

    Raises:
        EngineUnavailable: one does not answer for so long that none can have taken its place.
    """
    give_up_at = time.monotonic() + REPLACED_SECONDS
    while True:
        try:
            answers: list[Any] = await handle.broadcast(method).results_async()
        except (ray.exceptions.RayError, RayServeException) as error:
            if time.monotonic() > give_up_at:
                raise EngineUnavailable(f"{handle.deployment_name} does not answer: {error}") from error
            await asyncio.sleep(POLL_SECONDS)
        else:
            return answers


def _deployment(
    cls: type, name: str, version: str, user_config: dict[str, Any], replicas: ReplicaSettings, niceness: int = 0
) -> ray_serve.Deployment:
    """Serve restarts the replicas of a deployment whose version changed, and takes the rest of its options live.

    Without a version every deploy from Python counts as changed code. Only the declarative path may set one
    officially, hence `_internal`.
    """
    options = {"name": name, "version": version, "user_config": user_config, "_internal": True}
    return ray_serve.deployment(cls).options(**options, **_placed(replicas, niceness))


def _placed(replicas: ReplicaSettings, niceness: int = 0) -> dict[str, Any]:
    """Serve's options for a deployment's replicas."""
    actor: dict[str, Any] = {"num_cpus": replicas.num_cpus, "num_gpus": replicas.num_gpus}
    if niceness:
        actor["runtime_env"] = {"py_executable": worker_command(niceness)}
    options: dict[str, Any] = {
        "ray_actor_options": actor,
        "max_ongoing_requests": replicas.max_ongoing_requests,
        "health_check_period_s": HEALTH_CHECK_SECONDS,
        "graceful_shutdown_timeout_s": DRAIN_SECONDS,
        "max_surge_percent": 100,  # a replica that has to be replaced serves until the next one does
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
    Node.start_log_monitor = Node.start_monitor = _not_started
    utils.get_dashboard_dependency_error = _no_dashboard
    services.get_node = _get_node_in_time
    # Ray sets OMP_NUM_THREADS=1 in replicas that reserve less than a CPU, unless it is set.
    os.environ.setdefault("OMP_NUM_THREADS", str(max(model.threads for model in settings.models.values())))
    # Else glibc gives each thread that allocates a heap of its own: a tenth more memory in the text replica.
    os.environ.setdefault("MALLOC_ARENA_MAX", "2")
    # Pictures of ever other sizes: what torch keeps of the GPU's memory for one is of use to the next (its own advice).
    os.environ.setdefault("PYTORCH_ALLOC_CONF", "expandable_segments:True")
    ray.init(
        address="local",
        # They only place replicas; a candidate of `assay tune` has up to four processes for each that it replaces.
        num_cpus=5 * reserved_cpus(settings),
        include_dashboard=False,
        object_store_memory=settings.object_store_mb * 1024**2,
        log_to_driver=False,
        logging_level=logging.ERROR,
    )
    require_gpus(settings, ray.cluster_resources().get("GPU", 0.0))


def _no_reporter(*_arguments: Any, **_options: Any) -> tuple[str, None]:
    """In place of Ray's dashboard process: `include_dashboard=False` leaves it running as a usage reporter.

    With reports off it still asks 169.254.169.254 and metadata.google.internal whose cloud it runs in.
    """
    return "", None


def _not_started(_node: Node) -> None:
    """In place of the processes that read logs for a driver that shows none, and that ask for more machines.

    The first takes 12 ms of processor time a second while the replicas work.
    """


def _no_dashboard() -> ImportError:
    """In place of Ray's look for the packages of its dashboard.

    The agent beside the node then is that of a Ray without one: it has no server and measures no processes.
    """
    return ImportError("no dashboard is wanted")


def _get_node_in_time(gcs_address: str, node_id: str) -> Any:
    """In place of Ray's, after whose 30 s it gives up: a machine with other work may take longer to start Ray."""
    give_up_at = time.monotonic() + RAY_START_SECONDS
    while True:
        try:
            return _get_node(gcs_address, node_id)
        except RuntimeError:  # it has not registered yet
            if time.monotonic() > give_up_at:
                raise
            time.sleep(POLL_SECONDS)


def reserved_cpus(settings: Settings) -> int:
    """What all replicas reserve together, in whole CPUs."""
    models = [model.replicas for model in settings.models.values()]
    replicas = [settings.scorer, settings.api.replicas, settings.background, *models]
    return max(1, math.ceil(sum(each.num_cpus * each.max_replicas for each in replicas)))


def reserved_gpus(settings: Settings) -> float:
    """What the replicas that are always there reserve together, in GPUs."""
    replicas = [settings.scorer, *(model.replicas for model in settings.models.values())]
    return round(sum(each.num_gpus * each.min_replicas for each in replicas), 3)


def require_gpus(settings: Settings, there: float) -> None:
    """Before replicas wait for a GPU that nobody brings.

    Raises:
        EngineUnavailable: there are fewer GPUs than the replicas reserve.
    """
    wanted = reserved_gpus(settings)
    if wanted > there:
        raise EngineUnavailable(f"the replicas of {settings.profile} reserve {wanted:g} GPUs; here are {there:g}")


def _target(app: ray_serve.Application, name: str, route_prefix: str | None = None) -> ray_serve.RunTarget:
    return ray_serve.RunTarget(app, name=name, route_prefix=route_prefix, logging_config=_QUIET)


def _models(live: Live, roles: Collection[Role]) -> list[ray_serve.RunTarget]:
    return [_target(model_application(role, live), live.applications[role]) for role in sorted(roles)]


def _run(targets: Sequence[ray_serve.RunTarget], on_progress: Progress, give_up_seconds: float | None = None) -> None:
    ray_serve.run_many(targets, wait_for_applications_running=False)
    names = {target.name for target in targets}
    give_up_at = math.inf if give_up_seconds is None else time.monotonic() + give_up_seconds
    while True:
        applications = ray_serve.status().applications
        started = [app for name, app in applications.items() if name in names]
        failed = [_reasons(app) for app in started if app.status in ("DEPLOY_FAILED", "UNHEALTHY")]
        if failed:
            raise EngineUnavailable("\n".join(failed))
        if all(app.status == "RUNNING" for app in started):
            return
        waiting = ", ".join(sorted(_not_healthy(started)))
        if time.monotonic() > give_up_at:
            raise NotUpYet(f"{waiting}: not up after {give_up_seconds:.0f} s; is there room for it?")
        on_progress(f"loading {waiting}")
        time.sleep(POLL_SECONDS)


def _not_healthy(apps: Sequence[ApplicationStatusOverview]) -> set[str]:
    return {name for app in apps for name, deployment in app.deployments.items() if deployment.status != "HEALTHY"}


def _reasons(app: ApplicationStatusOverview) -> str:
    failed = [f"{name}: {deployment.message}" for name, deployment in app.deployments.items() if deployment.message]
    return "\n".join([app.message, *failed])
