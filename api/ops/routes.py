"""Routes of operators: they are about the whole installation, whichever organization the key is of."""

from typing import Annotated

from fastapi import APIRouter
from pydantic import BeforeValidator

from api.auth import Caller, needs
from api.errors import NotFound
from api.live_only import require_live
from api.ops import service
from api.ops.schemas import BatchResource, BatchUpdate, OpsOverview
from api.services import Use
from configs.settings import ROLES, Role

router = APIRouter(tags=["operations"])


def _known(role: object) -> object:
    """What is no role names nothing, like an unknown id."""
    if role not in ROLES:
        raise NotFound(f"there is no model of this role; there are {', '.join(ROLES)}", param="role")
    return role


KnownRole = Annotated[Role, BeforeValidator(_known)]


@router.get("/v1/ops/overview")
async def get_overview(use: Use, caller: Caller = needs("ops:read")) -> OpsOverview:
    """Queue, throughput, latencies, models and failures at this moment, over all organizations."""
    return await service.overview(use)


@router.patch("/v1/ops/models/{role}/batch")
async def update_model_batch(
    role: KnownRole, body: BatchUpdate, use: Use, caller: Caller = needs("ops:write")
) -> BatchResource:
    """Let a model's batches form in another way from the next one on; no replica is started anew."""
    require_live(caller, "changing batches")
    return await service.change_batch(use, caller, role, body)
