"""Bringing tables: template, trial run with every bad cell named, then all rows or none."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, File, Form, Request, UploadFile
from fastapi.responses import HTMLResponse
from pydantic import BaseModel, ValidationError

from cleanplate_gateway.faces.client import Refused, call
from cleanplate_gateway.faces.guard import PersonDep
from cleanplate_gateway.faces.rendering import is_fragment, locale_of, render
from cleanplate_shared.i18n import Message, msg
from cleanplate_shared.tabular import ImportAnswer, RowProblem

router = APIRouter()


@dataclass(frozen=True)
class Kind:
    """A table that can be imported, and the service that takes it."""

    code: str
    service: str
    name: Message
    hint: Message


_KNOWN_AHEAD = msg(
    "one row per day or meal, past and coming; columns x_… with numbers or text that the forecast "
    "may look at. A file of past attendance with such columns can be brought here as well"
)
KINDS = {
    kind.code: kind
    for kind in (
        Kind("units", "directory", msg("Units"), msg("one row per unit of an organisation")),
        Kind("people", "directory", msg("People"), msg("one row per person; units come first")),
        Kind("dishes", "menu", msg("Dishes"), msg("one row per dish of a canteen")),
        Kind("recipes", "menu", msg("Recipes"), msg("one row per ingredient of a dish")),
        Kind("meal-sessions", "menu", msg("Meal plan"), msg("one row per meal of a day")),
        Kind("history", "menu", msg("Past attendance"), msg("one row per meal: how many came")),
        Kind("counts", "menu", msg("Diner counts"), msg("one row per meal: counted by what")),
        Kind("registrations", "menu", msg("Past registrations"), msg("one row per diner and meal")),
        Kind("absences", "menu", msg("Leave and business trips"), msg("one row per absence")),
        Kind("ratings", "menu", msg("Paper surveys"), msg("one row per dish, stars and words")),
        Kind("leftovers", "menu", msg("Past leftovers"), msg("one row per dish of a meal")),
        Kind("columns", "forecast", msg("Weather, events and the like"), _KNOWN_AHEAD),
        Kind("ingredients", "forecast", msg("Ingredients"), msg("one row per ingredient bought")),
        Kind("stock", "forecast", msg("Stock"), msg("one row per ingredient and day of expiry")),
        Kind("weighings", "waste", msg("Past weighings"), msg("one row per stream and day")),
    )
}
_NO_FILE = msg("Choose a file first.")


class _Refusal(BaseModel):
    """The part of a refusal that names cells."""

    errors: list[RowProblem] = []


@dataclass(frozen=True)
class Outcome:
    """What an import did or would do, or why it did nothing."""

    done: ImportAnswer | None = None
    refused: str | None = None
    cells: tuple[RowProblem, ...] = ()


@router.get("/import")
async def show_import(request: Request, _: PersonDep, kind: str = "people") -> HTMLResponse:
    """Show the templates and the form."""
    chosen = KINDS.get(kind, KINDS["people"])
    return render(
        request, "desk/import.html", kinds=KINDS, kind=chosen, outcome=None, page="import"
    )


@router.post("/import")
async def import_file(
    request: Request,
    _: PersonDep,
    file: Annotated[UploadFile | None, File()] = None,
    kind: Annotated[str, Form()] = "people",
    mode: Annotated[str, Form()] = "check",
) -> HTMLResponse:
    """Check a file, or import it; the file itself is not kept."""
    chosen = KINDS.get(kind, KINDS["people"])
    outcome = await _outcome(request, chosen, file, dry_run=mode != "import")
    template = "desk/import_outcome.html" if is_fragment(request) else "desk/import.html"
    status = 200 if outcome.done else 422
    return render(
        request, template, status, kinds=KINDS, kind=chosen, outcome=outcome, page="import"
    )


async def _outcome(
    request: Request, kind: Kind, file: UploadFile | None, *, dry_run: bool
) -> Outcome:
    if file is None or not file.filename:
        return Outcome(refused=_NO_FILE.in_(locale_of(request)))
    try:
        answer = await call(
            request,
            kind.service,
            "POST",
            f"/imports/{kind.code}",
            params={"dry_run": str(dry_run).lower()},
            files={"file": (file.filename, await file.read(), "application/octet-stream")},
        )
    except Refused as refusal:
        return Outcome(refused=_why(refusal), cells=_cells(refusal))
    return Outcome(done=ImportAnswer.model_validate_json(answer.content))


def _why(refusal: Refused) -> str:
    problem = refusal.problem
    return f"{problem.title}{': ' if problem.detail else ''}{problem.detail or ''}"


def _cells(refusal: Refused) -> tuple[RowProblem, ...]:
    try:
        return tuple(_Refusal.model_validate_json(refusal.body).errors)
    except ValidationError:
        return ()
