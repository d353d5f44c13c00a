"""Run the migrations on the connection that `digest.store.database` hands over."""

from alembic import context

from digest.store import schema, schema_readers  # noqa: F401 (they fill in the metadata)
from digest.store.metadata import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,
    transaction_per_migration=False,
)
context.run_migrations()
