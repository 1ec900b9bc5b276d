"""HTTP face of the report service: parse, call one action, answer."""

from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from cleanplate_report.actions import months
from cleanplate_report.domain.months import Month
from cleanplate_shared.clock import NowDep
from cleanplate_shared.contracts.common import Month as MonthText
from cleanplate_shared.contracts.report import MonthlyReport
from cleanplate_shared.db import DatabaseDep
from cleanplate_shared.errors import NotFound, Unprocessable, refusals
from cleanplate_shared.i18n import LocaleDep, msg
from cleanplate_shared.identity import ReadersDep

router = APIRouter()


class MonthQuery(BaseModel):
    """Which month, of a canteen or of an organisation (exactly one of them)."""

    month: Annotated[MonthText, Field(description="YYYY-MM")]
    canteen_id: UUID | None = None
    organization_id: UUID | None = None
    format: Literal["json"] = "json"


@router.get("/monthly", responses=refusals(NotFound))
def report_month(
    wanted: Annotated[MonthQuery, Query()],
    db: DatabaseDep,
    caller: ReadersDep,
    now: NowDep,
    locale: LocaleDep,
) -> MonthlyReport:
    """Answer the month of one canteen, or of an organisation's canteens that the caller may see.

    Rates are sums divided by sums, over complete days only.
    """
    month = Month.parse(wanted.month)
    canteen_id, organization_id = wanted.canteen_id, wanted.organization_id
    with db.reading() as session:
        if canteen_id and not organization_id:
            return months.report_canteen(session, caller, canteen_id, month, now)
        if organization_id and not canteen_id:
            return months.report_organization(session, caller, organization_id, month, now, locale)
    raise Unprocessable(msg("Name either canteen_id or organization_id."))
