"""The base of the menu service's tables."""

from sqlalchemy.orm import registry
from sqlmodel import SQLModel


class Table(SQLModel, registry=registry()):
    """Base of this service's tables; its metadata holds no other service's."""


def unless_given(value: str) -> dict[str, str]:
    """Return what a new column holds in rows that were there before it."""
    return {"server_default": value}
