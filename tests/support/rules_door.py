"""Who may do what at the door, with no-shows and with the canteen's failures."""

from support.rule import ANYONE, KITCHEN, MANAGEMENT, Rule

_DAYS = {"params": {"date_from": "{today}", "date_to": "{tomorrow}"}}
_DINER = {"diner"}

DOOR = {
    "DELETE /menu/check-ins/{check_in_id}": Rule(KITCHEN),
    "GET /menu/meal-sessions/{meal_session_id}/roster": Rule(KITCHEN),
    "GET /menu/no-shows/mine": Rule(ANYONE, None, _DAYS),
    "POST /menu/no-shows/{registration_id}:explain": Rule(
        _DINER, request={"json": {"reason": "出差"}}, owner="diner"
    ),
    "POST /menu/no-shows/{registration_id}:dispute": Rule(
        _DINER, request={"json": {}}, owner="diner"
    ),
    "POST /menu/no-shows/{registration_id}:decide": Rule(
        MANAGEMENT, request={"json": {"upheld": True, "answer": "核实"}}
    ),
    "GET /menu/canteens/{canteen_id}/disputes": Rule(MANAGEMENT),
    "GET /menu/canteens/{canteen_id}/no-show-rates": Rule(
        ANYONE, request={"params": {"month": "{month}"}}
    ),
    "POST /menu/registrations/{registration_id}/failures": Rule(
        _DINER, request={"json": {"kind": "sold_out"}}, owner="diner"
    ),
    "GET /menu/failures/mine": Rule(ANYONE, None, _DAYS),
    "GET /menu/canteens/{canteen_id}/failures": Rule(MANAGEMENT, request=_DAYS),
    "POST /menu/failures/{failure_id}:reply": Rule(MANAGEMENT, request={"json": {"reply": "谢谢"}}),
}
