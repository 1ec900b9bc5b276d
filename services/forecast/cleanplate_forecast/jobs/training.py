"""Training by the clock: once a night in one of the replicas, or when somebody asked for it."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from threading import Thread

import structlog

from cleanplate_forecast.actions import forecasts
from cleanplate_forecast.actions.history import LOOK_BACK
from cleanplate_forecast.actions.training import lease as leases
from cleanplate_forecast.actions.training import runs, store
from cleanplate_forecast.actions.training.columns import load
from cleanplate_forecast.actions.training.lease import Lease
from cleanplate_forecast.domain.challenge import Tell
from cleanplate_forecast.domain.columns import where_known
from cleanplate_forecast.domain.learning import TooLittle
from cleanplate_forecast.jobs.apart import Done, Task, work_apart
from cleanplate_shared.clock import Clock
from cleanplate_shared.contracts.forecast_training import TrainingOutcome
from cleanplate_shared.db import Database
from cleanplate_shared.service import Job

Work = Callable[[Task, Tell], Done]
_LOG = structlog.get_logger()


class LeaseLost(RuntimeError):  # noqa: N818
    """Another replica has taken over; what was trained is thrown away."""


def train_nightly(scheduler: str) -> Job:
    """Return the job that begins a training when one is due, and does not wait for it.

    The thread does not keep the service from stopping, and its process ends with the service.

    Args:
        scheduler: of a Dask cluster that does the work; "": a process of this machine.
    """

    def begin(db: Database, clock: Clock) -> None:
        lease = take_if_due(db, clock())
        if lease is not None:
            Thread(target=train, args=(db, clock, lease, scheduler), daemon=True).start()

    return begin


def take_if_due(db: Database, at: datetime) -> Lease | None:
    """Take the lease if a training is due and no other replica is quicker."""
    with db.reading() as session:
        has_model = store.has_champion(session)
        if not leases.is_due(session, at, has_model=has_model):
            return None
    with db.transaction() as session:
        return leases.take(session, at, has_model=has_model)


def train(
    db: Database, clock: Clock, lease: Lease, scheduler: str = "", work: Work = work_apart
) -> None:
    """Train, judge, and store what came of it; note what went wrong."""
    try:
        _train(db, clock, lease, scheduler, work)
    except LeaseLost:
        _LOG.warning("training_lost", number=lease.number)
    except TooLittle:
        _end(db, lease, TrainingOutcome.TOO_LITTLE)
    except Exception as error:
        _end(db, lease, TrainingOutcome.FAILED, type(error).__name__)
        raise


def _train(db: Database, clock: Clock, lease: Lease, scheduler: str, work: Work) -> None:
    with db.reading() as session:
        last_day = ((leases.local_time(session, clock()) or clock()) - timedelta(days=1)).date()
        columns = load(session, last_day - LOOK_BACK, last_day).columns
        present = store.trial_of_champion(session)
    size = runs.Size(len(columns.names), int(where_known(columns).sum()))
    with db.transaction() as session:
        runs.note_size(session, lease, size)
    if not size.meals:
        raise TooLittle

    def tell(stage: str, share: float) -> None:
        with db.transaction() as session:
            if not runs.tell(session, lease, stage, share):
                raise LeaseLost

    done = work(Task(columns, last_day.toordinal(), present, scheduler), tell)
    tell("storing", 0.9)
    with db.transaction() as session:
        if not leases.release(session, lease):
            raise LeaseLost
        new = _stored(lease.number, clock(), last_day, size, done)
        store.keep(session, new, serves=done.is_accepted)
        if done.is_accepted:
            forecasts.forecast_again(session, last_day)
        came = TrainingOutcome.REPLACED if done.is_accepted else TrainingOutcome.KEPT
        runs.end(session, lease, came)


def _stored(version: int, at: datetime, last_day: date, size: runs.Size, done: Done) -> store.New:
    return store.New(
        version=version,
        trained_at=at,
        last_day=last_day,
        series=size.series,
        meals=size.meals,
        model=done.model,
        trial=done.trial,
        scores=done.scores,
    )


def _end(db: Database, lease: Lease, outcome: TrainingOutcome, error: str | None = None) -> None:
    with db.transaction() as session:
        if leases.release(session, lease):
            runs.end(session, lease, outcome, error)
