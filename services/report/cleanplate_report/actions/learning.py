"""Keep what other services tell, each fact in its newest version.

The facts are totals with a version, so repeats and stale news change nothing in any order.
"""

from typing import Any

from sqlmodel import Session

from cleanplate_report.models import (
    DAYS,
    FACTS,
    STREAMS,
    TIERS,
    OrganizationNameRow,
    SessionFactRow,
)
from cleanplate_shared import known
from cleanplate_shared.contracts.directory import CanteenChanged
from cleanplate_shared.contracts.menu import MealSessionsChanged
from cleanplate_shared.contracts.waste import DaysWeighed, DayWaste
from cleanplate_shared.contracts.waste_tiers import TiersJudged
from cleanplate_shared.newest import keep_newest

_FACT = set(SessionFactRow.model_fields)


def learn_days(session: Session, event: DaysWeighed) -> None:
    """Remember the waste of days."""
    keep_newest(session, DAYS, [_day(day) for day in event.days])
    streams = [
        {
            "canteen_id": day.canteen_id,
            "date": day.date,
            "version": day.version,
            "stream": total.stream.value,
            "net_grams": total.net_grams,
            "covered": total.covered,
        }
        for day in event.days
        for total in day.streams
        if day.version > 1 or total.covered or total.net_grams  # there is nothing to overwrite
    ]
    keep_newest(session, STREAMS, streams)


def learn_sessions(session: Session, event: MealSessionsChanged) -> None:
    """Remember who registered and who came."""
    facts = [{**fact.model_dump(include=_FACT), "meal": fact.meal.value} for fact in event.sessions]
    keep_newest(session, FACTS, facts)


def learn_tiers(session: Session, event: TiersJudged) -> None:
    """Remember how far months can be trusted."""
    keep_newest(
        session,
        TIERS,
        [
            {**one.model_dump(), "tier": one.tier.value, "reason": one.reason.value}
            for one in event.tiers
        ],
    )


def learn_canteen(session: Session, event: CanteenChanged) -> None:
    """Remember a canteen, and what the organisations above it are called."""
    known.learn_canteen(session, event)
    for organization_id, name in event.organization_names.items():
        session.merge(OrganizationNameRow(id=organization_id, name=name))


def _day(day: DayWaste) -> dict[str, Any]:
    return {
        "canteen_id": day.canteen_id,
        "date": day.date,
        "served": day.served,
        "complete": day.complete and day.served is not None,
        "version": day.version,
    }
