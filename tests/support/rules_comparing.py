"""Who says what was collected, who sorts bins, and who sees what follows from it."""

from typing import Any

from support.rule import KITCHEN, MANAGEMENT, READERS, Rule


def _period(**more: str) -> dict[str, Any]:
    days = {"date_from": "{today}", "date_to": "{tomorrow}"}
    return {"params": {"canteen_id": "{canteen_id}", **days, **more}}


_HERE = {"canteen_id": "{canteen_id}"}
_PARTS = {
    "parts": [{"food": "fish_seafood", "edible_grams": 3000, "inedible_grams": 800}],
    "nonfood_grams": 0,
}

COMPARING: dict[str, Rule] = {
    "GET /waste/reconciliation": Rule(READERS, request=_period()),
    "PUT /waste/canteens/{canteen_id}/reconciliation-terms": Rule(
        MANAGEMENT, request={"json": {"loss_permille": 20}}
    ),
    "GET /waste/collections": Rule(READERS, request=_period()),
    "POST /waste/collections": Rule(
        MANAGEMENT,
        request={"json": {**_HERE, "date": "{today}", "net_grams": 1, "hauler": "城洁"}},
    ),
    "DELETE /waste/collections/{collection_id}": Rule(MANAGEMENT),
    "POST /waste/imports/collections": Rule(
        MANAGEMENT,
        None,
        {"files": {"file": ("sheet.csv", "{sheet}", "text/csv")}, "params": {"dry_run": "true"}},
    ),
    "GET /waste/imports/collections/template": Rule(
        MANAGEMENT, None, {"params": {"format": "csv"}}
    ),
    "GET /waste/mass-balances": Rule(READERS, request=_period()),
    "GET /waste/sorting/plans": Rule(READERS, request=_period()),
    "POST /waste/sorting/plans": Rule(
        MANAGEMENT,
        request={
            "json": {**_HERE, "week": "2030-01-01", "streams": [{"stream": "plate", "one_in": 4}]}
        },
    ),
    "GET /waste/sorting/bins": Rule(KITCHEN, request=_period()),
    "PUT /waste/sorting/bins/{weighing_id}": Rule(KITCHEN, request={"json": _PARTS}),
    "GET /waste/sorting/estimates": Rule(READERS, request=_period()),
    "GET /waste/inventory": Rule(READERS, request=_period()),
    "GET /waste/inventory/export": Rule(READERS, request=_period()),
}
