"""Weighings as a textbook takes them: look for each id, add what is new, commit the batch."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

from fastapi import Depends, FastAPI
from sqlalchemy import Index
from sqlmodel import Field, Session, SQLModel

from bench.textbook import Table, connect, signed_in_with


class WeighingItem(SQLModel):
    """A weighing as a tablet sends it."""

    id: UUID
    canteen_id: UUID
    stream: str
    gross_grams: int
    tare_grams: int
    device_id: str
    sequence: int
    weighed_at: datetime
    previous_hash: str
    hash: str


class TextbookWeighing(Table, table=True):
    """A weighing as it is kept."""

    __tablename__ = "weighing"
    __table_args__ = (
        Index("ix_weighing_day", "canteen_id", "weighed_at"),
        Index("ix_weighing_device", "canteen_id", "device_id", "sequence"),
    )

    id: UUID = Field(primary_key=True)
    canteen_id: UUID
    stream: str
    gross_grams: int
    tare_grams: int
    net_grams: int
    device_id: str
    sequence: int
    weighed_at: datetime
    received_at: datetime
    recorded_by: UUID
    previous_hash: str
    hash: str


class Batch(SQLModel):
    """What a tablet sends at once."""

    items: list[WeighingItem]


class Result(SQLModel):
    """What became of one item."""

    id: UUID
    outcome: str


class Results(SQLModel):
    """What became of each item."""

    results: list[Result]


def create_app(url: str, public_key: str) -> FastAPI:
    """Build the textbook's application; its tables must be there."""
    app = FastAPI(openapi_url=None)
    engine, signed_in = connect(url), signed_in_with(public_key)

    def open_session() -> Iterator[Session]:
        with Session(engine) as session:
            yield session

    @app.post("/api/v1/waste/weighings:batch")
    def record(
        batch: Batch,
        person_id: Annotated[UUID, Depends(signed_in)],
        session: Annotated[Session, Depends(open_session)],
    ) -> Results:
        results = [_keep(session, item, person_id) for item in batch.items]
        session.commit()
        return Results(results=results)

    return app


def _keep(session: Session, item: WeighingItem, person_id: UUID) -> Result:
    if session.get(TextbookWeighing, item.id):
        return Result(id=item.id, outcome="duplicate")
    session.add(
        TextbookWeighing(
            **item.model_dump(),
            net_grams=item.gross_grams - item.tare_grams,
            received_at=datetime.now(UTC),
            recorded_by=person_id,
        )
    )
    return Result(id=item.id, outcome="created")
