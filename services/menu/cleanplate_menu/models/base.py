"""The base of the menu service's tables."""

from typing import Any

from sqlalchemy import False_
from sqlalchemy.orm import registry
from sqlmodel import SQLModel


class Table(SQLModel, registry=registry()):
    """Base of this service's tables; its metadata holds no other service's."""


def unless_given(value: str | False_) -> dict[str, Any]:
    """Return what a new column holds in rows that were there before it.

    The text "false" would be true in SQLite: a column of truths takes `sqlalchemy.false()`.
    """
    return {"server_default": value}
