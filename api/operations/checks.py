"""Whether each part that a request needs answers: `ok`, or what is wrong."""

import asyncio
from collections.abc import Awaitable

from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from api.services import Services
from api.storage import StoreError
from serve.errors import EngineError, EngineUnavailable

CHECK_SECONDS = 5.0


async def check_database(use: Services) -> str:
    """Whether a query is answered."""

    async def ask() -> None:
        async with use.db.read() as session:
            await session.execute(text("SELECT 1"))

    return await state_of(ask())


async def check_store(use: Services) -> str:
    """Whether the object store takes what is written."""
    return await state_of(use.store.check())


async def check_engine(use: Services) -> str:
    """Whether every model answers."""
    return await state_of(use.engine.identities())


async def check_replicas(use: Services) -> str:
    """Whether every replica of every model answers, and each model has one."""

    async def ask() -> None:
        silent = [role for role, replicas in (await use.engine.stats()).items() if not replicas]
        if silent:
            raise EngineUnavailable(f"no replica of {', '.join(silent)}")

    return await state_of(ask())


async def state_of(check: Awaitable[object]) -> str:
    """`ok`, or the name of the error."""
    try:
        await asyncio.wait_for(check, CHECK_SECONDS)
    except TimeoutError:
        return f"no answer within {CHECK_SECONDS:.0f} s"
    except (SQLAlchemyError, OSError, StoreError, EngineError) as error:
        return type(error).__name__
    return "ok"
