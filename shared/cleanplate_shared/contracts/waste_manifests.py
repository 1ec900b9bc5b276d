"""Contract of the waste service: what leaves the kitchen, with whom, and where it ends."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, BaseModel, Field, StringConstraints, model_validator

from cleanplate_shared.contracts.common import Body, Day, Grams, Name, Note

_PLATE = r"^[^\x00-\x20\x7f]+$"
Plate = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=2, max_length=16, pattern=_PLATE)
]
# of forty containers at most
Load = Annotated[int, Field(ge=0, le=400_000_000, strict=True, description="mass in grams")]
Percent = Annotated[int, Field(ge=0, le=100, strict=True)]


class Destination(StrEnum):
    """Where what is not eaten ends (FLW Standard 1.0, its ten destinations)."""

    ANIMAL_FEED = "animal_feed"
    BIOMATERIAL = "biomaterial"
    CODIGESTION = "codigestion"
    COMPOSTING = "composting"
    COMBUSTION = "combustion"
    LAND_APPLICATION = "land_application"
    LANDFILL = "landfill"
    NOT_HARVESTED = "not_harvested"
    REFUSE = "refuse"
    SEWER = "sewer"


def _of_a_kitchen(destination: Destination) -> Destination:
    if destination is Destination.NOT_HARVESTED:
        raise ValueError("a kitchen harvests nothing")
    return destination


FromKitchen = Annotated[Destination, AfterValidator(_of_a_kitchen)]
FROM_KITCHEN = tuple(one for one in Destination if one is not Destination.NOT_HARVESTED)


class WasteKind(StrEnum):
    """What is taken away together: food of all streams (厨余), used oil, anything else."""

    FOOD = "food"
    OIL = "oil"
    NONFOOD = "nonfood"


class ManifestState(StrEnum):
    """How far a manifest (联单) is."""

    DRAFT = "draft"
    HANDED_OVER = "handed_over"
    RECEIVED = "received"
    DISPUTED = "disputed"
    CLOSED = "closed"
    VOIDED = "voided"


OPEN_STATES = (ManifestState.HANDED_OVER, ManifestState.RECEIVED, ManifestState.DISPUTED)


class Licence(StrEnum):
    """What a hauler's licence is worth on a day."""

    VALID = "licence_valid"
    EXPIRES_SOON = "licence_expires_soon"
    EXPIRED = "licence_expired"
    NOT_YET = "licence_not_yet"
    UNKNOWN = "licence_unknown"


class How(StrEnum):
    """How somebody confirmed: signed in, by the code shown to the driver, from paper."""

    SIGN_IN = "sign_in"
    LINK = "link"
    IMPORT = "import"


class HaulerWrite(Body):
    """A hauler (收运单位) of an organisation, with its licence."""

    name: Name
    licence_number: Name
    valid_from: Day
    valid_to: Day
    contact: Name | None = None
    plates: Annotated[list[Plate], Field(max_length=30)] = []
    is_active: bool = True

    @model_validator(mode="after")
    def _in_order(self) -> "HaulerWrite":
        if self.valid_to < self.valid_from:
            raise ValueError("the licence ends before it begins")
        return self


class Hauler(BaseModel):
    """A hauler as it is known, and what its licence is worth today."""

    id: UUID
    organization_id: UUID
    name: str
    licence_number: str
    valid_from: Day
    valid_to: Day
    contact: str | None
    plates: list[str]
    is_active: bool
    licence: Licence


class ContainerWeight(Body):
    """One container as it leaves; net = gross - tare."""

    label: Name | None = None
    gross_grams: Grams
    tare_grams: Grams

    @property
    def net_grams(self) -> int:
        """Return what is in it."""
        return self.gross_grams - self.tare_grams

    @model_validator(mode="after")
    def _not_negative(self) -> "ContainerWeight":
        if self.tare_grams > self.gross_grams:
            raise ValueError("the container weighs more than the whole")
        return self


class ManifestCreate(Body):
    """What is to leave: to a hauler (registered, or only named), or into a lot treated on site."""

    kind: WasteKind = WasteKind.FOOD
    hauler_id: UUID | None = None
    hauler_name: Name | None = None
    plate: Plate | None = None
    destination: FromKitchen | None = None
    lot_id: UUID | None = None
    containers: Annotated[list[ContainerWeight], Field(min_length=1, max_length=40)]

    @model_validator(mode="after")
    def _one_way_out(self) -> "ManifestCreate":
        ways = [self.hauler_id, self.hauler_name, self.lot_id]
        if sum(way is not None for way in ways) != 1:
            raise ValueError("exactly one of hauler_id, hauler_name and lot_id")
        if self.lot_id is None and (self.plate is None or self.destination is None):
            raise ValueError("a hauler takes it with a plate to a destination")
        if self.lot_id is not None and (self.plate or self.destination):
            raise ValueError("what is treated on site has no plate, and its lot has destinations")
        if self.lot_id is not None and self.kind is not WasteKind.FOOD:
            raise ValueError("only food is treated on site")
        return self


