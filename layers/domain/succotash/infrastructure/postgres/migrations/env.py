"""Alembic runs this with the connection that `migrate` opened, inside its transaction."""

from alembic import context

from succotash.infrastructure.postgres.migrations import REVISION_TABLE

context.configure(connection=context.config.attributes["connection"], version_table=REVISION_TABLE)
with context.begin_transaction():
    context.run_migrations()
