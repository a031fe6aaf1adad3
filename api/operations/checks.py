"""Whether each part that a request needs answers: `ok`, or what is wrong."""

import asyncio
import logging
from collections.abc import Awaitable

from sqlalchemy.exc import SQLAlchemyError

from api.services import Services
from api.storage import StoreError
from configs.settings import Role
from serve.errors import EngineError, EngineUnavailable

log = logging.getLogger("assay.checks")

CHECK_SECONDS = 5.0


async def check_database(use: Services) -> str:
    """Whether a transaction could be written."""
    return await state_of(use.db.check())


async def check_store(use: Services) -> str:
    """Whether the object store answers."""
    return await state_of(use.store.check())


async def check_writing(use: Services) -> str:
    """The same by writing an object. A bucket over its quota, or without room, is there and takes nothing."""
    return await state_of(use.store.check(writing=True))


async def check_models(use: Services) -> dict[Role, str]:
    """Whether every replica of each model answers, and there is one."""
    states: dict[Role, str] = {}

    async def ask() -> None:
        for role, replicas in (await use.engine.stats()).items():
            states[role] = "ok" if replicas else EngineUnavailable.__name__

    engine = await state_of(ask())
    return states if engine == "ok" else dict.fromkeys(use.settings.models, engine)


async def check_engine(use: Services) -> str:
    """Whether all of them do."""
    return next((state for state in (await check_models(use)).values() if state != "ok"), "ok")


async def state_of(check: Awaitable[object]) -> str:
    """`ok`, or the name of the error."""
    try:
        await asyncio.wait_for(check, CHECK_SECONDS)
    except TimeoutError:
        return f"no answer within {CHECK_SECONDS:.0f} s"
    except (SQLAlchemyError, OSError, StoreError, EngineError) as error:
        log.warning("check failed", extra={"error": f"{type(error).__name__}: {error}"})  # it may name hosts and keys
        return type(error).__name__
    return "ok"
