"""Ten seconds after a meal: stars for its dishes, on one screen, without JavaScript."""

from uuid import UUID

from fastapi import APIRouter, Request
from pydantic import ValidationError
from starlette.datastructures import FormData
from starlette.responses import RedirectResponse, Response

from cleanplate_gateway.faces.client import Refused, fetch_all, send
from cleanplate_gateway.faces.guard import PersonDep
from cleanplate_gateway.faces.places import place_of
from cleanplate_gateway.faces.rendering import locale_of, render
from cleanplate_shared.clock import NowDep
from cleanplate_shared.contracts.menu_survey import RatingDue, RatingsCreate, RatingTag
from cleanplate_shared.i18n import msg

router = APIRouter()
_STARS, _TAGS = "stars-", "tags-"
_NOTHING = msg("Choose the stars of at least one dish.")


@router.get("/rate")
async def show_rating(
    request: Request, person: PersonDep, now: NowDep, meal: UUID | None = None, said: str = ""
) -> Response:
    """Show the dishes of a meal that the diner ate: the one asked for, or the latest."""
    return await _page(request, person, now, meal, said=said == "rated")


@router.post("/rate")
async def rate(request: Request, person: PersonDep, now: NowDep) -> Response:
    """Send the stars that were chosen; dishes without any are left out."""
    form = await request.form()
    try:
        registration = UUID(str(form.get("registration", "")))
        wanted = RatingsCreate.model_validate({"dishes": _said(form)})
    except (ValueError, ValidationError):
        problem = _NOTHING.in_(locale_of(request))
        return await _page(request, person, now, None, problem=problem, status=422)
    try:
        await send(request, "menu", "POST", f"/registrations/{registration}/ratings", wanted)
    except Refused as refused:
        status = refused.problem.status
        return await _page(request, person, now, None, problem=refused.words, status=status)
    return RedirectResponse("/m/rate?said=rated", 303)


def _said(form: FormData) -> list[dict[str, object]]:
    """Return the dishes that have stars, with their tags."""
    return [
        {
            "dish_id": name.removeprefix(_STARS),
            "stars": int(str(value)),
            "tags": [str(tag) for tag in form.getlist(name.replace(_STARS, _TAGS, 1))],
        }
        for name, value in form.items()
        if name.startswith(_STARS)
    ]


async def _page(  # noqa: PLR0913
    request: Request,
    person: PersonDep,
    now: NowDep,
    meal: UUID | None,
    *,
    said: bool = False,
    problem: str | None = None,
    status: int = 200,
) -> Response:
    place = await place_of(request, person, now, None)
    due = await fetch_all(request, "menu", "/ratings/due", RatingDue)
    chosen = next((one for one in due if one.meal_session_id == meal), due[0] if due else None)
    return render(
        request,
        "phone/rate.html",
        status,
        chosen=chosen,
        others=[one for one in due if one is not chosen],
        canteens={canteen.id: canteen.name for canteen in place.others},
        tags=list(RatingTag),
        said=said,
        problem=problem,
    )
