"""Who may do what with dishes, recipes, photos, meal rules and weeks."""

from support.rule import ANYONE, KITCHEN, MANAGEMENT, READERS, Rule
from support.world import A_PICTURE

_HERE = {"canteen_id": "{canteen_id}"}
_RULES = {
    "rules": [
        {
            "meal": "lunch",
            "cutoff_days_before": 0,
            "cutoff_time": "09:30",
            "serves_from": "11:30",
            "serves_until": "13:00",
            "capacity": 400,
            "service_mode": "choice",
        }
    ]
}
_SETTINGS = {"is_menu_public": True, "no_show_grace": 3, "remind_minutes": 30}
_RECIPE = {"ingredients": [{"name": "番茄", "net_milligrams": 110_000}]}

MENUS = {
    "GET /menu/dishes/{dish_id}": Rule(ANYONE),
    "PATCH /menu/dishes/{dish_id}": Rule(MANAGEMENT, request={"json": {"half_grams": 100}}),
    "GET /menu/dishes/{dish_id}/photo": Rule(ANYONE),
    "DELETE /menu/dishes/{dish_id}/photo": Rule(MANAGEMENT),
    "PUT /menu/dishes/{dish_id}/photo": Rule(
        MANAGEMENT, request={"files": {"file": ("dish.png", A_PICTURE, "image/png")}}
    ),
    "GET /menu/dishes/{dish_id}/recipes": Rule(READERS),
    "POST /menu/dishes/{dish_id}/recipes": Rule(MANAGEMENT, request={"json": _RECIPE}),
    "GET /menu/meal-sessions/{meal_session_id}/recipes": Rule(READERS),
    "PATCH /menu/meal-sessions/{meal_session_id}": Rule(
        MANAGEMENT, request={"json": {"service_mode": "set"}}
    ),
    "POST /menu/meal-sessions/{meal_session_id}:close": Rule(
        MANAGEMENT, request={"json": {"reason": "停气"}}
    ),
    "POST /menu/meal-sessions/{meal_session_id}:reopen": Rule(MANAGEMENT),
    "GET /menu/canteens/{canteen_id}/meal-rules": Rule(ANYONE),
    "PUT /menu/canteens/{canteen_id}/meal-rules": Rule(MANAGEMENT, request={"json": _RULES}),
    "GET /menu/canteens/{canteen_id}/settings": Rule(ANYONE),
    "PUT /menu/canteens/{canteen_id}/settings": Rule(MANAGEMENT, request={"json": _SETTINGS}),
    "POST /menu/weeks:copy": Rule(
        MANAGEMENT, request={"json": {**_HERE, "from_week": "{tomorrow}", "week": "{today}"}}
    ),
    "GET /menu/menu-templates": Rule(KITCHEN, request={"params": _HERE}),
    "POST /menu/menu-templates": Rule(
        MANAGEMENT, request={"json": {**_HERE, "name": "{fresh}", "week": "{tomorrow}"}}
    ),
    "PUT /menu/menu-templates/{template_id}": Rule(MANAGEMENT, request={"json": {"name": "冬季"}}),
    "POST /menu/menu-templates/{template_id}:apply": Rule(
        MANAGEMENT, request={"json": {"week": "{tomorrow}"}}
    ),
    "DELETE /menu/menu-templates/{template_id}": Rule(MANAGEMENT, gone=True),
}
