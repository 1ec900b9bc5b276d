"""Who may do what, route by route: written by hand, held against what the services do.

A rule says which roles may use a route at the canteen (or organisation) that the request names,
and what becomes of the others. Templates in braces are ids of the world's things.
"""

from typing import Any

from support.rule import ADMINS, ANYONE, KITCHEN, MANAGEMENT, PUBLIC, READERS, ROOT, Rule
from support.rules_comparing import COMPARING
from support.rules_devices import DEVICES
from support.rules_door import DOOR
from support.rules_forecast import FORECAST
from support.rules_groups import GROUPS
from support.rules_manifests import MANIFESTS
from support.rules_menus import MENUS
from support.rules_planning import PLANNING
from support.rules_survey import SURVEY
from support.rules_weighing import WEIGHING


def _days(**more: str) -> dict[str, Any]:
    return {"params": {"date_from": "{today}", "date_to": "{tomorrow}", **more}}


_HERE = {"canteen_id": "{canteen_id}"}
_SHEET = {"files": {"file": ("sheet.csv", "{sheet}", "text/csv")}, "params": {"dry_run": "true"}}
_TEMPLATE = {"params": {"format": "csv"}}

RULES: dict[str, Rule] = {
    "POST /directory/token": Rule(
        PUBLIC, request={"data": {"username": "{fresh}", "password": "x"}}
    ),
    "POST /directory/token/refresh": Rule(PUBLIC, request={"json": {"refresh_token": "x" * 43}}),
    "POST /directory/token/revoke": Rule(PUBLIC, request={"json": {"refresh_token": "x" * 43}}),
    "GET /directory/jwks.json": Rule(PUBLIC),
    "GET /directory/me": Rule(ANYONE, None),
    "POST /directory/me/password": Rule(
        ANYONE, None, {"json": {"old_password": "wrong", "new_password": "long enough to keep 2"}}
    ),
    "GET /directory/organizations": Rule(READERS, None),
    "POST /directory/organizations": Rule(
        ADMINS,
        request={
            "json": {"name": "下级", "kind": "organization", "parent_id": "{organization_id}"}
        },
    ),
    "GET /directory/canteens": Rule(ANYONE, None),
    "POST /directory/canteens": Rule(
        ADMINS, request={"json": {"name": "新食堂", "organization_id": "{organization_id}"}}
    ),
    "GET /directory/units": Rule(READERS, None),
    "POST /directory/units": Rule(
        ADMINS, request={"json": {"name": "新处室", "organization_id": "{organization_id}"}}
    ),
    "GET /directory/people": Rule(MANAGEMENT, None),
    "POST /directory/people": Rule(
        MANAGEMENT,
        request={
            "json": {
                "name": "新人",
                "number": "NEW1",
                "grants": [{"role": "diner", "canteen_id": "{canteen_id}"}],
            }
        },
    ),
    "PUT /directory/people/{person_id}/card": Rule(
        MANAGEMENT,
        request={"path": {"person_id": "{other_diner_id}"}, "json": {"card": "04A2B1C3"}},
    ),
    "POST /directory/people/{person_id}/one-time-password": Rule(
        MANAGEMENT, request={"path": {"person_id": "{other_diner_id}"}}
    ),
    "POST /directory/people/{person_id}/sign-ins:end": Rule(
        MANAGEMENT, request={"path": {"person_id": "{other_diner_id}"}}
    ),
    "GET /directory/calendar": Rule(ANYONE, None, _days()),
    "PUT /directory/calendar/{day}": Rule(
        ROOT, None, {"path": {"day": "2026-10-10"}, "json": {"is_workday": True}}
    ),
    "POST /directory/imports/{kind}": Rule(MANAGEMENT, None, {"path": {"kind": "units"}, **_SHEET}),
    "GET /directory/imports/{kind}/template": Rule(
        MANAGEMENT, None, {"path": {"kind": "people"}, **_TEMPLATE}
    ),
    "GET /menu/dishes": Rule(ANYONE, request={"params": _HERE}),
    "POST /menu/dishes": Rule(
        MANAGEMENT,
        request={"json": {**_HERE, "name": "饭", "kind": "staple", "portion_grams": 200}},
    ),
    "GET /menu/meal-sessions": Rule(ANYONE, request=_days(canteen_id="{canteen_id}")),
    "POST /menu/meal-sessions": Rule(
        MANAGEMENT,
        request={
            "json": {
                **_HERE,
                "date": "{tomorrow}",
                "meal": "dinner",
                "cutoff_at": "{cutoff}",
                "capacity": 9,
            }
        },
    ),
    "GET /menu/meal-sessions/{meal_session_id}": Rule(ANYONE),
    "PUT /menu/meal-sessions/{meal_session_id}/capacity": Rule(
        MANAGEMENT, request={"json": {"capacity": 60}}
    ),
    "GET /menu/meal-sessions/{meal_session_id}/registrations": Rule(KITCHEN),
    "GET /menu/meal-sessions/{meal_session_id}/attendance": Rule(READERS),
    "PUT /menu/meal-sessions/{meal_session_id}/attendance-count": Rule(
        KITCHEN, request={"json": {"served": 40}}
    ),
    "POST /menu/registrations": Rule(
        ANYONE, request={"json": {"meal_session_id": "{meal_session_id}", "portion": "half"}}
    ),
    "DELETE /menu/registrations/{registration_id}": Rule(MANAGEMENT | {"diner"}, owner="diner"),
    "PATCH /menu/registrations/{registration_id}": Rule(
        MANAGEMENT | {"diner"}, request={"json": {"rice": "less"}}, owner="diner"
    ),
    "POST /menu/registrations/{registration_id}:give": Rule(
        MANAGEMENT | {"diner"}, request={"json": {}}, owner="diner"
    ),
    "POST /menu/registrations/{registration_id}:keep": Rule(MANAGEMENT | {"diner"}, owner="diner"),
    "POST /menu/meal-sessions/{meal_session_id}/waiting": Rule(ANYONE, request={"json": {}}),
    "DELETE /menu/meal-sessions/{meal_session_id}/waiting": Rule(ANYONE),
    "GET /menu/waiting/mine": Rule(ANYONE, None),
    "GET /menu/registrations/mine": Rule(ANYONE, None, _days()),
    "POST /menu/check-ins:batch": Rule(
        KITCHEN,
        request={
            "json": {
                "items": [{"id": "{fresh}", "meal_session_id": "{meal_session_id}", "at": "{now}"}]
            }
        },
        each=True,
    ),
    "POST /menu/imports/{kind}": Rule(MANAGEMENT, None, {"path": {"kind": "dishes"}, **_SHEET}),
    "GET /menu/imports/{kind}/template": Rule(
        MANAGEMENT, None, {"path": {"kind": "dishes"}, **_TEMPLATE}
    ),
    "POST /waste/weighings:batch": Rule(
        KITCHEN, request={"json": {"items": ["{weighing}"]}}, each=True
    ),
    "GET /waste/weighings": Rule(KITCHEN, request=_days(canteen_id="{canteen_id}")),
    "GET /waste/devices": Rule(KITCHEN, request=_days(canteen_id="{canteen_id}")),
    "GET /waste/summary": Rule(READERS, request=_days(canteen_id="{canteen_id}", by="day")),
    "GET /waste/summary/canteens": Rule(READERS, None, _days()),
    "GET /waste/canteens/{canteen_id}/required-streams": Rule(READERS),
    "PUT /waste/canteens/{canteen_id}/required-streams": Rule(
        MANAGEMENT, request={"json": {"streams": ["plate"]}}
    ),
    "POST /waste/imports/weighings": Rule(MANAGEMENT, None, _SHEET),
    "GET /waste/imports/weighings/template": Rule(MANAGEMENT, None, _TEMPLATE),
    "GET /report/monthly": Rule(
        READERS, request={"params": {"month": "{month}", "canteen_id": "{canteen_id}"}}
    ),
}
RULES |= (
    COMPARING
    | DEVICES
    | DOOR
    | FORECAST
    | GROUPS
    | MANIFESTS
    | MENUS
    | PLANNING
    | SURVEY
    | WEIGHING
)
