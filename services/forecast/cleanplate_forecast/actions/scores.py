"""How good the forecasts were: the last one of each meal beside who came, and the naive one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby
from uuid import UUID

import numpy as np
from sqlmodel import Session, col, select

from cleanplate_forecast.actions import forecasts
from cleanplate_forecast.domain.scores import score
from cleanplate_forecast.models import ForecastRow, SessionRow
from cleanplate_shared.clock import zone
from cleanplate_shared.contracts.common import Meal
from cleanplate_shared.contracts.forecast_scores import (
    ForecastScore,
    ForecastScores,
    MonthScore,
    ScoredMeal,
)
from cleanplate_shared.errors import Unprocessable
from cleanplate_shared.i18n import msg
from cleanplate_shared.identity import Identity, find_canteen
from cleanplate_shared.periods import Period
from cleanplate_shared.roles import READERS

MOST_DAYS = 100
_WEEK, _WEEKS = timedelta(7), 4
_ORDER = [meal.value for meal in Meal]


class ScoresTooLong(Unprocessable, title=msg("The period is too long")):
    """Forecasts are scored for at most a hundred days at once."""


@dataclass(frozen=True)
class _Served:
    """Who came to a canteen's meals, on days that are over."""

    counts: Mapping[tuple[str, date], int]

    def at(self, row: SessionRow) -> int | None:
        return self.counts.get((row.meal, row.date))

    def naive(self, row: SessionRow) -> int | None:
        """Return who came on the same weekday before, up to four weeks back."""
        weeks = ((row.meal, row.date - n * _WEEK) for n in range(1, _WEEKS + 1))
        return next((self.counts[week] for week in weeks if week in self.counts), None)


def score_forecasts(
    session: Session, caller: Identity, canteen_id: UUID, period: Period, at: datetime
) -> ForecastScores:
    """Return the last forecast of each meal of a period beside who came.

    A meal without a published forecast gets one from what was known on its eve; it says so.

    Raises:
        NotFound: the caller has nothing to do with the canteen.
        ScoresTooLong: more than a hundred days.
    """
    canteen = find_canteen(session, caller, READERS, canteen_id)
    if (period.last - period.first).days >= MOST_DAYS:
        raise ScoresTooLong(msg("Ask for at most {days} days.", days=MOST_DAYS))
    today = at.astimezone(zone(canteen.time_zone)).date()
    rows = session.exec(
        select(SessionRow)
        .where(
            SessionRow.canteen_id == canteen_id,
            col(SessionRow.date).between(period.first - _WEEKS * _WEEK, period.last),
        )
        .order_by(col(SessionRow.date), col(SessionRow.version), col(SessionRow.id))
    ).all()
    served = _Served(
        {(row.meal, row.date): row.served for row in rows if row.served is not None
         and row.date < today}
    )  # fmt: skip
    wanted = [row for row in rows if row.date >= period.first]
    found = forecasts.forecast_many(session, wanted, at)
    wanted.sort(key=lambda row: (row.date, _ORDER.index(row.meal)))
    items = [_scored(row, found[row.id], served) for row in wanted if row.id in found]
    return ForecastScores(
        canteen_id=canteen_id,
        date_from=period.first,
        date_to=period.last,
        items=items,
        months=_months(items),
        total=_score(items),
    )


def _scored(row: SessionRow, made: ForecastRow, served: _Served) -> ScoredMeal:
    return ScoredMeal(
        meal_session_id=row.id,
        date=row.date,
        meal=Meal(row.meal),
        registered=made.registered,
        mean=made.mean,
        quantiles=made.quantiles,
        served=served.at(row),
        naive=served.naive(row),
        is_published=made.number > 0,
        model=made.model,
        made_at=made.made_at,
    )


def _months(items: Sequence[ScoredMeal]) -> list[MonthScore]:
    def place(item: ScoredMeal) -> tuple[str, int]:
        return item.date.strftime("%Y-%m"), -_ORDER.index(item.meal)

    found = [
        MonthScore(month=month, meal=Meal(_ORDER[-meal]), **_score(list(of)).model_dump())
        for (month, meal), of in groupby(sorted(items, key=place, reverse=True), place)
    ]
    return [one for one in found if one.meals]


def _score(items: Sequence[ScoredMeal]) -> ForecastScore:
    known = [item for item in items if item.served is not None]
    compared = [item for item in known if item.naive is not None]
    inside = sum(_is_inside(item) for item in known)
    return ForecastScore(
        meals=len(known),
        published=sum(item.is_published for item in known),
        inside=inside,
        coverage80=inside / len(known) if known else None,
        compared=len(compared),
        error=_error(compared, [item.quantiles["0.5"] for item in compared]),
        naive_error=_error(compared, [float(item.naive or 0) for item in compared]),
    )


def _is_inside(item: ScoredMeal) -> bool:
    return item.quantiles["0.1"] <= (item.served or 0) <= item.quantiles["0.9"]


def _error(items: Sequence[ScoredMeal], said: Sequence[float]) -> float | None:
    """Return the WAPE of what was said."""
    if not items:
        return None
    served = np.array([item.served for item in items], dtype=np.float64)
    return score(served, np.repeat(np.array(said)[:, None], 3, axis=1)).wape
