"""Alembic environment shared by all services; `migrate` hands it what differs."""

from alembic import context

given = context.config.attributes
_PARTITIONS = "SELECT relname FROM pg_class WHERE relispartition AND relkind IN ('r', 'p')"


def _is_compared(_: object, name: str | None, kind: str, *_more: object) -> bool:
    """Say whether a table belongs to the branch that a new migration is written for."""
    return kind != "table" or name not in left_out


with given["engine"].begin() as connection:
    left_out = set(given["left_out"])
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("SET LOCAL lock_timeout = '1s'")
        left_out |= set(connection.exec_driver_sql(_PARTITIONS).scalars())
    context.configure(
        connection=connection,
        target_metadata=given["metadata"],
        render_as_batch=True,
        include_object=_is_compared,
    )
    context.run_migrations()
