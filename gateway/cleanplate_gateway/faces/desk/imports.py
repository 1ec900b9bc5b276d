"""Bringing tables: template, trial run with every bad cell named, then all rows or none."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, File, Form, Request, UploadFile
from fastapi.responses import HTMLResponse
from pydantic import BaseModel, ValidationError

from cleanplate_gateway.faces.client import Refused, call
from cleanplate_gateway.faces.desk.import_kinds import KINDS, Kind
from cleanplate_gateway.faces.guard import PersonDep
from cleanplate_gateway.faces.rendering import is_fragment, locale_of, render
from cleanplate_shared.errors import RowProblem
from cleanplate_shared.i18n import msg
from cleanplate_shared.tabular import ImportAnswer

router = APIRouter()

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
        return Outcome(refused=_why(request, refusal), cells=_cells(refusal))
    return Outcome(done=ImportAnswer.model_validate_json(answer.content))


def _why(request: Request, refusal: Refused) -> str:
    problem = refusal.problem
    if not problem.detail:
        return problem.title
    said = msg("{title}: {detail}", title=problem.title, detail=problem.detail)
    return said.in_(locale_of(request))


def _cells(refusal: Refused) -> tuple[RowProblem, ...]:
    try:
        return tuple(_Refusal.model_validate_json(refusal.body).errors)
    except ValidationError:
        return ()
