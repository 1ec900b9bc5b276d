"""How far trainings are, what came of them, and asking for one."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, update
from sqlmodel import Session, col, select

from cleanplate_forecast.actions.training import lease as leases
from cleanplate_forecast.actions.training import store
from cleanplate_forecast.actions.training.lease import Lease
from cleanplate_forecast.models import TrainingLeaseRow, TrainingRunRow
from cleanplate_shared.contracts.forecast_training import (
    Training,
    TrainingOutcome,
    TrainingRun,
    TrainingStage,
)
from cleanplate_shared.db import instant
from cleanplate_shared.newest import insert_into

_SHOWN, _KEPT = 20, 200
_LEASES = TrainingLeaseRow.metadata.tables["training_lease"]


@dataclass(frozen=True)
class Size:
    """What is learnt from: how many series, and how many meals whose diners are known."""

    series: int
    meals: int


def show_training(session: Session, at: datetime) -> Training:
    """Return the model that serves, the kept ones, and the latest trainings."""
    lease = session.get(TrainingLeaseRow, 1)
    models = store.stored_models(session)
    runs = session.exec(
        select(TrainingRunRow).order_by(col(TrainingRunRow.number).desc()).limit(_SHOWN)
    )
    expires_at = lease.expires_at if lease else None
    return Training(
        is_running=expires_at is not None and expires_at > at,
        asked_at=lease.asked_at if lease else None,
        serving=next((model for model in models if model.is_serving), None),
        models=models,
        runs=[TrainingRun(**row.model_dump(exclude={"holder"})) for row in runs],
    )


def ask_for_training(session: Session, at: datetime) -> Training:
    """Have a training begin within a minute, or when the present one is over."""
    statement = (
        insert_into(session, _LEASES)
        .values(id=1, takeovers=0, asked_at=at)
        .on_conflict_do_update(index_elements=["id"], set_={"asked_at": at})
    )
    session.connection().execute(statement)
    return show_training(session, at)


def tell(session: Session, lease: Lease, stage: str, share: float) -> bool:
    """Note how far a training is, and hold its lease; False if that is lost."""
    _change(session, lease, stage=TrainingStage(stage).value, share=share)
    return leases.renew(session, lease)


def note_size(session: Session, lease: Lease, size: Size) -> None:
    """Note what a training learns from."""
    _change(session, lease, series=size.series, meals=size.meals)


def end(session: Session, lease: Lease, outcome: TrainingOutcome, error: str | None = None) -> None:
    """Note what came of a training; forget all but the latest two hundred."""
    _change(
        session,
        lease,
        stage=TrainingStage.ENDED.value,
        share=1.0,
        ended_at=instant(session),
        outcome=outcome.value,
        error=error,
    )
    session.connection().execute(
        delete(TrainingRunRow).where(col(TrainingRunRow.number) <= lease.number - _KEPT)
    )


def _change(session: Session, lease: Lease, **values: object) -> None:
    session.connection().execute(
        update(TrainingRunRow)
        .where(
            col(TrainingRunRow.number) == lease.number,
            col(TrainingRunRow.holder) == lease.holder,
            col(TrainingRunRow.ended_at).is_(None),
        )
        .values(**values)
    )
