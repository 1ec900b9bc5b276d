"""Who may rate, weigh leftovers, decide about dishes, and read feeds."""

from support.rule import ANYONE, KITCHEN, PUBLIC, Rule

SURVEY: dict[str, Rule] = {
    "GET /menu/ratings/due": Rule(ANYONE, None),
    "POST /menu/registrations/{registration_id}/ratings": Rule(
        {"diner"},
        request={
            "path": {"registration_id": "{kept_registration_id}"},
            "json": {"dishes": [{"dish_id": "{dish_id}", "stars": 4}]},
        },
        owner="diner",
    ),
    "GET /menu/canteens/{canteen_id}/dish-scores": Rule(ANYONE),
    "GET /menu/canteens/{canteen_id}/dish-queue": Rule(KITCHEN),
    "GET /menu/canteens/{canteen_id}/dish-decisions": Rule(KITCHEN),
    "POST /menu/dishes/{dish_id}/decisions": Rule(
        KITCHEN, request={"json": {"decision": "keep", "reply": "谢谢"}}
    ),
    "GET /menu/meal-sessions/{meal_session_id}/leftovers": Rule(KITCHEN),
    "PUT /menu/meal-sessions/{meal_session_id}/leftovers": Rule(
        KITCHEN, request={"json": {"items": []}}
    ),
    "GET /menu/feeds/menus": Rule(PUBLIC),
    "GET /menu/feeds/menus/{canteen_id}": Rule(PUBLIC),
    "GET /menu/feeds/menus/{canteen_id}.ics": Rule(PUBLIC),
    "GET /menu/feeds/openmensa/{canteen_id}.xml": Rule(PUBLIC),
    "GET /menu/feeds/mine/{secret}.ics": Rule(PUBLIC),  # before the address is made void
    "POST /menu/feeds/mine": Rule(ANYONE, None),
    "DELETE /menu/feeds/mine": Rule(ANYONE, None),
}
