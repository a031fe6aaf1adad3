"""Making the services of a process from the settings, and what the very first start does."""

import gc
from dataclasses import dataclass

from sqlalchemy import func, select

from api.auth import ALL_SCOPES
from api.db import Database, database_url
from api.migrations.run import migrate
from api.organizations.service import found_organization
from api.search.pgvector import enable_pgvector
from api.secrets import load_cipher
from api.services import Services
from api.storage import create_store
from api.tables import Organization
from api.workers.service import create_worker
from configs.settings import Settings
from serve.client import Engine

FIRST_LOCK = 0x415353415931
"""Of the advisory lock under which one process founds the first organization; an arbitrary number of its own."""
FIRST_CREDITS = 1_000_000
"""Of the first organization: an operator's own, who would only have to grant them to itself."""


@dataclass(frozen=True, slots=True)
class FirstSecrets:
    """What is shown once, at the first start."""

    organization_id: str
    api_key: str
    worker_token: str


def make_services(settings: Settings, engine: Engine) -> Services:
    """The services, not yet started."""
    cipher = load_cipher(settings)
    db = Database(database_url(settings), settings.database.pool_size)
    return Services(settings, db, create_store(settings, cipher.signing_key), engine, cipher)


def collect_rarely() -> None:
    """Leave what the imports made out of garbage collection, and collect the rest less often.

    For processes that serve until they end. A request's objects of SQLAlchemy reach the default threshold of 700 many
    times over; with this one, deciding a submission takes 7% less processor time (medians of 8 rounds that took turns).
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)


async def prepare(settings: Settings) -> FirstSecrets | None:
    """Bring the database to the newest schema; in an empty one, open the first organization with a worker.

    The store is asked too: what is wrong with it is said before minutes of loading, not after.

    Raises:
        DatabaseAway: the database does not answer, or does not let us in.
        StoreUnavailable: likewise the store.
    """
    store = create_store(settings, load_cipher(settings).signing_key)
    try:
        await store.start()
    finally:
        await store.close()
    db = Database(database_url(settings))
    try:
        await migrate(db)
        await enable_pgvector(db)
        return await _open_first(db)
    finally:
        await db.close()


async def _open_first(db: Database) -> FirstSecrets | None:
    async with db.write() as session:
        if not db.is_sqlite:  # of two that start at once on an empty database one waits, as SQLite lets all writers
            await session.execute(select(func.pg_advisory_xact_lock(FIRST_LOCK)))
        if await session.scalar(select(func.count()).select_from(Organization)):
            return None
        organization, key = await found_organization(
            session,
            name="First organization",
            email=None,
            starter_credits=FIRST_CREDITS,
            scopes=ALL_SCOPES,
            actor="operator",
        )
        _, token = create_worker(session, organization.id, name="First worker", email=None, metadata={})
        return FirstSecrets(organization.id, key, token)
