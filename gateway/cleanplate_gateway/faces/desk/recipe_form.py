"""The form of a recipe card: grams and per cent as typed, milligrams and per mille as sent."""

from datetime import date
from typing import Annotated

from pydantic import Field

from cleanplate_gateway.faces.desk.forms import Fields, Form, Text, decimal, thousandth
from cleanplate_gateway.faces.desk.forms import whole_number as whole
from cleanplate_shared.contracts.menu_recipes import Recipe

MOST_ROWS = 60
_SPARE_ROWS = 5
_PERCENT = 10
_IN_GRAMS = ("protein_mg", "fat_mg", "carbohydrate_mg")
_WHOLE = ("energy_kj", "sodium_mg")
Column = Annotated[list[Text], Field(max_length=MOST_ROWS)]


class RecipeFields(Fields):
    """The form that writes the next version; one entry of each column is one ingredient."""

    valid_from: Text = ""
    cooking_yield: Text = ""
    method: Annotated[str, Field(max_length=5000)] = ""
    energy_kj: Text = ""
    protein_mg: Text = ""
    fat_mg: Text = ""
    carbohydrate_mg: Text = ""
    sodium_mg: Text = ""
    ingredient: Column = []
    net: Column = []
    net_yield: Column = []


def typed(fields: RecipeFields) -> dict[str, str]:
    """Return what was typed by the names that a refusal uses."""
    again = {
        "valid_from": fields.valid_from,
        "cooking_yield_permille": fields.cooking_yield,
        "method": fields.method,
    }
    for name in (*_WHOLE, *_IN_GRAMS):
        again[f"nutrition.{name}"] = getattr(fields, name)
    for number, row in enumerate(_rows(fields)):
        again |= _named(number, row)
    return again


def values(fields: RecipeFields) -> dict[str, object]:
    """Return the new version as the contract wants it; wrong numbers stay, to be refused."""
    nutrition: dict[str, object] = {
        name: whole(text) for name in _WHOLE if (text := getattr(fields, name)).strip()
    }
    nutrition |= {
        name: thousandth(text) for name in _IN_GRAMS if (text := getattr(fields, name)).strip()
    }
    return {
        "valid_from": fields.valid_from.strip() or None,
        "cooking_yield_permille": thousandth(fields.cooking_yield or "100", _PERCENT),
        "method": fields.method.replace("\r\n", "\n"),
        "nutrition": nutrition,
        "ingredients": [
            {
                "name": name,
                "net_milligrams": thousandth(net),
                "net_yield_permille": thousandth(net_yield.strip() or "100", _PERCENT),
            }
            for name, net, net_yield in _rows(fields)
        ],
    }


def blank(newest: Recipe | None, today: date) -> Form:
    """Return the form as it is before anybody types: the newest version, to be changed."""
    again = {"valid_from": today.isoformat()}
    if newest is not None:
        again |= {
            "cooking_yield_permille": decimal(newest.cooking_yield_permille, _PERCENT),
            "method": newest.method,
        }
        for name, value in newest.nutrition:
            factor = 1000 if name in _IN_GRAMS else 1
            again[f"nutrition.{name}"] = decimal(value, factor)
        for number, part in enumerate(newest.ingredients):
            net, net_yield = part.net_milligrams, part.net_yield_permille
            again |= _named(number, (part.name, decimal(net), decimal(net_yield, _PERCENT)))
    return Form("recipe", again)


def row_count(form: Form) -> int:
    """Return how many rows for ingredients the form shows: those filled, and some spare."""
    filled = sum(1 for name in form.typed if name.endswith(".net_milligrams"))
    return min(filled + _SPARE_ROWS, MOST_ROWS)


def _rows(fields: RecipeFields) -> list[tuple[str, str, str]]:
    """Return the rows in which anything is said of an ingredient."""
    rows = zip(fields.ingredient, fields.net, fields.net_yield, strict=False)
    return [row for row in rows if row[0].strip() or row[1].strip()]


def _named(number: int, row: tuple[str, str, str]) -> dict[str, str]:
    columns = ("name", "net_milligrams", "net_yield_permille")
    return {
        f"ingredients.{number}.{column}": text for column, text in zip(columns, row, strict=True)
    }
