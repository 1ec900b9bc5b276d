"""Many rows by one statement with one parameter.

A driver that is handed a thousand rows converts each of their values by itself; a database that is
handed one JSON text reads it in a fraction of that time. It is also one step: between two steps, or
two rows that come back, a thread waits for its turn if another one is busy.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sqlalchemy import Column, CursorResult, Dialect, Table, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.types import TypeEngine
from sqlmodel import Session

_Convert = Callable[[Any], Any]
_POSTGRES: Dialect = postgresql.dialect()  # type: ignore[no-untyped-call]


class Given:
    """A statement about given rows, which it reads as the table `given`."""

    def __init__(
        self,
        statement: str,
        columns: Mapping[str, TypeEngine[Any]],
        returned: Mapping[str, TypeEngine[Any]] | None = None,
    ) -> None:
        """Prepare the statement.

        Args:
            statement: SQL for both databases, with `{given}` where the table is named.
            columns: of the table; ids are given as 32 hexadecimal digits.
            returned: columns that the statement returns.
        """
        read = ", ".join(f"json_extract(value, '$.{name}') AS {name}" for name in columns)
        types = ", ".join(f"{name} {kind.compile(_POSTGRES)}" for name, kind in columns.items())
        given = {
            "sqlite": f"(SELECT {read} FROM json_each(:rows)) AS given",  # noqa: S608
            "postgresql": f"json_to_recordset(:rows) AS given({types})",
        }
        self._statements = {
            dialect: text(statement.format(given=table)).columns(**returned or {})
            for dialect, table in given.items()
        }

    def __call__(self, session: Session, rows: Sequence[Mapping[str, Any]]) -> CursorResult[Any]:
        """Execute the statement."""
        connection = session.connection()
        statement = self._statements[connection.dialect.name]
        return connection.execute(statement, {"rows": json.dumps(rows)})


class BulkInsert:
    """Inserts rows and leaves out those that a constraint refuses."""

    def __init__(self, table: Table, names: Sequence[str]) -> None:
        """Prepare the statements.

        Args:
            table: with any column types.
            names: the columns that each row brings; the others get the database's defaults.
        """
        columns = [table.c[name] for name in names]
        self._names = list(names)
        self._convert = [_for_sqlite(column) for column in columns]
        self._statements = {
            "sqlite": text(_statement(table, columns, _read_in_sqlite(columns))),
            "postgresql": text(_statement(table, columns, _read_in_postgres(columns))),
        }

    def __call__(self, session: Session, rows: Sequence[Mapping[str, Any]]) -> int:
        """Insert rows, each with all the names; return how many were inserted."""
        if not rows:
            return 0
        connection = session.connection()
        is_sqlite = connection.dialect.name == "sqlite"
        sent = self._as_lists(rows) if is_sqlite else [_only(self._names, row) for row in rows]
        statement = self._statements[connection.dialect.name]
        return connection.execute(statement, {"rows": json.dumps(sent, default=str)}).rowcount

    def _as_lists(self, rows: Sequence[Mapping[str, Any]]) -> list[list[Any]]:
        columns = list(zip(self._names, self._convert, strict=True))
        return [
            [row[name] if convert is None else convert(row[name]) for name, convert in columns]
            for row in rows
        ]


def _only(names: Sequence[str], row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: row[name] for name in names}


def _statement(table: Table, columns: Sequence[Column[Any]], source: str) -> str:
    names = ", ".join(f'"{column.name}"' for column in columns)
    return f"""
        INSERT INTO "{table.name}" ({names}) SELECT {source} WHERE true ON CONFLICT DO NOTHING
    """


def _read_in_sqlite(columns: Sequence[Column[Any]]) -> str:
    values = ", ".join(f"json_extract(value, '$[{place}]')" for place in range(len(columns)))
    return f"{values} FROM json_each(:rows)"


def _read_in_postgres(columns: Sequence[Column[Any]]) -> str:
    types = ", ".join(f'"{column.name}" {column.type.compile(_POSTGRES)}' for column in columns)
    names = ", ".join(f'"{column.name}"' for column in columns)
    return f"{names} FROM json_to_recordset(:rows) AS r({types})"


def _for_sqlite(column: Column[Any]) -> _Convert | None:
    """Return what makes a value the one that SQLite stores; None: it is stored as it is."""
    dialect = sqlite.dialect()
    convert: _Convert | None = column.type.dialect_impl(dialect).bind_processor(dialect)
    return convert
