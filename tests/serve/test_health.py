"""What a replica's health check asks of its model."""

from collections.abc import Sequence
from typing import Any

import pytest

from configs.settings import BatchSettings
from models.outputs import ItemError, ModelIdentity
from serve.batching import Batcher
from serve.deployments import ModelDeployment
from serve.errors import ModelItemError

pytestmark = pytest.mark.anyio


class Picky:
    """Fails on 13, and warms up until told otherwise."""

    identity = ModelIdentity("detector", "picky", "1", "0" * 64, "f32")

    def __init__(self) -> None:
        self.warm_ups = 0
        self.is_broken = False

    def cost(self, _item: int) -> float:
        return 1.0

    def warm_up(self) -> None:
        self.warm_ups += 1
        if self.is_broken:
            raise RuntimeError("device lost")

    def run(self, batch: Sequence[int]) -> list[int | ItemError]:
        if 13 in batch:
            raise ArithmeticError("thirteen")
        return list(batch)


@pytest.fixture
def picky() -> Picky:
    return Picky()


@pytest.fixture
def replica(picky: Picky) -> ModelDeployment:
    replica: Any = object.__new__(ModelDeployment)
    replica._model, replica._batcher = picky, Batcher(picky, BatchSettings(max_cost=10))
    return replica


async def test_after_a_bad_item_the_model_is_tried_once(replica: ModelDeployment, picky: Picky) -> None:
    await replica.check_health()
    assert picky.warm_ups == 0
    assert [type(answer) for answer in await replica(13)] == [ModelItemError]
    for _ in range(3):
        await replica.check_health()
    assert picky.warm_ups == 1


async def test_a_model_that_is_broken_is_told_at_every_check(replica: ModelDeployment, picky: Picky) -> None:
    await replica(13)
    picky.is_broken = True
    for _ in range(2):
        with pytest.raises(RuntimeError, match="device lost"):
            await replica.check_health()
