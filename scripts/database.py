"""The front end's database, for the operator's commands."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Annotated

import typer
from sqlalchemy.exc import InterfaceError, OperationalError

from api.db import Database, database_url
from api.outage import DatabaseAway
from configs.settings import Settings, load_settings
from scripts.user_errors import UserError

Profile = Annotated[str, typer.Option(help="Profile name or the path of a .yaml file.")]
DataDir = Annotated[Path | None, typer.Option(help="As given to `assay up`, for SQLite.", show_default=False)]


def operator_settings(profile: str, data_dir: Path | None) -> Settings:
    """The settings under which the front end was started.

    Raises:
        FileNotFoundError: no such profile.
    """
    return load_settings(profile, state_dir=data_dir and data_dir.absolute())


@asynccontextmanager
async def open_database(settings: Settings, *, must_exist: bool = True) -> AsyncIterator[Database]:
    """The database, closed at the end.

    Raises:
        UserError: there is none, or it cannot be reached.
    """
    url = database_url(settings)
    if must_exist and url.get_backend_name() == "sqlite" and not Path(url.database or "").exists():
        raise UserError(f"there is no database at {url.database}; `assay up` or `assay org create` makes it")
    db = Database(url)
    try:
        await _look_for(db)
        yield db
    except (InterfaceError, OperationalError, DatabaseAway) as error:
        raise _does_not_answer(error) from error
    finally:
        await db.close()


async def _look_for(db: Database) -> None:
    """Connect once: an `OSError` after that is of something else."""
    try:
        async with db.engine.connect():
            pass
    except OSError as error:
        raise _does_not_answer(error) from error


def _does_not_answer(error: Exception) -> UserError:
    return UserError(f"the database does not answer: {str(error).splitlines()[0]}")
