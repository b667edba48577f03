"""Runs migrations on the connection that `service.ledger.migrating` hands over."""

from alembic import context

from service.ledger.columns import metadata

connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=metadata, render_as_batch=False)
with context.begin_transaction():
    context.run_migrations()
