"""Alembic's entry: run the versions on the connection that the ledger holds, inside its transaction."""

from alembic import context

context.configure(connection=context.config.attributes["connection"])
context.run_migrations()
