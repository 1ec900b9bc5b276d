"""What left the kitchen: haulers, manifests with their history, lots treated on site."""

from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import (
    JSON,
    BigInteger,
    CheckConstraint,
    Column,
    Index,
    Integer,
    UniqueConstraint,
    text,
)
from sqlmodel import Field

from cleanplate_shared.contracts.common import Day
from cleanplate_shared.contracts.waste_manifests import (
    Destination,
    How,
    ManifestState,
    WasteKind,
)
from cleanplate_shared.contracts.waste_treatment import OutputKind
from cleanplate_waste.models.base import Table

_NAMED = "name IS NOT NULL OR person_id IS NOT NULL"


def _among(name: str, codes: Any) -> str:  # noqa: ANN401 (an enumeration's class)
    return f"{name} IN ({', '.join(repr(code.value) for code in codes)})"


class HaulerRow(Table, table=True):
    """A hauler that an organisation works with, and its licence."""

    __tablename__ = "hauler"
    __table_args__ = (
        UniqueConstraint("organization_id", "name"),
        CheckConstraint("valid_from <= valid_to", name="ck_hauler_licence"),
    )

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    organization_id: UUID
    name: str
    licence_number: str
    valid_from: Day
    valid_to: Day
    contact: str | None
    plates: list[str] = Field(sa_column=Column(JSON, nullable=False))
    is_active: bool


class ManifestRow(Table, table=True):
    """What is to leave, or left; what was confirmed does not change any more."""

    __tablename__ = "manifest"
    __table_args__ = (
        CheckConstraint(_among("state", ManifestState), name="ck_manifest_state"),
        CheckConstraint(_among("kind", WasteKind), name="ck_manifest_kind"),
        CheckConstraint("(lot_id IS NULL) = (destination IS NOT NULL)", name="ck_manifest_way"),
        CheckConstraint("net_grams >= 0", name="ck_manifest_not_negative"),
        Index("ix_manifest_day", "canteen_id", "date", "id"),
        Index("ix_manifest_last", "canteen_id", "kind", "handed_over_at"),
        Index("ix_manifest_state", "canteen_id", "state"),
        Index("ix_manifest_lot", "lot_id"),
    )

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    canteen_id: UUID
    kind: str
    state: str
    date: Day = Field(description="of the hand-over; until then, of the draft")
    hauler_id: UUID | None
    hauler_name: str | None = Field(description="as it was at the hand-over")
    licence_number: str | None
    licence: str | None = Field(description="what it was worth at the hand-over")
    plate: str | None
    destination: str | None
    lot_id: UUID | None
    containers: list[dict[str, Any]] = Field(sa_column=Column(JSON, nullable=False))
    net_grams: int = Field(sa_type=BigInteger)
    received_grams: int | None = None
    settled_grams: int | None = None
    weighed_grams: int | None = Field(default=None, sa_type=BigInteger)
    incident: str | None = None
    excess_reason: str | None = None
    opened_at: datetime
    handed_over_at: datetime | None = None
    closed_at: datetime | None = None


class ManifestEntryRow(Table, table=True):
    """One line of a manifest's history; lines are only added."""

    __tablename__ = "manifest_entry"
    __table_args__ = (
        CheckConstraint(_among("state", ManifestState), name="ck_manifest_entry_state"),
        CheckConstraint(_among("how", How), name="ck_manifest_entry_how"),
        Index("ix_manifest_entry_manifest", "manifest_id", "id"),
        Index(
            "ix_manifest_entry_named",
            "at",
            sqlite_where=text(_NAMED),
            postgresql_where=text(_NAMED),
        ),
    )

    # SQLite numbers a row by itself only if the key is declared INTEGER
    id: int | None = Field(
        default=None,
        primary_key=True,
        sa_type=BigInteger().with_variant(Integer, "sqlite"),
    )
    manifest_id: UUID
    state: str
    at: datetime
    how: str
    person_id: UUID | None = None
    name: str | None = None
    net_grams: int | None = None
    reason: str | None = None


class DriverLinkRow(Table, table=True):
    """The code that a driver confirms a manifest with; only its digest is kept."""

    __tablename__ = "driver_link"

    manifest_id: UUID = Field(primary_key=True)
    digest: str = Field(unique=True)
    expires_at: datetime


class CollectionRulesRow(Table, table=True):
    """What a canteen takes for the same weight, where that is not the usual."""

    __tablename__ = "collection_rules"

    canteen_id: UUID = Field(primary_key=True)
    excess_percent: int
    excess_grams: int
    dispute_percent: int
    dispute_grams: int


class LotRow(Table, table=True):
    """A lot that is treated on site."""

    __tablename__ = "treatment_lot"
    __table_args__ = (Index("ix_treatment_lot_opened", "canteen_id", "opened_at", "id"),)

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    canteen_id: UUID
    machine: str
    opened_at: datetime
    opened_by: UUID
    closed_at: datetime | None = None
    closed_by: UUID | None = None


class LotOutputRow(Table, table=True):
    """What was taken out of a lot."""

    __tablename__ = "treatment_output"
    __table_args__ = (
        CheckConstraint(_among("kind", OutputKind), name="ck_treatment_output_kind"),
        CheckConstraint(_among("destination", Destination), name="ck_treatment_output_destination"),
        CheckConstraint("grams > 0", name="ck_treatment_output_grams"),
        Index("ix_treatment_output_lot", "lot_id", "at"),
        Index("ix_treatment_output_day", "canteen_id", "date"),
    )

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    lot_id: UUID
    canteen_id: UUID
    date: Day
    kind: str
    grams: int
    destination: str
    at: datetime
    recorded_by: UUID


class ManifestPhotoRow(Table, table=True):
    """The photo of what was handed over; there is one, kept as long as the names."""

    __tablename__ = "manifest_photo"
    __table_args__ = (Index("ix_manifest_photo_at", "at"),)

    manifest_id: UUID = Field(primary_key=True)
    sha256: str = Field(description="of the picture as it was sent")
    content: bytes
    at: datetime
    taken_by: UUID
