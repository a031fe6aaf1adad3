"""Bringing a database to the newest schema."""

import logging
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from api.db import WRITING, Database

log = logging.getLogger("assay.migrations")

_LOCK = 7_264_911
"""Arbitrary number of the advisory lock under which one process migrates and the others wait."""


async def migrate(db: Database) -> None:
    """Upgrade to the newest schema; several processes may call it at once.

    A database that is newer than this program is left as it is: while a cluster takes another version, a machine of
    the old one may start once more.
    """
    async with db.engine.execution_options(**WRITING).begin() as connection:
        if not db.is_sqlite:
            await connection.execute(text("SELECT pg_advisory_xact_lock(:number)"), {"number": _LOCK})
        await connection.run_sync(_upgrade)


def _upgrade(connection: Connection) -> None:
    made = config(connection)
    present = MigrationContext.configure(connection).get_current_revision()
    known = {script.revision for script in ScriptDirectory.from_config(made).walk_revisions()}
    if present is not None and present not in known:
        log.warning("the database is newer than this program", extra={"revision": present})
        return
    command.upgrade(made, "head")


def config(connection: Connection) -> Config:
    """Alembic's configuration for an open connection."""
    made = Config()
    made.set_main_option("script_location", str(Path(__file__).parent))
    made.attributes["connection"] = connection
    return made
