"""The base of this service's tables."""

from sqlalchemy.orm import registry
from sqlmodel import SQLModel

from cleanplate_shared.contracts.waste import Stream

STREAMS = ", ".join(f"'{stream.value}'" for stream in Stream)


class Table(SQLModel, registry=registry()):
    """Base of this service's tables; its metadata holds no other service's."""
