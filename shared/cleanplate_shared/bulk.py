"""Many rows by one statement.

A PostgreSQL driver that is handed a thousand rows converts each of their values by itself; the
database reads one JSON text in a fraction of that time. One statement is also one step: between two
steps, or two rows that come back, a thread waits for its turn if another one is busy.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sqlalchemy import Column, Connection, Dialect, Table, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.types import TypeEngine
from sqlmodel import Session

_Convert = Callable[[Any], Any]
_MOST_VALUES = 30_000  # of one statement; SQLite takes 32,766
_UNLESS_THERE = "ON CONFLICT DO NOTHING"
_SQLITE: Dialect = sqlite.dialect()
_POSTGRES: Dialect = postgresql.dialect()  # type: ignore[no-untyped-call]


class Given:
    """A statement about given rows, which it reads as the table `given`."""

    def __init__(self, statement: str, columns: Mapping[str, TypeEngine[Any]]) -> None:
        """Prepare the statement.

        Args:
            statement: SQL for both databases, with `{given}` where the table is named.
            columns: of the table; ids are given as 32 hexadecimal digits.
        """
        given = _given(columns)
        self._statements = {
            dialect: text(statement.format(given=table)) for dialect, table in given.items()
        }

    def __call__(self, session: Session, rows: Sequence[Mapping[str, Any]]) -> int:
        """Execute the statement; return how many rows it changed."""
        connection = session.connection()
        statement = self._statements[connection.dialect.name]
        return connection.execute(statement, {"rows": json.dumps(rows)}).rowcount


class Lookup:
    """A SELECT about given rows, which it reads as the table `given`; it answers in one step."""

    def __init__(
        self,
        statement: str,
        columns: Mapping[str, TypeEngine[Any]],
        returned: Mapping[str, TypeEngine[Any]],
        locks: str | None = None,
    ) -> None:
        """Prepare the statement.

        Args:
            statement: SQL for both databases, with `{given}` where the table is named.
            columns: of the table; ids are given as 32 hexadecimal digits.
            returned: the columns that the statement returns, in their order.
            locks: the table whose rows it locks; SQLite locks its one file at BEGIN.
        """
        given = _given(columns)
        lock = f" FOR UPDATE OF {locks}" if locks else ""
        whole = text(statement.format(given=given["postgresql"]) + lock)
        self._in_postgres = whole.columns(**returned)
        listed = ", ".join(returned)
        self._in_sqlite = text(
            f"SELECT json_group_array(json_array({listed})) "  # noqa: S608
            f"FROM ({statement.format(given=given['sqlite'])})"
        )
        self._read = [_from_sqlite(kind) for kind in returned.values()]

    def __call__(
        self, session: Session, rows: Sequence[Mapping[str, Any]]
    ) -> Sequence[Sequence[Any]]:
        """Return what the statement finds; on SQLite in any order."""
        connection = session.connection()
        given = {"rows": json.dumps(rows)}
        if connection.dialect.name != "sqlite":
            return connection.execute(self._in_postgres, given).all()
        found = json.loads(connection.execute(self._in_sqlite, given).scalar_one())
        return [
            [
                value if read is None else read(value)
                for value, read in zip(row, self._read, strict=True)
            ]
            for row in found
        ]


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
        self._into = f'INSERT INTO "{table.name}" ({_quoted(columns)})'
        self._one = f"({', '.join('?' * len(columns))})"
        self._most = _MOST_VALUES // len(columns)
        self._from_json = text(f"{self._into} {_read_in_postgres(columns)} {_UNLESS_THERE}")

    def __call__(self, session: Session, rows: Sequence[Mapping[str, Any]]) -> int:
        """Insert rows, each with all the names; return how many were inserted."""
        if not rows:
            return 0
        connection = session.connection()
        if connection.dialect.name == "sqlite":
            starts = range(0, len(rows), self._most)
            return sum(self._in_sqlite(connection, rows[n : n + self._most]) for n in starts)
        sent = [{name: row[name] for name in self._names} for row in rows]
        given = {"rows": json.dumps(sent, default=str)}
        return connection.execute(self._from_json, given).rowcount

    def _in_sqlite(self, connection: Connection, rows: Sequence[Mapping[str, Any]]) -> int:
        """Insert by one list of values: SQLite takes half the time that reading JSON takes."""
        columns = list(zip(self._names, self._convert, strict=True))
        values = [
            row[name] if convert is None else convert(row[name])
            for row in rows
            for name, convert in columns
        ]
        listed = ", ".join([self._one] * len(rows))
        statement = f"{self._into} VALUES {listed} {_UNLESS_THERE}"
        return connection.exec_driver_sql(statement, tuple(values)).rowcount


def _given(columns: Mapping[str, TypeEngine[Any]]) -> dict[str, str]:
    """Return how each database reads the given rows as a table."""
    read = ", ".join(f"json_extract(value, '$.{name}') AS {name}" for name in columns)
    types = ", ".join(f"{name} {kind.compile(_POSTGRES)}" for name, kind in columns.items())
    return {
        "sqlite": f"(SELECT {read} FROM json_each(:rows)) AS given",  # noqa: S608
        "postgresql": f"json_to_recordset(:rows) AS given({types})",
    }


def _quoted(columns: Sequence[Column[Any]]) -> str:
    return ", ".join(f'"{column.name}"' for column in columns)


def _read_in_postgres(columns: Sequence[Column[Any]]) -> str:
    types = ", ".join(f'"{column.name}" {column.type.compile(_POSTGRES)}' for column in columns)
    return f"SELECT {_quoted(columns)} FROM json_to_recordset(:rows) AS r({types})"  # noqa: S608


def _for_sqlite(column: Column[Any]) -> _Convert | None:
    """Return what makes a value the one that SQLite stores; None: it is stored as it is."""
    convert: _Convert | None = column.type.dialect_impl(_SQLITE).bind_processor(_SQLITE)
    return convert


def _from_sqlite(kind: TypeEngine[Any]) -> _Convert | None:
    """Return what makes a stored value the one it was; None: it is that."""
    convert: _Convert | None = kind.dialect_impl(_SQLITE).result_processor(_SQLITE, None)
    return convert
