"""Forecasts of coming meals by the model that serves: all that are due, in one call."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from uuid import UUID

import numpy as np
from sqlmodel import Session, col, select

from cleanplate_forecast.actions.making import made_row, seen_of
from cleanplate_forecast.actions.training import store
from cleanplate_forecast.actions.training.columns import load
from cleanplate_forecast.domain.attendance import Forecast, Ints
from cleanplate_forecast.domain.columns import QUANTILES, Quantiles
from cleanplate_forecast.domain.model import MODEL
from cleanplate_forecast.domain.showup import SHOW_UP
from cleanplate_forecast.domain.spread import Question, ask
from cleanplate_forecast.models import ForecastRow, SessionRow
from cleanplate_shared.clock import zone
from cleanplate_shared.tables import KnownCanteenRow

LOOK_BACK = timedelta(days=430)  # what a forecast looks at: a year, and the level before that
_MARK = "#"


def is_learnt(row: ForecastRow) -> bool:
    """Say whether a forecast was made by a trained model."""
    return _MARK in row.model


def forecast_learnt(
    session: Session, wanted: Sequence[SessionRow], at: datetime
) -> dict[UUID, ForecastRow]:
    """Return forecasts of meals of today and later, not kept yet.

    Without a model that serves there are none; a meal that the model knows nothing of has none.
    """
    serving = store.champion(session) if wanted else None
    if serving is None:
        return {}
    today = _todays(session, at)
    rows = [row for row in wanted if row.date >= today.get(row.canteen_id, date.max)]
    if not rows:
        return {}
    days = [row.date for row in rows]
    loaded = load(session, min(days) - LOOK_BACK, max(days))
    as_of = np.array(
        [min(today[row.canteen_id], row.date - timedelta(days=1)).toordinal() for row in rows]
    )
    order = np.argsort(as_of, kind="stable")
    places = loaded.places(rows)
    seen = seen_of(rows, at)
    questions = [
        Question(places[same], seen.where(same), int(as_of[same[0]]))
        for same in np.split(order, np.flatnonzero(np.diff(as_of[order])) + 1)
    ]
    answers = ask(serving.model, loaded.columns, questions)
    model = f"{MODEL}{_MARK}{serving.version}"
    return _rows([rows[n] for n in order], as_of[order], answers, model, at)


def _rows(
    meals: Sequence[SessionRow], as_of: Ints, answers: Quantiles, model: str, at: datetime
) -> dict[UUID, ForecastRow]:
    found = {}
    by_show_up = answers.by_show_up
    for n in np.flatnonzero(~np.isnan(answers.values).any(axis=1)).tolist():
        quantiles = dict(zip(QUANTILES, answers.values[n].tolist(), strict=True))
        made_by = f"{model}+{SHOW_UP}" if by_show_up is not None and by_show_up[n] else model
        made = Forecast(float(answers.mean[n]), quantiles, made_by)
        found[meals[n].id] = made_row(meals[n], made, date.fromordinal(int(as_of[n])), at)
    return found


def _todays(session: Session, at: datetime) -> Mapping[UUID, date]:
    """Return each canteen's present day."""
    found = session.exec(select(col(KnownCanteenRow.id), col(KnownCanteenRow.time_zone))).all()
    days = {name: at.astimezone(zone(name)).date() for name in {name for _, name in found}}
    return {canteen_id: days[name] for canteen_id, name in found}
