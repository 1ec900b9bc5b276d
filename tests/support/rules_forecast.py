"""Who may see and decide what is cooked and bought."""

from support.rule import ADMINS, KITCHEN, MANAGEMENT, READERS, Rule

_MEAL = "/forecast/meal-sessions/{meal_session_id}"
_CANTEEN = "/forecast/canteens/{canteen_id}"
_DAYS = {"params": {"canteen_id": "{canteen_id}", "date_from": "{today}", "date_to": "{tomorrow}"}}

FORECAST: dict[str, Rule] = {
    f"GET {_MEAL}": Rule(READERS),
    f"GET {_MEAL}/production-plan": Rule(READERS),
    f"PUT {_MEAL}/production-plan/{{dish_id}}": Rule(
        KITCHEN, request={"json": {"portions": 40, "reason": "会议"}}
    ),
    f"POST {_MEAL}/refills": Rule(
        KITCHEN, request={"json": {"dish_id": "{dish_id}", "portions": 10}}
    ),
    f"DELETE {_MEAL}/refills/{{refill_id}}": Rule(
        KITCHEN, request={"path": {"refill_id": "{dish_id}"}}
    ),
    "GET /forecast/production-overrides": Rule(KITCHEN, request=_DAYS),
    f"GET {_MEAL}/production-record": Rule(READERS),
    "GET /forecast/scores": Rule(READERS, request=_DAYS),
    "GET /forecast/decisions": Rule(READERS, request=_DAYS),
    "GET /forecast/purchase-plan": Rule(READERS, request=_DAYS),
    "GET /forecast/purchase-plan.xlsx": Rule(READERS, request=_DAYS),
    f"GET {_CANTEEN}/ingredients": Rule(READERS),
    f"PUT {_CANTEEN}/ingredients": Rule(
        MANAGEMENT,
        request={"json": {"items": [{"ingredient": "盐", "pack_grams": 500, "shelf_days": 400}]}},
    ),
    f"GET {_CANTEEN}/stock": Rule(READERS),
    "POST /forecast/imports/{kind}": Rule(
        MANAGEMENT,
        None,
        {
            "path": {"kind": "stock"},
            "files": {"file": ("sheet.csv", "{sheet}", "text/csv")},
            "params": {"dry_run": "true"},
        },
    ),
    "GET /forecast/imports/{kind}/template": Rule(
        MANAGEMENT, None, {"path": {"kind": "stock"}, "params": {"format": "csv"}}
    ),
    f"GET {_CANTEEN}/given": Rule(READERS),
    f"POST {_CANTEEN}/given-removals": Rule(MANAGEMENT, request={"json": {"name": "x_rain"}}),
    f"DELETE {_CANTEEN}/given-removals/{{removal_id}}": Rule(MANAGEMENT, gone=True),
    "GET /forecast/training": Rule(ADMINS, None),
    "POST /forecast/training": Rule(ADMINS, None),
    f"GET {_CANTEEN}/quantity-rules": Rule(READERS),
    f"PUT {_CANTEEN}/quantity-rules": Rule(
        MANAGEMENT, request={"json": {"kinds": {"meat": {"shortage_fen": 900}}}}
    ),
}
