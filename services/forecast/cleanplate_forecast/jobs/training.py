"""Training by the clock: once a night in one of the replicas, or when somebody asked for it."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from functools import partial
from threading import Event, Thread

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
from cleanplate_forecast.jobs.apart import Done, Stopped, Task, work_apart
from cleanplate_shared.clock import Clock
from cleanplate_shared.contracts.forecast_training import TrainingOutcome
from cleanplate_shared.db import Database

Work = Callable[[Task, Tell], Done]
_STOP_SECONDS = 5.0
_LOG = structlog.get_logger()


class LeaseLost(RuntimeError):  # noqa: N818
    """Another replica has taken over; what was trained is thrown away."""


class NightlyTraining:
    """Begins a training when one is due, in a thread of its own, and ends it with the service.

    Args:
        scheduler: of a Dask cluster that does the work; "": a process of this machine.
    """

    def __init__(self, scheduler: str) -> None:
        self._stopping = Event()
        self._work = partial(work_apart, stopping=self._stopping)
        self._scheduler = scheduler
        self._thread: Thread | None = None

    def begin_if_due(self, db: Database, clock: Clock) -> None:
        """Begin a training if one is due, and do not wait for it."""
        lease = None if self._stopping.is_set() else take_if_due(db, clock())
        if lease is not None:
            told = (db, clock, lease, self._scheduler, self._work)
            self._thread = Thread(target=train, args=told, daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """End a training that is under way; the next service to start begins it again."""
        self._stopping.set()
        if self._thread is not None:
            self._thread.join(_STOP_SECONDS)


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
    except Stopped:
        _put_off(db, clock, lease)
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


def _put_off(db: Database, clock: Clock, lease: Lease) -> None:
    """Give the lease back, and have the training begun again."""
    with db.transaction() as session:
        if leases.release(session, lease):
            runs.end(session, lease, TrainingOutcome.LOST)
            runs.ask_for_training(session, clock())
