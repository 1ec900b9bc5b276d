"""What to buy for some days, as the tablet and the desk show it: by supplier and category."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby
from typing import Annotated, Any
from uuid import UUID

from fastapi import Request
from pydantic import BaseModel, Field
from starlette.responses import Response

from cleanplate_gateway.faces.client import Refused, call, fetch
from cleanplate_gateway.faces.places import Place
from cleanplate_shared.contracts.forecast_purchasing import PurchasePlan, PurchaseRow, PurchaseSum

_USUAL_DAYS = 3
_PASSED_ON = ("content-type", "content-disposition")
Typed = Annotated[str, Field(max_length=10)]


class Wanted(BaseModel):
    """The form above the list; a day that cannot be read is the usual one."""

    canteen: UUID | None = None
    first: Typed = ""
    last: Typed = ""


@dataclass(frozen=True)
class Group:
    """The rows of one category of one supplier, with their sum."""

    supplier: str | None
    category: str | None
    rows: Sequence[PurchaseRow]
    total: PurchaseSum | None


@dataclass(frozen=True)
class Shopping:
    """What to buy from `first` to `last`; `missing` says why that cannot be said."""

    first: date
    last: date
    plan: PurchasePlan | None
    groups: Sequence[Group] = ()
    enough: Sequence[PurchaseRow] = ()
    missing: str | None = None

    @property
    def unknown(self) -> int:
        """Return how many ingredients nobody has said how to buy."""
        return sum(not row.is_known for row in self.plan.items) if self.plan else 0


async def read_shopping(request: Request, place: Place, wanted: Wanted) -> Shopping:
    """Ask the forecast service what to buy; for the next three days if no others are asked for."""
    first, last = _days(place, wanted)
    try:
        plan = await fetch(
            request, "forecast", "/purchase-plan", PurchasePlan, **_query(place, first, last)
        )
    except Refused as refusal:
        return Shopping(first, last, None, missing=refusal.words)
    to_buy = sorted((row for row in plan.items if row.packs), key=_seller)
    sums = {(one.supplier, one.category): one for one in plan.sums}
    groups = []
    for _, found in groupby(to_buy, _seller):
        rows = list(found)
        place_of_sale = rows[0].supplier, rows[0].category
        groups.append(Group(*place_of_sale, rows, sums.get(place_of_sale)))
    return Shopping(first, last, plan, groups, [row for row in plan.items if not row.packs])


async def download_shopping(request: Request, place: Place, wanted: Wanted) -> Response:
    """Return the workbook of the forecast service."""
    first, last = _days(place, wanted)
    params = {name: str(value) for name, value in _query(place, first, last).items()}
    answer = await call(request, "forecast", "GET", "/purchase-plan.xlsx", params=params)
    headers = {name: answer.headers[name] for name in _PASSED_ON if name in answer.headers}
    return Response(answer.content, headers=headers)


def _seller(row: PurchaseRow) -> tuple[bool, str, bool, str]:
    """Return what rows are grouped by; what nobody is named for comes last."""
    supplier, category = row.supplier or "", row.category or ""
    return not supplier, supplier, not category, category


def _query(place: Place, first: date, last: date) -> dict[str, Any]:
    return {"canteen_id": place.canteen.id, "date_from": first, "date_to": last}


def _days(place: Place, wanted: Wanted) -> tuple[date, date]:
    first = _day(wanted.first) or place.today + timedelta(days=1)
    return first, _day(wanted.last) or first + timedelta(days=_USUAL_DAYS - 1)


def _day(typed: str) -> date | None:
    try:
        return date.fromisoformat(typed)
    except ValueError:
        return None
