"""A canteen's menu for anybody: to read, to share, to print, and for search engines."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request
from starlette.responses import Response

from cleanplate_gateway.faces.client import fetch
from cleanplate_gateway.faces.formats import day_long, label
from cleanplate_gateway.faces.rendering import locale_of, render
from cleanplate_shared.contracts.menu_feeds import PublicDish, PublicMeal, PublicMenu
from cleanplate_shared.i18n import Locale, msg

router = APIRouter(include_in_schema=False)


@dataclass(frozen=True)
class MenuDay:
    """The meals of one day."""

    day: date
    meals: Sequence[PublicMeal]


@router.get("/menu/{canteen_id}")
async def show_menu(request: Request, canteen_id: UUID) -> Response:
    """Show what a canteen offers from today on, if it made its menu public."""
    menu = await fetch(request, "menu", f"/feeds/menus/{canteen_id}", PublicMenu)
    coming = [meal for meal in menu.meals if meal.date >= menu.today]
    days = sorted({meal.date for meal in coming})
    return render(
        request,
        "public_menu.html",
        menu=menu,
        days=[MenuDay(day, [meal for meal in coming if meal.date == day]) for day in days],
        data=_schema_org(menu, coming, locale_of(request)),
    )


def _schema_org(menu: PublicMenu, meals: Sequence[PublicMeal], locale: Locale) -> dict[str, Any]:
    """Return the menu in the words of schema.org (Menu, MenuSection, MenuItem)."""
    return {
        "@context": "https://schema.org",
        "@type": "Menu",
        "name": msg("Menu of {canteen}", canteen=menu.canteen).in_(locale),
        "inLanguage": "zh-CN" if locale == "zh" else "en",
        "hasMenuSection": [
            {
                "@type": "MenuSection",
                "name": f"{day_long(meal.date, locale)} {label(meal.meal, locale)}",
                "hasMenuItem": [_item(dish, meal, locale) for dish in meal.dishes],
            }
            for meal in meals
            if meal.dishes and meal.closed_reason is None
        ],
    }


def _item(dish: PublicDish, meal: PublicMeal, locale: Locale) -> dict[str, Any]:
    item: dict[str, Any] = {
        "@type": "MenuItem",
        "name": dish.name,
        "offers": {
            "@type": "Offer",
            "availabilityStarts": meal.serves_from.isoformat(),
            "availabilityEnds": meal.serves_until.isoformat(),
        },
    }
    if dish.allergens:
        listed = ("、" if locale == "zh" else ", ").join(label(a, locale) for a in dish.allergens)
        item["description"] = msg("Contains: {allergens}", allergens=listed).in_(locale)
    return item
