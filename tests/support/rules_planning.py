"""Who may do what with patterns, absences, preferences, units and their secretaries."""

from support.rule import ANYONE, KITCHEN, MANAGEMENT, Rule

_PATTERN = {"path": {"meal": "lunch"}}
_THEIRS = {"path": {"person_id": "{diner_id}", "meal": "lunch"}}
_UNIT = {"unit_id": "{unit_id}", "meal": "lunch", "mode": "opt_out"}

# A secretary may what a manager may for the people of one unit: tests/menu/test_secretaries.py.
PLANNING = {
    "GET /menu/patterns/mine": Rule(ANYONE, None),
    "PUT /menu/patterns/{canteen_id}/{meal}": Rule(
        ANYONE, request={**_PATTERN, "json": {"weekdays": [1, 2, 3, 4, 5]}}
    ),
    "DELETE /menu/patterns/{canteen_id}/{meal}": Rule(ANYONE, None, _PATTERN),
    "GET /menu/secretary/patterns": Rule(
        MANAGEMENT, request={"params": {"canteen_id": "{canteen_id}", "unit_id": "{unit_id}"}}
    ),
    "PUT /menu/canteens/{canteen_id}/people/{person_id}/patterns/{meal}": Rule(
        MANAGEMENT | {"diner"}, owner="diner", request={**_THEIRS, "json": {"weekdays": [1]}}
    ),
    "DELETE /menu/canteens/{canteen_id}/people/{person_id}/patterns/{meal}": Rule(
        MANAGEMENT | {"diner"}, owner="diner", request=_THEIRS
    ),
    "GET /menu/absences/mine": Rule(ANYONE, None),
    "POST /menu/absences": Rule(
        MANAGEMENT | {"diner"},
        owner="diner",
        request={
            "json": {
                "first_day": "{tomorrow}",
                "last_day": "{tomorrow}",
                "kind": "trip",
                "person_id": "{diner_id}",
            }
        },
    ),
    "DELETE /menu/absences/{absence_id}": Rule(MANAGEMENT | {"diner"}, owner="diner", gone=True),
    "GET /menu/preferences/mine": Rule(ANYONE, None),
    "PUT /menu/preferences/mine": Rule(ANYONE, None, {"json": {"portion": "half"}}),
    "GET /menu/meal-sessions/{meal_session_id}/diets": Rule(KITCHEN),
    "GET /menu/canteens/{canteen_id}/unit-modes": Rule(MANAGEMENT),
    "PUT /menu/canteens/{canteen_id}/unit-modes": Rule(
        MANAGEMENT, request={"json": _UNIT, "params": {"dry_run": "true"}}
    ),
    "GET /menu/canteens/{canteen_id}/units/{unit_id}/secretaries": Rule(MANAGEMENT),
    "PUT /menu/canteens/{canteen_id}/units/{unit_id}/secretaries": Rule(
        MANAGEMENT, request={"json": {"numbers": []}}
    ),
    "GET /menu/secretary/units": Rule(ANYONE, None),
    "GET /menu/secretary/absences": Rule(
        MANAGEMENT, request={"params": {"canteen_id": "{canteen_id}", "unit_id": "{unit_id}"}}
    ),
}
