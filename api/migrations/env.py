"""Alembic's entry point. `api.migrations.run` calls it over a connection that is open already."""

from typing import Any, Literal

from alembic import context
from alembic.autogenerate.api import AutogenContext

from api.db import Id, Json, Moment
from api.tables import Table


def _render(kind: str, item: Any, autogen: AutogenContext) -> str | Literal[False]:
    """Our own types by their names, in new revisions."""
    if kind != "type":
        return False
    if isinstance(item, Moment):
        return "Moment()"
    if repr(item) == repr(Id) and item._variant_mapping:
        return "Id"
    return "Json" if repr(item) == repr(Json) else False


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Table.metadata,
    render_as_batch=True,
    render_item=_render,
)
with context.begin_transaction():
    context.run_migrations()
