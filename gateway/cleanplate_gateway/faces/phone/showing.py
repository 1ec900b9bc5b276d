"""The two looks of a diner's page: the week in rows, or one day with its menus."""

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Literal
from urllib.parse import urlencode
from uuid import UUID, uuid4

import segno
from fastapi import Request
from markupsafe import Markup
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import RedirectResponse, Response

from cleanplate_gateway.faces.guard import PersonDep
from cleanplate_gateway.faces.phone.cards import MealCard, State
from cleanplate_gateway.faces.phone.orders import Order, Refusals
from cleanplate_gateway.faces.phone.picks import PickText, pick_of, picks_in
from cleanplate_gateway.faces.phone.week import Series, Week, read_week
from cleanplate_gateway.faces.rendering import is_fragment, render
from cleanplate_shared.clock import NowDep
from cleanplate_shared.contracts.common import Portion
from cleanplate_shared.contracts.menu_registrations import Rice

Said = Literal["registered", "cancelled", "changed", "given", "offered", "kept", "waits", "left"]
SeriesKey = Annotated[str, Field(max_length=30)]


class Shown(BaseModel):
    """Which page to show, what is ticked on it, and what was just done.

    Attributes:
        day: None for the page of the week.
        meal: what was just done is about these; else they are ticked.
        whole: series of meals that are ticked.
        without: series of meals that are not.
    """

    model_config = ConfigDict(populate_by_name=True)

    canteen: UUID | None = None
    day: date | None = None
    said: Said | None = None
    meal: Annotated[list[PickText], Field(max_length=60)] = []
    whole: Annotated[list[SeriesKey], Field(max_length=20)] = []
    without: Annotated[list[SeriesKey], Field(max_length=20)] = []
    portion: Portion | None = None
    rice: Rice | None = None


async def answered(
    request: Request, person: PersonDep, now: NowDep, order: Order, said: Said, refused: Refusals
) -> Response:
    """Answer a form: go back to its page, or show there what was refused and why."""
    shown = Shown(
        canteen=order.canteen,
        day=order.day,
        said=said,
        meal=[str(pick) for pick in order.picks],
        portion=order.portion,
        rice=order.rice,
    )
    if not refused and not is_fragment(request):
        return RedirectResponse(_address(shown), 303)
    week = await read_week(request, person, now, order.canteen)
    return show(request, week, shown, refused)


def show(request: Request, week: Week, shown: Shown, refused: Refusals | None = None) -> Response:
    """Show the week, or a day of it, with what was refused said at its meal."""
    refused = refused or {}
    tab = week.tab(shown.day) if shown.day else None
    portion, rice = shown.portion or week.own.usual.portion, shown.rice or week.own.usual.rice
    picks = picks_in(shown.meal, portion, rice)
    about = [card for meal in picks if (card := week.card(meal)) and meal not in refused]
    return render(
        request,
        "phone/day.html" if tab else "phone/week.html",
        next(iter(refused.values())).problem.status if refused else 200,
        week=week,
        place=week.place,
        tab=tab,
        said=shown.said,
        about=_as_said(about, shown.said),
        picks=picks,
        problems={meal: refusal.words for meal, refusal in refused.items()},
        ticked=_ticked(week, shown, refused),
        portion=portion,
        rice=rice,
        portions=list(Portion),
        rices=list(Rice),
        fragment=is_fragment(request),
        qr=pickup_qr,
        once=uuid4,
        pick_of=pick_of,
        chips=_chips(week, shown),
    )


def pickup_qr(code: str) -> Markup:
    """Return a pick-up code as an inline SVG without size or style of its own."""
    drawn = segno.make(code, micro=False, error="m")
    return Markup(drawn.svg_inline(omitsize=True, border=2, svgclass="qr", lineclass=None))  # noqa: S704


def _as_said(about: list[MealCard], said: Said | None) -> list[MealCard]:
    """Return the meals of which it is (still) true; a page may be opened again later."""
    true_of: Mapping[str, set[State]] = {
        "registered": {State.REGISTERED},
        "changed": {State.REGISTERED},
        "kept": {State.REGISTERED},
        "cancelled": {State.OPEN, State.FULL},
        "given": {State.PASSED, State.WAITING},
        "offered": {State.OFFERED, State.PASSED},
        "waits": {State.WAITING, State.REGISTERED},
        "left": {State.FULL, State.PASSED, State.OPEN},
    }
    return [card for card in about if said and card.state in true_of[said]]


def _ticked(week: Week, shown: Shown, refused: Refusals) -> set[UUID]:
    if shown.said:
        return set(refused)
    by_key = {one.key: one.meals for one in week.series}
    ticked = set(picks_in(shown.meal, Portion.FULL, Rice.NORMAL))
    for key in shown.whole:
        ticked |= by_key.get(key, frozenset())
    for key in shown.without:
        ticked -= by_key.get(key, frozenset())
    return ticked


def _chips(week: Week, shown: Shown) -> list[tuple[Series, bool, str]]:
    """Return the series that can be ticked at once: whether it is, and the address that does it."""
    ticked = _ticked(week, shown, {})
    found = []
    for one in week.series:
        is_ticked = one.meals <= ticked
        others = [key for key in shown.whole if key != one.key]
        target = Shown(
            canteen=week.place.canteen.id,
            whole=others if is_ticked else [*others, one.key],
            without=[one.key] if is_ticked else [],
        )
        found.append((one, is_ticked, _address(target)))
    return found


def _address(shown: Shown) -> str:
    said = shown.model_dump(mode="json", exclude_none=True, exclude={"portion", "rice"})
    place = f"#meal-{shown.meal[0].split(':')[0]}" if shown.day and shown.meal else ""
    return f"/m/?{urlencode(said, doseq=True)}{place}"
