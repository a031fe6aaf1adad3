"""The whole stack as Serve's declarative configuration names it: `import_path: api.entrypoint:stack`.

KubeRay and `serve deploy` take applications from a file. Ours have names that depend on their weights and change while
they run (`assay reload`), so the file names one application that brings up the others, and leaves alone what runs.
The database has to be migrated before: `assay prepare`.
"""

import asyncio
import logging
from typing import Any

from pydantic import BaseModel
from ray import serve as ray_serve
from ray.serve.schema import ApplicationStatus

from api.serve_app import API_NAME, BACKGROUND_NAME, run_front_end
from configs.settings import Settings, load_settings
from serve.app import deploy, model_applications, remove
from serve.live import APP_NAME, Live, current
from serve.progress import Progress

log = logging.getLogger("assay.launcher")


class Arguments(BaseModel, extra="forbid"):
    """`args:` of the application in the file."""

    profile: str = "cluster"
    """A profile's name, or the path of a `.yaml` file on the node that builds; so are the `ASSAY_…` variables."""


def stack(arguments: Arguments) -> ray_serve.Application:
    """The launcher. It needs no route; Serve calls it healthy once everything answers."""
    deployment = ray_serve.deployment(Launcher).options(
        name="launcher",
        user_config={},  # so that Serve calls `reconfigure`
        ray_actor_options={"num_cpus": 0},
    )
    return deployment.bind(load_settings(arguments.profile))


class Launcher:
    """Starts the engine and the front end in the Ray that its replica is part of."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    async def reconfigure(self, _user_config: Any) -> None:
        """Serve calls it once the event loop runs, and again in a replica that takes this one's place."""
        await asyncio.to_thread(launch, self._settings, log.info)

    async def __call__(self) -> str:
        """It takes no requests."""
        return "running"


def launch(settings: Settings, on_progress: Progress) -> None:
    """Bring up what does not run yet, and wait until all of it answers.

    Serve starts the launcher again when this raises. What failed then is still there, and is made anew: Serve itself
    tries an application no more that it has given up.

    Raises:
        EngineUnavailable: a deployment does not come up; the message is what its constructor raised.
    """
    states = {name: one.status for name, one in ray_serve.status().applications.items()}
    running = {name for name, state in states.items() if state == ApplicationStatus.RUNNING}
    failed = {name for name, state in states.items() if state == ApplicationStatus.DEPLOY_FAILED}
    remove(failed & {API_NAME, BACKGROUND_NAME, APP_NAME} | failed & model_applications())
    live = Live.of(settings) if APP_NAME not in states or APP_NAME in failed else current()
    if not {APP_NAME, *live.applications.values()} <= running:
        deploy(live, live.settings.models, on_progress)
    if not {API_NAME, BACKGROUND_NAME} <= running:
        run_front_end(settings, on_progress, running=running)
