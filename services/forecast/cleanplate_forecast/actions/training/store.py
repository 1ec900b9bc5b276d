"""Trained models in the service's own database, and the one that serves, kept ready to use."""

from dataclasses import asdict, dataclass
from datetime import date, datetime
from zlib import error as ZlibError  # noqa: N812

import structlog
from sqlalchemy import delete, select, update
from sqlalchemy.orm import defer
from sqlmodel import Session, col

from cleanplate_forecast.domain.challenge import Scores
from cleanplate_forecast.domain.model import Model
from cleanplate_forecast.domain.packing import NotOurs, Packed, made_by, unpack
from cleanplate_forecast.models import StoredModelRow
from cleanplate_shared.contracts.forecast_training import ModelScores, StoredModel
from cleanplate_shared.recent import Recent

_KEPT = 3
_READY = Recent[str, Model](1)
_LOG = structlog.get_logger()
# What models stored by an earlier version were not asked.
_NOT_SCORED = dict.fromkeys(("new_wape", "present_wape", "rule_wape", "verdict"))
_WITHOUT_BLOBS = (
    defer(StoredModelRow.blob),  # type: ignore[arg-type]
    defer(StoredModelRow.trial_blob),  # type: ignore[arg-type]
)


@dataclass(frozen=True)
class Champion:
    """The model that serves, and its version."""

    version: int
    model: Model


@dataclass(frozen=True)
class New:
    """A model to be stored; its version is the number of its training.

    Attributes:
        model: to serve.
        trial: the same, trained without the last four weeks.
    """

    version: int
    trained_at: datetime
    last_day: date
    series: int
    meals: int
    model: Packed
    trial: Packed
    scores: Scores


def keep(session: Session, new: New, *, serves: bool) -> None:
    """Store a model, in place of the present one if it `serves`; forget old ones.

    The one that serves and the two newest others are kept.
    """
    if serves:
        session.connection().execute(
            update(StoredModelRow).where(col(StoredModelRow.is_serving)).values(is_serving=False)
        )
    session.add(
        StoredModelRow(
            version=new.version,
            trained_at=new.trained_at,
            last_day=new.last_day,
            series=new.series,
            meals=new.meals,
            made_by=made_by(),
            blob=new.model.blob,
            digest=new.model.digest,
            trial_blob=new.trial.blob,
            trial_digest=new.trial.digest,
            scores=asdict(new.scores),
            is_serving=serves,
        )
    )
    session.flush()
    others = (
        select(col(StoredModelRow.version))
        .where(~col(StoredModelRow.is_serving))
        .order_by(col(StoredModelRow.version).desc())
        .offset(_KEPT - 1)
    )
    old = list(session.scalars(others))
    session.connection().execute(delete(StoredModelRow).where(col(StoredModelRow.version).in_(old)))


def has_champion(session: Session) -> bool:
    """Say whether a model serves that this code can load."""
    found = select(col(StoredModelRow.version)).where(
        col(StoredModelRow.is_serving), col(StoredModelRow.made_by) == made_by()
    )
    return session.scalar(found) is not None


def champion(session: Session) -> Champion | None:
    """Return the model that serves; None if there is none, or this code cannot load it.

    A process reads it once for each version.
    """
    found = session.execute(
        select(col(StoredModelRow.version), col(StoredModelRow.digest)).where(
            col(StoredModelRow.is_serving), col(StoredModelRow.made_by) == made_by()
        )
    ).first()
    if found is None:
        return None
    ready = _READY.get(found.digest)
    if ready is None:
        blob = session.scalar(
            select(col(StoredModelRow.blob)).where(col(StoredModelRow.version) == found.version)
        )
        ready = _opened(Packed(blob or b"", found.digest), found.version)
        if ready is None:
            return None
        _READY.keep(found.digest, ready)
    return Champion(found.version, ready)


def trial_of_champion(session: Session) -> Packed | None:
    """Return the trial of the model that serves, to be judged beside a new one."""
    found = session.execute(
        select(col(StoredModelRow.trial_blob), col(StoredModelRow.trial_digest)).where(
            col(StoredModelRow.is_serving), col(StoredModelRow.made_by) == made_by()
        )
    ).first()
    return None if found is None else Packed(found.trial_blob, found.trial_digest)


def stored_models(session: Session) -> list[StoredModel]:
    """Return the kept models, newest first."""
    rows = session.scalars(
        select(StoredModelRow).options(*_WITHOUT_BLOBS).order_by(col(StoredModelRow.version).desc())
    )
    return [
        StoredModel(
            version=row.version,
            trained_at=row.trained_at,
            last_day=row.last_day,
            series=row.series,
            meals=row.meals,
            is_serving=row.is_serving,
            is_loadable=row.made_by == made_by(),
            scores=ModelScores(**_NOT_SCORED | row.scores),
        )
        for row in rows
    ]


def _opened(packed: Packed, version: int) -> Model | None:
    try:
        return unpack(packed)
    except (NotOurs, ZlibError) as error:
        _LOG.warning("model_not_loaded", version=version, reason=str(error))
        return None
