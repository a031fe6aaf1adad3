"""The front end in Ray Serve: the HTTP API and the background loops, each in its own replicas.

They find the engine's application in the same Ray by name, so either can be restarted without the other.
"""

from collections.abc import Collection
from contextlib import suppress
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from ray import serve as ray_serve
from ray.exceptions import RayError
from ray.serve.exceptions import RayServeException

from api.app import create_app
from api.background import Background
from api.listening import HttpServer, lent_socket
from api.logs import log_as_json
from api.start import collect_rarely, make_services
from configs.settings import ReplicaSettings, Settings
from serve.app import remove, run_applications
from serve.client import RayEngine
from serve.idle_memory import give_back_when_idle
from serve.progress import Progress

API_NAME, BACKGROUND_NAME = "api", "background"
HEALTH_CHECK_SECONDS = 5.0
STOP_SECONDS = 10
"""Of the API's requests under way."""
STOP_SLACK_SECONDS = 10.0
"""Before Serve kills a replica that is still closing."""
FRONT_END_SECONDS = 45.0
"""For both: compose.yaml gives the whole stack a minute to stop."""
DRAIN_LOOK_SECONDS = 0.2
"""From one look of Serve's at whether requests that came through it are under way to the next."""


def run_front_end(
    settings: Settings, on_progress: Progress, port: Path | None = None, running: Collection[str] = ()
) -> None:
    """Run both applications and wait until they answer.

    Args:
        settings: of the profile.
        on_progress: gets a line for each step.
        port: of this machine, which the API's replicas serve themselves (`held_port`); without it Serve's HTTP proxies
            pass requests on to them.
        running: applications that are left as they are.

    Raises:
        EngineUnavailable: a deployment does not come up.
    """
    api = (ingress_application(settings), "/") if port is None else (api_application(settings, port), None)
    both = {API_NAME: api, BACKGROUND_NAME: (background_application(settings), None)}
    run_applications({name: one for name, one in both.items() if name not in running}, on_progress)


def stop_front_end() -> None:
    """End both: requests under way are answered, and files that are not decided go back to the queue.

    What Serve does not do, or not in time, is left to the end of the engine.
    """
    with suppress(RayError, RayServeException):
        remove({API_NAME, BACKGROUND_NAME}, FRONT_END_SECONDS)


def api_application(settings: Settings, port: Path) -> ray_serve.Application:
    """The HTTP API, listening itself."""
    deployment = ray_serve.deployment(ApiReplica)
    options = _placed(settings.api.replicas, STOP_SECONDS) | {"user_config": {}}  # so that Serve calls `reconfigure`
    return deployment.options(name=API_NAME, **options).bind(settings, port)


def ingress_application(settings: Settings) -> ray_serve.Application:
    """The HTTP API behind Serve's proxies."""

    def build() -> FastAPI:
        log_as_json(settings)
        return create_app(_joined(settings))

    ingress = ray_serve.ingress(build)(ApiIngress)
    return ray_serve.deployment(ingress).options(name=API_NAME, **_placed(settings.api.replicas, STOP_SECONDS)).bind()


def background_application(settings: Settings) -> ray_serve.Application:
    """The loops. Several replicas would share the work."""
    deployment = ray_serve.deployment(BackgroundDeployment)
    placed = _placed(settings.background, settings.webhooks.total_timeout_seconds)
    options = placed | {"user_config": {}}  # so that Serve calls `reconfigure`
    return deployment.options(name=BACKGROUND_NAME, **options).bind(settings)


class ApiIngress:
    """What Serve wraps around the app; everything is in the app."""


class ApiReplica:
    """The app on a socket that is shared with the other replicas of this machine."""

    def __init__(self, settings: Settings, port: Path) -> None:
        log_as_json(settings)
        self._port = port
        self._server = HttpServer(create_app(_joined(settings)), STOP_SECONDS)

    async def reconfigure(self, _user_config: Any) -> None:
        """Serve calls it once the event loop runs."""
        await self._server.start(lent_socket(self._port))

    async def check_health(self) -> None:
        """
        Raises:
            RuntimeError: nobody is answered any more, so Serve starts another replica.
        """
        self._server.check()

    async def __call__(self) -> str:
        """Requests do not come through Serve."""
        return "running"

    async def __del__(self) -> None:
        """Serve calls it when the replica is to end."""
        await self._server.close()


class BackgroundDeployment:
    """The loops, for as long as the replica lives."""

    def __init__(self, settings: Settings) -> None:
        log_as_json(settings)
        self._services = _joined(settings)
        self._background: Background | None = None

    async def reconfigure(self, _user_config: Any) -> None:
        """Serve calls it once the event loop runs."""
        await self._services.start()
        self._background = Background(self._services)
        self._background.start()

    async def __call__(self) -> str:
        """The loops take no requests."""
        return "running"

    async def __del__(self) -> None:
        """Serve calls it when the replica is to end."""
        if self._background is not None:
            await self._background.close()
            await self._services.close()


def _joined(settings: Settings) -> Any:
    engine = RayEngine(settings)
    engine.join()
    made = make_services(settings, engine)
    collect_rarely()
    give_back_when_idle()
    return made


def _placed(replicas: ReplicaSettings, stop_seconds: float) -> dict[str, Any]:
    return {
        "num_replicas": replicas.min_replicas,
        "ray_actor_options": {"num_cpus": replicas.num_cpus},
        "max_ongoing_requests": replicas.max_ongoing_requests,
        "health_check_period_s": HEALTH_CHECK_SECONDS,
        "graceful_shutdown_timeout_s": stop_seconds + STOP_SLACK_SECONDS,
        "graceful_shutdown_wait_loop_s": DRAIN_LOOK_SECONDS,
    }
