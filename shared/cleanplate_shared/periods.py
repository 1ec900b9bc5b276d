"""A range of days that a list can be asked for: `date_from` to `date_to`."""

from dataclasses import dataclass
from datetime import date
from typing import Annotated

from fastapi import Depends, Query

from cleanplate_shared.contracts.common import Day
from cleanplate_shared.errors import Unprocessable
from cleanplate_shared.i18n import msg

MOST_DAYS = 400


class PeriodRefused(Unprocessable, title=msg("The period is reversed or too long")):
    """The last day lies before the first, or the period is longer than 400 days."""


@dataclass(frozen=True)
class Period:
    """The days from `first` to `last`, both included; at most 400."""

    first: date
    last: date

    def holds(self, day: date) -> bool:
        """Say whether a day is one of them."""
        return self.first <= day <= self.last


async def _period(
    date_from: Annotated[Day, Query(description="first day")],
    date_to: Annotated[Day, Query(description="last day; at most 400 days in all")],
) -> Period:
    if not 0 <= (date_to - date_from).days < MOST_DAYS:
        detail = msg("Ask for at most {days} days, the earlier day first.", days=MOST_DAYS)
        raise PeriodRefused(detail)
    return Period(date_from, date_to)


PeriodDep = Annotated[Period, Depends(_period)]
