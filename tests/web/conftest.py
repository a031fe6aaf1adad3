"""The pages over the front end of `tests/api`, whose fixtures these are."""

from tests.api.conftest import (  # noqa: F401  # fixtures are found by their names
    anyio_backend,
    db,
    db_url,
    engine,
    http,
    make_organization,
    make_worker,
    organization,
    postgres,
    postgres_templates,
    renderer,
    services,
    settings,
    sqlite_templates,
    start_server,
    templates,
    worker,
)
