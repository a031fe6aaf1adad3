"""What runs inside a model's replica: the model behind its queue.

Nothing here imports the scorer or a model family: a replica pays for the libraries of its own model alone, and
every import more is multiplied by the number of replicas (the scorer's came to 55 MB each).

Deployments return errors instead of raising them, since Ray wraps what is raised; the handle at the other end
raises them again as what they are.
"""

import asyncio
from typing import Any

from configs.settings import BatchSettings, Role, Settings
from models.outputs import ModelIdentity
from models.weights import Declaration
from serve.batching import Batcher, BatchStats
from serve.errors import EngineUnavailable
from serve.idle_memory import give_back_when_idle
from serve.loading import load_model
from serve.niceness import come_forward

HUNG_SECONDS = 600.0
"""Of a call that will not come back: on two cores the slowest batches, speech's, take 2.2 s (p95, decision 22)."""


class ModelDeployment:
    """One model of the ensemble behind its own queue."""

    def __init__(self, role: Role, settings: Settings, declared: Declaration) -> None:
        self._model = load_model(role, settings, declared)
        self._batcher = Batcher(self._model, settings.models[role].batch)
        come_forward()
        give_back_when_idle()

    async def reconfigure(self, user_config: dict[str, Any]) -> None:
        """Take other `BatchSettings` while running; Serve calls it when `user_config` changes.

        A coroutine, since Serve calls a plain method in a thread, from which what waits could not be dispatched.
        """
        self._batcher.reconfigure(BatchSettings.model_validate(user_config))

    async def __call__(self, *items: Any) -> list[Any]:
        """The model's output for each item, or the exception that it caused."""
        return await asyncio.gather(*(self._batcher(item) for item in items), return_exceptions=True)

    def identity(self) -> ModelIdentity:
        return self._model.identity

    def stats(self) -> BatchStats:
        return self._batcher.stats

    async def check_health(self) -> None:
        """After a failure, see whether the model still works on a blank item; what it raises ends the replica.

        Raises:
            EngineUnavailable: a call of the model does not come back; the replica is replaced.
        """
        if (seconds := self._batcher.longest_call_seconds()) > HUNG_SECONDS:
            raise EngineUnavailable(f"a call of the model has not come back for {seconds:.0f} s")
        if self._batcher.stats.failures_in_a_row:
            await asyncio.to_thread(self._model.warm_up)
            self._batcher.stats.failures_in_a_row = 0