class HandOver(Body):
    """The kitchen's confirmation.

    Attributes:
        net_grams: what is signed for; the sum of the containers.
        incident: why it leaves although the hauler has no licence for the day.
        excess_reason: why more leaves than was weighed.
    """

    net_grams: Load
    incident: Note | None = None
    excess_reason: Note | None = None


class Receipt(Body):
    """The driver's confirmation; with a weight of their own, if they weigh."""

    driver: Name
    net_grams: Load | None = None


class Closing(Body):
    """The end of a manifest that was received or is disputed; None: the kitchen's weight holds."""

    net_grams: Load | None = None
    reason: Note | None = None


class Voiding(Body):
    """Why a manifest does not count."""

    reason: Note


class Signature(BaseModel):
    """Who confirmed, when and how; `name` is told to the canteen's own kitchen only."""

    at: datetime
    how: How
    name: str | None


class ManifestEntry(BaseModel):
    """One line of a manifest's history, which only grows."""

    state: ManifestState
    at: datetime
    how: How
    name: str | None
    net_grams: int | None
    reason: str | None


class Manifest(BaseModel):
    """What left a kitchen, or is about to.

    Attributes:
        code: to say over the telephone; not unique for good.
        licence: of the hauler, on the day of the hand-over.
        net_grams: by the kitchen's scale.
        received_grams: by the hauler's.
        counted_grams: as settled at the end, else the hauler's, else the kitchen's.
        weighed_grams: what had been weighed and was still there at the hand-over.
        incident: it left with a hauler without a licence, and why.
        excess_reason: more left than was weighed, and why.
        photo_sha256: of the photo as it was sent; the photo is shown to the kitchen only.
        is_overdue: handed over more than 24 hours ago and still not closed.
    """

    id: UUID
    code: str
    canteen_id: UUID
    kind: WasteKind
    state: ManifestState
    date: Day
    hauler_id: UUID | None
    hauler_name: str | None
    licence_number: str | None
    licence: Licence | None
    plate: str | None
    destination: Destination | None
    lot_id: UUID | None
    containers: list[ContainerWeight]
    net_grams: int
    received_grams: int | None
    counted_grams: int
    weighed_grams: int | None
    incident: str | None
    excess_reason: str | None
    is_overdue: bool
    opened_at: datetime
    kitchen: Signature | None
    driver: Signature | None
    closed_at: datetime | None
    photo_sha256: str | None
    history: list[ManifestEntry]


class KindHere(BaseModel):
    """What was weighed of a kind and has not left yet; `since` the last hand-over."""

    kind: WasteKind
    grams: int
    since: datetime | None


class OutNow(BaseModel):
    """What a kitchen has to see to: drafts and open manifests, oldest first, and what is there."""

    drafts: list[Manifest]
    open: list[Manifest]
    overdue: int
    here: list[KindHere]


class DriverLink(BaseModel):
    """A code for the driver of one manifest; it opens nothing else, and not for long."""

    secret: str
    expires_at: datetime


class DriverManifest(BaseModel):
    """What a driver confirms; it names nobody of the kitchen."""

    code: str
    canteen: str
    time_zone: str
    kind: WasteKind
    state: ManifestState
    hauler_name: str
    plate: str
    destination: Destination
    containers: list[ContainerWeight]
    net_grams: int
    received_grams: int | None
    handed_over_at: datetime
    driver: str | None
    expires_at: datetime


class CollectionRules(Body):
    """What a canteen takes for the same weight; the larger of share and grams counts.

    Attributes:
        excess_percent, excess_grams: by how much more may leave than was weighed.
        dispute_percent, dispute_grams: by how much the hauler's weight may differ.
    """

    excess_percent: Percent = 10
    excess_grams: Grams = 2_000
    dispute_percent: Percent = 5
    dispute_grams: Grams = 2_000


class ManifestSheetRow(BaseModel):
    """One row of the manifests import (联单台账导入): collections from before, from paper."""

    date: Day = Field(title="日期", examples=["2026-03-02"])
    time: Annotated[str, StringConstraints(pattern=r"^([01]?\d|2[0-3]):[0-5]\d$")] = Field(
        title="时间", examples=["14:30"]
    )
    canteen: Name = Field(title="食堂", examples=["机关第一食堂"])
    kind: WasteKind = Field(title="种类", examples=["food"])
    hauler: Name = Field(title="收运单位", examples=["城洁收运（示例）"])
    plate: Plate = Field(title="车牌号", examples=["示A12345"])
    containers: Annotated[int, Field(ge=1, le=40)] = Field(title="桶数", examples=[4])
    net_grams: Annotated[int, Field(ge=0, le=10_000_000)] = Field(title="净重克", examples=[182000])
    received_grams: Annotated[int, Field(ge=0, le=10_000_000)] | None = Field(
        default=None, title="收运方净重克", examples=[181000]
    )
    destination: FromKitchen = Field(title="去向", examples=["codigestion"])
