"""An ingredient's form, and saving it so that nobody overwrites what they have not seen."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import TypeVar
from uuid import UUID, uuid4

import httpx
from fastapi import Request

from cleanplate_gateway.faces.client import Refused, call
from cleanplate_gateway.faces.desk import forms
from cleanplate_gateway.faces.desk.forms import Fields, Text, decimal, thousandth, whole_number
from cleanplate_gateway.faces.places import Place
from cleanplate_gateway.faces.rendering import locale_of
from cleanplate_shared.contracts.common import Page
from cleanplate_shared.contracts.forecast_purchasing import IngredientTerms
from cleanplate_shared.i18n import msg

_KILOGRAMS = ("pack_grams", "reorder_grams", "upto_grams")
_OPTIONAL = ("category", "supplier", "price_fen_per_kg", "level", "reorder_grams", "upto_grams")
_OF_THE_FORM = {"was", "seen"}
_TRIES = 5
_CHANGED = msg(
    "Somebody else has changed this ingredient since you opened it. Nothing was saved. Each field "
    "that differs says what is there now; correct what is to stay, then save again."
)
_REMOVED = msg(
    "Somebody else has removed this ingredient since you opened it. Save again to add it anew."
)
DoneT = TypeVar("DoneT")


class IngredientFields(Fields):
    """The form of an ingredient; `was` is the name it had before, `seen` tells how it was."""

    canteen: UUID
    was: Text = ""
    seen: Text = ""
    ingredient: Text = ""
    category: Text = ""
    supplier: Text = ""
    pack_grams: Text = ""
    lead_days: Text = ""
    shelf_days: Text = ""
    price_fen_per_kg: Text = ""
    is_bought: Text = "yes"
    level: Text = ""
    reorder_grams: Text = ""
    upto_grams: Text = ""


@dataclass(frozen=True)
class Kept:
    """All ingredients of a canteen, and the tag that tells them from those of another moment."""

    items: Sequence[IngredientTerms]
    tag: str

    def named(self, name: str) -> IngredientTerms | None:
        """Return the ingredient of a name; None if there is none."""
        return next((one for one in self.items if one.ingredient == name), None)

    def but(self, name: str) -> list[IngredientTerms]:
        """Return all the others."""
        return [one for one in self.items if one.ingredient != name]


async def unless_overtaken(
    request: Request, place: Place, change: Callable[[Kept], Awaitable[DoneT]]
) -> DoneT:
    """Read all ingredients and change them; again, if somebody else has changed one meanwhile."""
    for _ in range(_TRIES):
        try:
            return await change(await read_kept(request, place))
        except Refused as refusal:
            if refusal.problem.status != httpx.codes.PRECONDITION_FAILED:
                raise
    return await change(await read_kept(request, place))


def clash(request: Request, form: forms.Form, now: IngredientTerms | None) -> forms.Form:
    """Return the form with what the ingredient says now at each field that differs."""
    locale = locale_of(request)
    typed = {**form.typed, "seen": seen_of(now)}
    if now is None:
        said = _REMOVED.in_(locale)
        return replace(form, typed={**typed, "was": ""}, refused=said, once=uuid4())
    there = {name: text for name, text in typed_of(now).items() if name not in {"was", "seen"}}
    wrong = {
        name: msg("Now it says: {text}", text=text or msg("(empty)")).in_(locale)
        for name, text in there.items()
        if text != form.typed.get(name, "").strip()
    }
    return replace(form, typed=typed, wrong=wrong, refused=_CHANGED.in_(locale), once=uuid4())


def seen_of(terms: IngredientTerms | None) -> str:
    """Return what tells a version of an ingredient from others; none has none."""
    return "" if terms is None else sha256(terms.model_dump_json().encode()).hexdigest()[:32]


async def read_kept(request: Request, place: Place) -> Kept:
    """Return how a canteen buys its ingredients."""
    path = f"/canteens/{place.canteen.id}/ingredients"
    answer = await call(request, "forecast", "GET", path)
    page = Page[IngredientTerms].model_validate_json(answer.content)
    return Kept(page.items, answer.headers["ETag"])


def values_of(fields: IngredientFields) -> dict[str, object]:
    """Return what was typed, as the contract has it."""
    typed = {name: text.strip() for name, text in fields.typed.items() if name not in _OF_THE_FORM}
    values: dict[str, object] = {
        **typed,
        **{name: thousandth(typed[name]) for name in _KILOGRAMS},
        "price_fen_per_kg": thousandth(typed["price_fen_per_kg"], 100),
        "lead_days": whole_number(typed["lead_days"]),
        "shelf_days": whole_number(typed["shelf_days"]),
        "is_bought": fields.is_bought == "yes",
        "level": _level(typed["level"]),
    }
    return values | {name: None for name in _OPTIONAL if not typed[name]}


def _level(percent: str) -> float | str:
    whole = whole_number(percent.removesuffix("%").strip())
    return whole / 100 if isinstance(whole, int) else percent


def typed_of(kept: IngredientTerms) -> dict[str, str]:
    """Return an ingredient as its form shows it."""
    return {
        "was": kept.ingredient,
        "seen": seen_of(kept),
        "ingredient": kept.ingredient,
        "category": kept.category or "",
        "supplier": kept.supplier or "",
        "lead_days": str(kept.lead_days),
        "shelf_days": str(kept.shelf_days),
        "price_fen_per_kg": decimal(kept.price_fen_per_kg, 100),
        "is_bought": "yes" if kept.is_bought else "no",
        "level": "" if kept.level is None else f"{kept.level * 100:.0f}",
        **{name: decimal(getattr(kept, name)) for name in _KILOGRAMS},
    }
