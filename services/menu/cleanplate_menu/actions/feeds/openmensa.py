"""A menu as an OpenMensa feed, version 2.1 (doc.openmensa.org, open-mensa-v2.xsd)."""

from itertools import groupby
from xml.etree import ElementTree as ET

from cleanplate_menu.actions.feeds.words import contains, meal_name, plain
from cleanplate_shared.contracts.menu_feeds import PublicDish, PublicMeal, PublicMenu
from cleanplate_shared.i18n import Locale

NAMESPACE = "http://openmensa.org/open-mensa-v2"


def openmensa(menu: PublicMenu, locale: Locale) -> bytes:
    """Return the feed: a category per meal and set; a day without any open meal is closed.

    Days without dishes are left out, as nothing is known of them. There are no prices: the format
    means euros by them.
    """
    root = ET.Element("openmensa", {"version": "2.1", "xmlns": NAMESPACE})
    canteen = ET.SubElement(root, "canteen")
    ET.SubElement(canteen, "name").text = plain(menu.canteen)
    for day, of_day in groupby(menu.meals, key=lambda meal: meal.date):
        meals = list(of_day)
        held = [meal for meal in meals if meal.closed_reason is None]
        offered = [meal for meal in held if meal.dishes]
        if held and not offered:
            continue
        element = ET.SubElement(canteen, "day", {"date": day.isoformat()})
        if not held:
            ET.SubElement(element, "closed")
        for meal in offered:
            _add_meal(element, meal, locale)
    written: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return written


def _add_meal(day: ET.Element, meal: PublicMeal, locale: Locale) -> None:
    for choice in sorted({dish.choice or "" for dish in meal.dishes}):
        name = f"{meal_name(meal.meal, locale)} {choice}".strip()
        category = ET.SubElement(day, "category", {"name": name})
        for dish in meal.dishes:
            if (dish.choice or "") == choice:
                _add_dish(category, dish, locale)


def _add_dish(category: ET.Element, dish: PublicDish, locale: Locale) -> None:
    element = ET.SubElement(category, "meal")
    ET.SubElement(element, "name").text = plain(dish.name)
    for note in (contains(dish.allergens, locale), f"{dish.portion_grams} g"):
        if note:
            ET.SubElement(element, "note").text = plain(note)
