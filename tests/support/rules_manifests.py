"""Who hands waste over, who sees where it went, and who keeps the haulers."""

from support.photos import a_jpeg
from support.rule import KITCHEN, MANAGEMENT, PUBLIC, READERS, Rule

_CANTEEN = "/waste/canteens/{canteen_id}"
_MANIFEST = "/waste/manifests/{manifest_id}"
_LOT = "/waste/treatment-lots/{lot_id}"
_DAYS = {"params": {"date_from": "{today}", "date_to": "{tomorrow}"}}
_MONTH = {"params": {"month": "{month}"}}
_HAULER = {"licence_number": "示-2026-9", "valid_from": "2026-01-01", "valid_to": "2030-12-31"}
_CONTAINERS = [{"gross_grams": 21_000, "tare_grams": 1_000}]

MANIFESTS: dict[str, Rule] = {
    # first, while the code works: a new one would replace it
    "GET /waste/hand-overs/{secret}": Rule(PUBLIC, request={"path": {"secret": "{driver_code}"}}),
    "POST /waste/hand-overs/{secret}": Rule(
        PUBLIC, request={"path": {"secret": "{driver_code}"}, "json": {"driver": "示例司机"}}
    ),
    f"GET {_CANTEEN}/out": Rule(READERS),
    f"GET {_CANTEEN}/manifests": Rule(READERS, request=_DAYS),
    f"POST {_CANTEEN}/manifests": Rule(
        KITCHEN,
        request={
            "json": {
                "hauler_name": "路过的车（示例）",
                "plate": "示A12345",
                "destination": "composting",
                "containers": _CONTAINERS,
            }
        },
    ),
    f"GET {_MANIFEST}": Rule(READERS),
    f"POST {_MANIFEST}:hand-over": Rule(KITCHEN, request={"json": {"net_grams": 20_000}}),
    f"POST {_MANIFEST}:link": Rule(KITCHEN),
    f"PUT {_MANIFEST}/photo": Rule(
        KITCHEN, request={"files": {"file": ("photo.jpg", a_jpeg(), "image/jpeg")}}
    ),
    f"GET {_MANIFEST}/photo": Rule(KITCHEN),
    f"POST {_MANIFEST}:close": Rule(MANAGEMENT, request={"json": {}}),
    f"POST {_MANIFEST}:void": Rule(
        KITCHEN,
        request={"path": {"manifest_id": "{draft_id}"}, "json": {"reason": "写错了"}},
    ),
    f"GET {_CANTEEN}/treatment-lots": Rule(READERS, request=_DAYS),
    f"POST {_CANTEEN}/treatment-lots": Rule(KITCHEN, request={"json": {"machine": "生化机"}}),
    f"POST {_LOT}/outputs": Rule(
        KITCHEN,
        request={"json": {"kind": "product", "grams": 10, "destination": "land_application"}},
    ),
    f"POST {_LOT}:close": Rule(KITCHEN),
    f"GET {_CANTEEN}/ledger": Rule(READERS, request=_MONTH),
    f"GET {_CANTEEN}/ledger.xlsx": Rule(READERS, request=_MONTH),
    f"GET {_CANTEEN}/ledger.pdf": Rule(READERS, request=_MONTH),
    f"GET {_CANTEEN}/destinations": Rule(READERS, request=_DAYS),
    "POST /waste/imports/manifests": Rule(
        MANAGEMENT,
        None,
        {
            "files": {"file": ("sheet.csv", "{sheet}", "text/csv")},
            "params": {"dry_run": "true"},
        },
    ),
    "GET /waste/imports/manifests/template": Rule(MANAGEMENT, None, {"params": {"format": "csv"}}),
    f"GET {_CANTEEN}/haulers": Rule(READERS),
    f"POST {_CANTEEN}/haulers": Rule(
        MANAGEMENT, request={"json": {**_HAULER, "name": "又一家（示例）"}}
    ),
    "PUT /waste/haulers/{hauler_id}": Rule(
        MANAGEMENT, request={"json": {**_HAULER, "name": "城洁收运（示例）"}}
    ),
    f"GET {_CANTEEN}/collection-rules": Rule(READERS),
    f"PUT {_CANTEEN}/collection-rules": Rule(MANAGEMENT, request={"json": {}}),
}
