"""What the engine tells of itself: of every model who it is, how its batches form, what its replicas counted."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from api.operations.checks import state_of
from api.ops.history import ModelCounters
from api.services import Services
from configs.settings import BatchSettings, Role
from models.outputs import ModelIdentity
from serve.batching import BatchStats


@dataclass(slots=True)
class EngineState:
    """Empty where the engine does not answer."""

    check: str = "ok"
    """`ok`, or what is wrong."""
    profile: str | None = None
    """In force now: a reload may have brought another one than that of the start."""
    identities: Mapping[Role, ModelIdentity] = field(default_factory=dict)
    batches: Mapping[Role, BatchSettings] = field(default_factory=dict)
    """In force now."""
    max_ongoing_requests: Mapping[Role, int] = field(default_factory=dict)
    """In force now: a reload may have changed what the profile of the start says."""
    stats: Mapping[Role, Sequence[BatchStats]] = field(default_factory=dict)
    """Of every replica."""

    def counters(self) -> dict[Role, ModelCounters]:
        """Of all replicas of each model together."""
        return {role: _sum(self.stats.get(role, ())) for role in self.identities}


async def ask_engine(use: Services) -> EngineState:
    """All of it, or none: an operator's page has to open when the engine is away."""
    state = EngineState()

    async def ask() -> None:
        engine = use.engine
        state.profile, state.identities, state.batches, state.max_ongoing_requests, state.stats = await asyncio.gather(
            engine.profile(), engine.identities(), engine.batches(), engine.max_ongoing_requests(), engine.stats()
        )

    state.check = await state_of(ask())
    return state


def _sum(replicas: Sequence[BatchStats]) -> ModelCounters:
    return ModelCounters(
        batches=sum(one.batches for one in replicas),
        items=sum(one.items for one in replicas),
        fill_sum=sum(one.fill_sum for one in replicas),
        run_seconds=sum(one.run_seconds for one in replicas),
    )
