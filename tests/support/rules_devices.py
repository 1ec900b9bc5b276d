"""Who may do what with trays at the return, and with checks of scales."""

from support.rule import KITCHEN, READERS, Rule

_TRAY = {
    "id": "{fresh}",
    "canteen_id": "{canteen_id}",
    "device_id": "trays-1",
    "sequence": 1,
    "grams": 20,
    "at": "{now}",
}
_CHECK = {
    "id": "{fresh}",
    "canteen_id": "{canteen_id}",
    "device_id": "scale-1",
    "test_grams": 10_000,
    "shown_grams": 10_005,
    "at": "{now}",
}
_HERE = {"canteen_id": "{canteen_id}"}

DEVICES: dict[str, Rule] = {
    "POST /waste/trays:batch": Rule(KITCHEN, request={"json": {"items": [_TRAY]}}, each=True),
    "GET /waste/trays/summary": Rule(
        READERS, request={"params": {**_HERE, "date_from": "{today}", "date_to": "{today}"}}
    ),
    "POST /waste/scale-checks": Rule(KITCHEN, request={"json": _CHECK}),
    "GET /waste/scale-checks": Rule(KITCHEN, request={"params": _HERE}),
}
