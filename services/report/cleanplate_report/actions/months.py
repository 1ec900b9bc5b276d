"""Tell the month of one canteen, or of all canteens below an organisation."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, and_
from sqlmodel import Session, col, select

from cleanplate_report.actions.sums import (
    NOT_COMPARED,
    Attended,
    Scope,
    Weighed,
    attended,
    tiers,
    weighed,
)
from cleanplate_report.domain.months import Month, change, ratio
from cleanplate_report.models import OrganizationNameRow
from cleanplate_shared.clock import zone
from cleanplate_shared.contracts.report import (
    CanteenMonth,
    MonthFigures,
    MonthlyReport,
    MonthTrust,
    StreamRate,
)
from cleanplate_shared.errors import NotFound
from cleanplate_shared.i18n import Locale, msg
from cleanplate_shared.identity import Identity, canteens_of, find_canteen
from cleanplate_shared.roles import READERS
from cleanplate_shared.tables import KnownCanteenRow

_MOST_NAMES = 3


def report_canteen(
    session: Session, caller: Identity, canteen_id: UUID, month: Month, now: datetime
) -> MonthlyReport:
    """Return the month of one canteen.

    Raises:
        NotFound: there is no such canteen for the caller.
        Forbidden: the caller is known there, and no reader.
    """
    canteen = find_canteen(session, caller, READERS, canteen_id)
    report = _report(session, col(KnownCanteenRow.id) == canteen_id, [canteen], month, now)
    return report.model_copy(update={"canteen_id": canteen_id, "name": canteen.name})


def report_organization(
    session: Session,
    caller: Identity,
    organization_id: UUID,
    month: Month,
    now: datetime,
    locale: Locale,
) -> MonthlyReport:
    """Return the month of all canteens below an organisation that the caller may see.

    Raises:
        NotFound: there is none.
    """
    below = col(KnownCanteenRow.path).contains(f"/{organization_id}/")
    mine = and_(below, canteens_of(caller, READERS))
    canteens = session.exec(select(KnownCanteenRow).where(mine).order_by(KnownCanteenRow.name))
    found = list(canteens.all())
    if not found:
        raise NotFound(msg("There is no canteen of yours below that organisation."))
    report = _report(session, mine, found, month, now)
    named = session.get(OrganizationNameRow, organization_id)
    name = named.name if named else _joined([canteen.name for canteen in found], locale)
    return report.model_copy(update={"organization_id": organization_id, "name": name})


def _report(
    session: Session,
    canteens: ColumnElement[bool],
    found: list[KnownCanteenRow],
    month: Month,
    now: datetime,
) -> MonthlyReport:
    until = max(now.astimezone(zone(name)).date() for name in {c.time_zone for c in found})
    scope = Scope(canteens, (month, month.before, month.year_before), until)
    waste, people = weighed(session, scope), attended(session, scope)
    judged = tiers(session, scope)
    this, last, year_ago = (
        _figures(one, waste[one], people.get(one, Attended()), judged[one]) for one in scope.months
    )
    rate = this.grams_per_diner_meal
    return MonthlyReport(
        canteen_id=None,
        organization_id=None,
        name="",
        figures=this,
        last_month=last,
        same_month_last_year=year_ago,
        change_from_last_month=change(rate, last.grams_per_diner_meal),
        change_from_last_year=change(rate, year_ago.grams_per_diner_meal),
        canteens=[
            _line(canteen, waste[month].get(canteen.id, Weighed()), judged[month])
            for canteen in found
        ],
    )


def _figures(
    month: Month,
    parts: Mapping[UUID, Weighed],
    people: Attended,
    judged: Mapping[UUID, MonthTrust],
) -> MonthFigures:
    total = Weighed()
    for part in parts.values():
        total.add(part)
    trusts = [judged.get(key, NOT_COMPARED) for key, part in parts.items() if part.days_open]
    return MonthFigures(
        month=str(month),
        net_grams=total.food_grams,
        diner_meals=total.diner_meals,
        grams_per_diner_meal=ratio(total.food_grams, total.diner_meals),
        streams=[
            StreamRate(
                stream=stream,
                net_grams=grams,
                grams_per_diner_meal=ratio(grams, total.diner_meals),
            )
            for stream, grams in total.grams.items()
        ],
        days_open=total.days_open,
        days_complete=total.days_complete,
        completeness=ratio(total.days_complete, total.days_open),
        registered=people.registered,
        served=people.served,
        no_shows=people.no_shows,
        walk_ins=people.walk_ins,
        no_show_rate=ratio(people.no_shows, people.counted_registered),
        walk_in_rate=ratio(people.walk_ins, people.counted_served),
        trust=max(trusts, key=lambda trust: trust.tier, default=None),
    )


def _line(
    canteen: KnownCanteenRow, sums: Weighed, judged: Mapping[UUID, MonthTrust]
) -> CanteenMonth:
    return CanteenMonth(
        canteen_id=canteen.id,
        name=canteen.name,
        grams_per_diner_meal=ratio(sums.food_grams, sums.diner_meals),
        diner_meals=sums.diner_meals,
        days_open=sums.days_open,
        days_complete=sums.days_complete,
        trust=judged.get(canteen.id, NOT_COMPARED) if sums.days_open else None,
    )


def _joined(names: list[str], locale: Locale) -> str:
    """Return the names of the canteens where that of their organisation was never told."""
    first = ("、" if locale == "zh" else ", ").join(names[:_MOST_NAMES])
    if len(names) <= _MOST_NAMES:
        return first
    return msg("{first} and {count} more", first=first, count=len(names) - _MOST_NAMES).in_(locale)
