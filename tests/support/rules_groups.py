"""Who may register for others, have guests, and say where notices go."""

from support.rule import ANYONE, KITCHEN, MANAGEMENT, Rule

_HERE = {"canteen_id": "{canteen_id}"}
_DAYS = {"date_from": "{today}", "date_to": "{tomorrow}"}
_GROUP = {"path": {"registration_id": "{group_id}"}}
_SHEET = {"files": {"file": ("sheet.csv", "{sheet}", "text/csv")}, "params": {"dry_run": "true"}}

# A secretary may what a manager may for the people of one unit: tests/menu/test_batches.py.
GROUPS = {
    "POST /menu/registrations:batch": Rule(
        ANYONE,
        request={"json": {"items": [{"id": "{fresh}", "meal_session_id": "{meal_session_id}"}]}},
        each=True,
    ),
    "POST /menu/registration-sheets": Rule(ANYONE, None, _SHEET),
    "GET /menu/registration-sheets/template": Rule(ANYONE, None, {"params": {"format": "csv"}}),
    "GET /menu/canteens/{canteen_id}/units/{unit_id}/registrations": Rule(
        MANAGEMENT, request={"params": _DAYS}
    ),
    "GET /menu/canteens/{canteen_id}/units/{unit_id}/people": Rule(MANAGEMENT),
    "GET /menu/canteens/{canteen_id}/offices": Rule(ANYONE),
    "POST /menu/group-registrations": Rule(
        MANAGEMENT,
        request={
            "json": {
                "meal_session_id": "{meal_session_id}",
                "kind": "official",
                "headcount": 2,
                "host_id": "{other_diner_id}",
                "standard_fen": 4000,
                "note": "公函 2026-17",
            }
        },
    ),
    "GET /menu/group-registrations": Rule(ANYONE, request={"params": {**_HERE, **_DAYS}}),
    "PATCH /menu/group-registrations/{registration_id}": Rule(
        MANAGEMENT, request={**_GROUP, "json": {"headcount": 3}}
    ),
    "DELETE /menu/group-registrations/{registration_id}": Rule(MANAGEMENT, request=_GROUP),
    "GET /menu/meal-sessions/{meal_session_id}/groups": Rule(KITCHEN),
    "GET /menu/canteens/{canteen_id}/official-standard": Rule(ANYONE),
    "PUT /menu/canteens/{canteen_id}/official-standard": Rule(
        MANAGEMENT, request={"json": {"standard_fen": 5000, "basis": "财行〔2026〕1号"}}
    ),
    "GET /menu/canteens/{canteen_id}/official-meals": Rule(
        MANAGEMENT, request={"params": {"month": "{month}"}}
    ),
    "GET /menu/channels": Rule(MANAGEMENT, request={"params": _HERE}),
    "POST /menu/channels": Rule(
        MANAGEMENT, request={"json": {**_HERE, "url": "ntfy://127.0.0.1/canteen"}}
    ),
    "POST /menu/channels/{channel_id}:test": Rule(MANAGEMENT),
    "DELETE /menu/channels/{channel_id}": Rule(MANAGEMENT, gone=True),
}
