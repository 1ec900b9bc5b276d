"""A canteen's weeks and days, as data tiers and the under-reporting factor look at them."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlmodel import Session

from cleanplate_shared.clock import zone
from cleanplate_shared.contracts.waste import Stream
from cleanplate_shared.contracts.waste_tiers import DataTier, Tier, TierReason
from cleanplate_shared.tables import KnownCanteenRow
from cleanplate_waste.actions.collected import collected_between
from cleanplate_waste.actions.days import days_between, required_streams
from cleanplate_waste.domain import completeness
from cleanplate_waste.domain.reconciliation import Week, judge
from cleanplate_waste.models import ReconciliationTermsRow

_FEWEST_WEEKS = 4  # a month has four Thursdays at least
_THURSDAY = timedelta(days=3)
_SUNDAY = timedelta(days=6)
_WEEK = timedelta(days=7)


@dataclass(frozen=True)
class Standing:
    """Weeks that are over, and which days were open and complete."""

    weeks: list[Week]
    is_complete: dict[date, bool]
    loss_share: float

    def weeks_in(self, first: date, last: date) -> list[Week]:
        """Return the weeks whose Thursday lies between two days."""
        return [week for week in self.weeks if first <= week.first + _THURSDAY <= last]

    def tier(self, first: date, last: date) -> DataTier:
        """Return the data tier of a period.

        A period with fewer than four weeks of its own that are over is judged by the last four up
        to its end, and by the days since their beginning.
        """
        weeks = self.weeks_in(first, last)
        since = first
        if len(weeks) < _FEWEST_WEEKS:
            weeks = self.weeks_in(date.min, last)[-_FEWEST_WEEKS:]
            since = min([first, *(week.first for week in weeks)])
        days = [whole for day, whole in self.is_complete.items() if since <= day <= last]
        verdict = judge(weeks, sum(days) / len(days) if days else None, self.loss_share)
        return DataTier(
            tier=Tier(verdict.tier),
            reason=TierReason(verdict.reason),
            rho=verdict.rho,
            completeness=verdict.completeness,
            weeks=sum(bool(week.open_days or week.logged_grams) for week in weeks),
            compared_weeks=sum(week.is_compared for week in weeks),
        )


def standing_of(
    session: Session, canteen: KnownCanteenRow, first: date, last: date, now: datetime
) -> Standing:
    """Return how a canteen stood between two days, with what judging the first of them needs.

    Today is not over and is left out; so is a week that is not over.
    """
    yesterday = now.astimezone(zone(canteen.time_zone)).date() - timedelta(days=1)
    since = monday_of(first) - _FEWEST_WEEKS * _WEEK
    until = min(monday_of(last) + _SUNDAY, yesterday)
    required = required_streams(session, [canteen.id])[canteen.id]
    days = days_between(session, canteen.id, since, until) if since <= until else []
    collected = collected_between(session, canteen.id, since, until)
    return Standing(
        weeks=list(_weeks(days, required, collected, (since, until))),
        is_complete={
            day.date: completeness.day_total(day, required).is_complete
            for day in days
            if day.date <= last
        },
        loss_share=loss_permille(session, canteen.id) / 1000,
    )


def loss_permille(session: Session, canteen_id: UUID) -> int:
    """Return what drains or dries away, as the canteen says; 0 if it says nothing."""
    terms = session.get(ReconciliationTermsRow, canteen_id)
    return terms.loss_permille if terms else 0


def monday_of(day: date) -> date:
    """Return the first day of a day's week."""
    return day - timedelta(days=day.weekday())


def _weeks(
    days: Iterable[completeness.Day],
    required: Iterable[Stream],
    collected: dict[date, int | None],
    span: tuple[date, date],
) -> Iterable[Week]:
    by_week: defaultdict[date, list[completeness.Total]] = defaultdict(list)
    for day in days:
        by_week[monday_of(day.date)].append(completeness.day_total(day, tuple(required)))
    taken: defaultdict[date, list[int | None]] = defaultdict(list)
    for at, grams in collected.items():
        taken[monday_of(at)].append(grams)
    monday = span[0]
    while monday + _SUNDAY <= span[1]:
        weights = taken[monday]
        known = [grams for grams in weights if grams is not None]
        yield Week(
            first=monday,
            logged_grams=sum(total.net_grams for total in by_week[monday]),
            collected_grams=sum(known) if known else None,
            open_days=len(by_week[monday]),
            gap_days=sum(bool(total.missing) for total in by_week[monday]),
            unknown_days=len(weights) - len(known),
        )
        monday += _WEEK
