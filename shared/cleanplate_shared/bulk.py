"""Many rows into a table by one statement with one parameter.

A driver that is handed a thousand rows converts each of their values by itself; a database that is
handed one JSON text reads it in a fraction of that time.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sqlalchemy import Column, Dialect, Row, Table, TextClause, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session

_Convert = Callable[[Any], Any]


class BulkInsert:
    """Inserts rows and leaves out those that a constraint refuses."""

    def __init__(self, table: Table, names: Sequence[str], returning: Sequence[str]) -> None:
        """Prepare the statements.

        Args:
            table: with any column types.
            names: the columns that each row brings; the others get the database's defaults.
            returning: the columns that are returned of each row that was inserted.
        """
        columns = [table.c[name] for name in names]
        returned = [table.c[name] for name in returning]
        self._names = list(names)
        self._convert = [_for_sqlite(column) for column in columns]
        self._statements = {
            "sqlite": _statement(table, columns, returned, _read_in_sqlite(columns)),
            "postgresql": _statement(table, columns, returned, _read_in_postgres(columns)),
        }

    def __call__(self, session: Session, rows: Sequence[Mapping[str, Any]]) -> Sequence[Row[Any]]:
        """Insert rows, each with all the names; return those that were inserted."""
        if not rows:
            return []
        connection = session.connection()
        is_sqlite = connection.dialect.name == "sqlite"
        sent = self._as_lists(rows) if is_sqlite else [_only(self._names, row) for row in rows]
        statement = self._statements[connection.dialect.name]
        return connection.execute(statement, {"rows": json.dumps(sent, default=str)}).all()

    def _as_lists(self, rows: Sequence[Mapping[str, Any]]) -> list[list[Any]]:
        columns = list(zip(self._names, self._convert, strict=True))
        return [
            [row[name] if convert is None else convert(row[name]) for name, convert in columns]
            for row in rows
        ]


def _only(names: Sequence[str], row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: row[name] for name in names}


def _statement(
    table: Table, columns: Sequence[Column[Any]], returned: Sequence[Column[Any]], source: str
) -> TextClause:
    names = ", ".join(f'"{column.name}"' for column in columns)
    back = ", ".join(f'"{column.name}"' for column in returned)
    sql = f"""
        INSERT INTO "{table.name}" ({names}) SELECT {source} WHERE true
        ON CONFLICT DO NOTHING RETURNING {back}
    """
    return text(sql).columns(*returned)  # type: ignore[return-value]


def _read_in_sqlite(columns: Sequence[Column[Any]]) -> str:
    values = ", ".join(f"json_extract(value, '$[{place}]')" for place in range(len(columns)))
    return f"{values} FROM json_each(:rows)"


def _read_in_postgres(columns: Sequence[Column[Any]]) -> str:
    dialect: Dialect = postgresql.dialect()  # type: ignore[no-untyped-call]
    types = ", ".join(f'"{column.name}" {column.type.compile(dialect)}' for column in columns)
    names = ", ".join(f'"{column.name}"' for column in columns)
    return f"{names} FROM json_to_recordset(:rows) AS r({types})"


def _for_sqlite(column: Column[Any]) -> _Convert | None:
    """Return what makes a value the one that SQLite stores; None: it is stored as it is."""
    dialect = sqlite.dialect()
    convert: _Convert | None = column.type.dialect_impl(dialect).bind_processor(dialect)
    return convert
