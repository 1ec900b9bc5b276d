"""Who may do what with containers and prices, photos of weighings, and meals not weighed."""

from support.photos import a_jpeg
from support.rule import KITCHEN, MANAGEMENT, Rule

_SETUP = {
    "containers": [{"code": "tub", "name": "盆", "tare_grams": 900}],
    "streams": [{"stream": "plate", "grams_per_litre": 900, "grams_per_bucket": 18_000}],
}

WEIGHING: dict[str, Rule] = {
    "GET /waste/canteens/{canteen_id}/weighing-setup": Rule(KITCHEN),
    "PUT /waste/canteens/{canteen_id}/weighing-setup": Rule(MANAGEMENT, request={"json": _SETUP}),
    "PUT /waste/weighings/{weighing_id}/photo": Rule(
        KITCHEN, request={"files": {"file": ("photo.jpg", a_jpeg(), "image/jpeg")}}
    ),
    "GET /waste/weighings/{weighing_id}/photo": Rule(KITCHEN),
    "GET /waste/missing": Rule(
        KITCHEN, request={"params": {"canteen_id": "{canteen_id}", "date": "{today}"}}
    ),
}
