"""Watches that whatever changes what menus say also tells every process so."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, Engine, event

from cleanplate_shared.middleware import request_id

_WRITE = re.compile(r"\s*(INSERT INTO|UPDATE|DELETE FROM) (\w+)")
_SHOWN = {"session_dish", "dish_decision", "leftover"}
_STAMP = "menu_stamp"
_COUNTS = "UPDATE dish SET version="  # for other services; nothing that a menu shows


def _shows(statement: str, verb: str, table: str) -> bool:
    """Say whether a statement changes a menu; a new dish is on none yet."""
    if statement.startswith(_COUNTS):
        return False
    return table in _SHOWN or (table == "dish" and verb != "INSERT INTO")


@contextmanager
def watched() -> Iterator[list[str]]:
    """Yield what requests wrote and committed without touching the stamp; fills as it happens."""
    forgotten: list[str] = []
    writing: dict[int, dict[str, str]] = {}

    def note(connection: Connection, _cursor, statement: str, *_rest) -> None:
        found = _WRITE.match(statement)
        if found and request_id() and (found[2] == _STAMP or _shows(statement, *found.groups())):
            writing.setdefault(id(connection), {})[found[2]] = statement

    def commit(connection: Connection) -> None:
        written = writing.pop(id(connection), {})
        if _STAMP not in written:
            forgotten.extend(written.values())

    def rollback(connection: Connection) -> None:
        writing.pop(id(connection), None)

    heard = {"before_cursor_execute": note, "commit": commit, "rollback": rollback}
    for name, hear in heard.items():
        event.listen(Engine, name, hear)
    try:
        yield forgotten
    finally:
        for name, hear in heard.items():
            event.remove(Engine, name, hear)
