"""Alembic's entry: runs the revisions over the connection that `storage.migrate` hands in."""

from typing import Literal

from alembic import context

from storage.columns import Instant
from storage.tables import metadata


def render_item(kind: str, item: object, _context: object) -> str | Literal[False]:
    """Write our types as what the database sees, so that revisions import nothing of ours."""
    if kind == "type" and isinstance(item, Instant):
        return "sa.DateTime(timezone=True)"
    return False


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,
    compare_type=True,
    render_item=render_item,
)
with context.begin_transaction():
    context.run_migrations()
