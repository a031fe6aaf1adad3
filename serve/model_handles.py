"""Handles of the models' applications, one for each: a handle keeps a subscription at Serve's controller."""

from collections.abc import Collection

from ray import serve as ray_serve
from ray.serve.handle import DeploymentHandle

from configs.settings import Role


class ModelHandles:
    """What the ensembles of one replica share."""

    def __init__(self) -> None:
        self._handles: dict[str, DeploymentHandle] = {}

    def of(self, role: Role, application: str) -> DeploymentHandle:
        """The handle of a running model."""
        if application not in self._handles:
            self._handles[application] = ray_serve.get_deployment_handle(role, application)
        return self._handles[application]

    async def keep(self, applications: Collection[str]) -> None:
        """Let go of all others."""
        for name in self._handles.keys() - set(applications):
            await self._handles.pop(name).shutdown_async()
