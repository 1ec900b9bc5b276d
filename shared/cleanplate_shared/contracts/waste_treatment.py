"""Contract of the waste service: lots treated on site, every kilogram's end, and the ledger."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, Field

from cleanplate_shared.contracts.common import Body, Count, Day, Month, Name
from cleanplate_shared.contracts.waste_manifests import Destination, FromKitchen, WasteKind


class LotCreate(Body):
    """A lot that is treated on site (就地处理)."""

    machine: Name


class OutputKind(StrEnum):
    """What comes out of a machine: something to use, or a rest to get rid of."""

    PRODUCT = "product"
    RESIDUE = "residue"


class OutputCreate(Body):
    """What was taken out of a lot, weighed."""

    kind: OutputKind
    grams: Annotated[int, Field(ge=1, le=10_000_000, strict=True)]
    destination: FromKitchen


class LotOutput(BaseModel):
    """What was taken out of a lot."""

    kind: OutputKind
    grams: int
    destination: Destination
    at: datetime


class Lot(BaseModel):
    """A lot, and its mass balance.

    Attributes:
        left_grams: in - out: still in the machine while it is open, then evaporated or drained.
        reduction: (in - out) / in, of a closed lot (domain.md 1.5 #20).
    """

    id: UUID
    canteen_id: UUID
    machine: str
    opened_at: datetime
    closed_at: datetime | None
    in_grams: int
    product_grams: int
    residue_grams: int
    left_grams: int
    reduction: float | None
    outputs: list[LotOutput]


class DestinationTotal(BaseModel):
    """Where some of it went; None: treated on site, and gone as vapour or water."""

    destination: Destination | None
    grams: int


class KindBalance(BaseModel):
    """Every kilogram of a kind over some days.

    here_before + weighed = sum of destinations + in_treatment + here_after + gap

    Attributes:
        gap_grams: above zero, it was weighed and nobody says where it went; below, more went away
            than was weighed.
    """

    kind: WasteKind
    here_before_grams: int
    weighed_grams: int
    destinations: list[DestinationTotal]
    in_treatment_grams: int
    here_after_grams: int
    gap_grams: int


class Balance(BaseModel):
    """Every kilogram of a canteen over some days."""

    canteen_id: UUID
    date_from: Day
    date_to: Day
    kinds: list[KindBalance]
    incidents: Count


class LedgerRow(BaseModel):
    """A line of the ledger (台账): what arose on a day of a kind, and a collection, if any.

    Attributes:
        produced_grams: weighed on that day; on the first line of the day and kind only.
        at: of the hand-over.
        kitchen, driver: who signed; None also where the reader may not know names.
        is_signed: by the kitchen and by the driver.
        remarks: states and reasons, in the reader's language.
    """

    date: Day
    kind: WasteKind
    produced_grams: int | None
    code: str | None
    containers: int | None
    net_grams: int | None
    received_grams: int | None
    hauler: str | None
    licence_number: str | None
    plate: str | None
    at: datetime | None
    kitchen: str | None
    driver: str | None
    is_signed: tuple[bool, bool] | None
    destination: Destination | None
    machine: str | None
    is_incident: bool
    remarks: str


class LedgerTotal(BaseModel):
    """A month's sums of a kind."""

    kind: WasteKind
    produced_grams: int
    collections: int
    counted_grams: int


class Ledger(BaseModel):
    """A canteen's month: what arose and who took it away."""

    canteen_id: UUID
    canteen: str
    time_zone: str
    month: Month
    rows: list[LedgerRow]
    totals: list[LedgerTotal]
    incidents: int
