"""What a canteen weighs in, and the photos of weighings."""

from uuid import UUID

from sqlalchemy import CheckConstraint, UniqueConstraint
from sqlmodel import Field

from cleanplate_waste.models.base import STREAMS, Table


class ContainerRow(Table, table=True):
    """A container of a kitchen, in the order in which the screen offers them."""

    __tablename__ = "container"
    __table_args__ = (UniqueConstraint("canteen_id", "position", name="uq_container_position"),)

    canteen_id: UUID = Field(primary_key=True)
    code: str = Field(primary_key=True)
    position: int
    name: str
    tare_grams: int | None = Field(description="None: each tablet weighs it empty once")


class StreamSetupRow(Table, table=True):
    """What a stream weighs by volume at a canteen, and what it costs."""

    __tablename__ = "stream_setup"
    __table_args__ = (
        CheckConstraint(f"stream IN ({STREAMS})", name="ck_stream_setup_stream"),
        CheckConstraint("grams_per_litre > 0 AND grams_per_bucket > 0", name="ck_stream_setup"),
    )

    canteen_id: UUID = Field(primary_key=True)
    stream: str = Field(primary_key=True)
    grams_per_litre: int
    grams_per_bucket: int
    value_fen_per_kg: int | None


class SetupRow(Table, table=True):
    """A canteen that has said what it weighs in; one that has not has the defaults."""

    __tablename__ = "setup"

    canteen_id: UUID = Field(primary_key=True)


class WeighingPhotoRow(Table, table=True):
    """The photo of a weighing, as the tablet sent it: its digest is part of the record."""

    __tablename__ = "weighing_photo"

    weighing_id: UUID = Field(primary_key=True)
    content: bytes
