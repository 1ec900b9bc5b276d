"""Who may see and decide what is cooked and bought."""

from support.rule import KITCHEN, MANAGEMENT, READERS, Rule

_MEAL = "/forecast/meal-sessions/{meal_session_id}"
_CANTEEN = "/forecast/canteens/{canteen_id}"

FORECAST: dict[str, Rule] = {
    f"GET {_MEAL}": Rule(READERS),
    f"GET {_MEAL}/production-plan": Rule(READERS),
    f"PUT {_MEAL}/production-plan/{{dish_id}}": Rule(
        KITCHEN, request={"json": {"portions": 40, "reason": "会议"}}
    ),
    f"POST {_MEAL}/refills": Rule(
        KITCHEN, request={"json": {"dish_id": "{dish_id}", "portions": 10}}
    ),
    f"GET {_MEAL}/production-record": Rule(READERS),
    f"GET {_CANTEEN}/quantity-rules": Rule(READERS),
    f"PUT {_CANTEEN}/quantity-rules": Rule(
        MANAGEMENT, request={"json": {"kinds": {"meat": {"shortage_fen": 900}}}}
    ),
}
