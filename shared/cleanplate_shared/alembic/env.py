"""Alembic environment shared by all services; `migrate` hands it what differs."""

from alembic import context

given = context.config.attributes
with given["engine"].begin() as connection:
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("SET LOCAL lock_timeout = '1s'")
    context.configure(
        connection=connection, target_metadata=given["metadata"], render_as_batch=True
    )
    context.run_migrations()
