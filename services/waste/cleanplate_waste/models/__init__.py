"""Tables of the waste service."""

from cleanplate_waste.models.base import Table
from cleanplate_waste.models.devices import ScaleCheckRow, TrayCountRow, TrayRow
from cleanplate_waste.models.manifests import (
    CollectionRulesRow,
    DriverLinkRow,
    HaulerRow,
    LotOutputRow,
    LotRow,
    ManifestEntryRow,
    ManifestPhotoRow,
    ManifestRow,
)
from cleanplate_waste.models.setup import (
    ContainerRow,
    SetupRow,
    StreamSetupRow,
    WeighingPhotoRow,
)
from cleanplate_waste.models.trust import (
    CollectionRow,
    MonthTierRow,
    ReconciliationTermsRow,
    SortedBinRow,
    SortedPartRow,
    SortingDrawRow,
    SortingPlanRow,
)
from cleanplate_waste.models.weighings import (
    CanteenDayRow,
    CanteenStreamRow,
    DayStreamRow,
    DeviceRow,
    KnownSessionRow,
    WeighingKeyRow,
    WeighingRow,
)

# The tables themselves, for statements about many rows.
WEIGHINGS = Table.metadata.tables["weighing"]
KNOWN_SESSIONS = Table.metadata.tables["known_session"]
CANTEEN_DAYS = Table.metadata.tables["canteen_day"]
DAY_STREAMS = Table.metadata.tables["day_stream"]
DEVICES = Table.metadata.tables["device"]
WEIGHING_PHOTOS = Table.metadata.tables["weighing_photo"]
WEIGHING_KEYS = Table.metadata.tables["weighing_key"]
MANIFESTS = Table.metadata.tables["manifest"]
COLLECTIONS = Table.metadata.tables["collection"]
MONTH_TIERS = Table.metadata.tables["month_tier"]
SORTED_BINS = Table.metadata.tables["sorted_bin"]
SORTED_PARTS = Table.metadata.tables["sorted_part"]
TRAYS = Table.metadata.tables["tray"]
TRAY_COUNTS = Table.metadata.tables["tray_count"]

__all__ = [
    "CANTEEN_DAYS",
    "COLLECTIONS",
    "DAY_STREAMS",
    "DEVICES",
    "KNOWN_SESSIONS",
    "MANIFESTS",
    "MONTH_TIERS",
    "SORTED_BINS",
    "SORTED_PARTS",
    "TRAYS",
    "TRAY_COUNTS",
    "WEIGHINGS",
    "WEIGHING_KEYS",
    "WEIGHING_PHOTOS",
    "CanteenDayRow",
    "CanteenStreamRow",
    "CollectionRow",
    "CollectionRulesRow",
    "ContainerRow",
    "DayStreamRow",
    "DeviceRow",
    "DriverLinkRow",
    "HaulerRow",
    "KnownSessionRow",
    "LotOutputRow",
    "LotRow",
    "ManifestEntryRow",
    "ManifestPhotoRow",
    "ManifestRow",
    "MonthTierRow",
    "ReconciliationTermsRow",
    "ScaleCheckRow",
    "SetupRow",
    "SortedBinRow",
    "SortedPartRow",
    "SortingDrawRow",
    "SortingPlanRow",
    "StreamSetupRow",
    "Table",
    "TrayCountRow",
    "TrayRow",
    "WeighingKeyRow",
    "WeighingPhotoRow",
    "WeighingRow",
]
