"""Trainings of the installation's model, as a night leaves them; nothing is learnt."""

from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from cleanplate_forecast.domain.packing import made_by
from cleanplate_forecast.models import StoredModelRow, TrainingLeaseRow, TrainingRunRow
from cleanplate_shared.db import Database

_SERIES, _MEALS = 30, 14_000


def scores(verdict: str | None, **changes: float | None) -> dict[str, Any]:
    """Return what a model was judged by."""
    return {
        "new": 0.0152, "present": 0.0141, "rule": 0.0163, "seen": 0.0139,
        "new_wape": 0.0521, "present_wape": 0.0487, "rule_wape": 0.0566,
        "days": 20, "meals": 1200, "verdict": verdict,
    } | changes  # fmt: skip


def trained_nights(db: Database, at: datetime, newest: str = "worse_than_present") -> None:
    """Keep a model that serves, a newer one with the verdict `newest`, and five trainings."""
    nights = [at - timedelta(days=back) for back in range(5, 0, -1)]
    outcomes = ["too_little", "replaced", "failed", "lost", "kept"]
    serves_newest = newest in {"better", "as_good"}
    with db.transaction() as session:
        for number, (night, outcome) in enumerate(zip(nights, outcomes, strict=True), 1):
            last = number == len(nights) and serves_newest
            session.add(_run(number, night, "replaced" if last else outcome))
        session.add(_model(2, nights[1], "better", is_serving=not serves_newest))
        session.add(_model(5, nights[4], newest, is_serving=serves_newest))


def training_under_way(db: Database, at: datetime) -> None:
    """Begin a sixth training, which is learning."""
    begun = at - timedelta(minutes=3)
    run = TrainingRunRow(number=6, holder=uuid4(), stage="learning", share=0.35, started_at=begun)
    with db.transaction() as session:
        session.add(run)
        session.merge(
            TrainingLeaseRow(holder=run.holder, expires_at=at + timedelta(minutes=2), takeovers=0)
        )


def _run(number: int, night: datetime, outcome: str) -> TrainingRunRow:
    return TrainingRunRow(
        number=number,
        holder=uuid4(),
        stage="ended",
        share=1.0,
        started_at=night,
        ended_at=night + timedelta(seconds=40 * number),
        outcome=outcome,
        error="MemoryError" if outcome == "failed" else None,
        series=_SERIES,
        meals=_MEALS + number,
    )


def _model(version: int, night: datetime, verdict: str, *, is_serving: bool) -> StoredModelRow:
    present = {"present": None, "present_wape": None} if version == 2 else {}
    return StoredModelRow(
        version=version,
        trained_at=night + timedelta(seconds=40 * version),
        last_day=(night - timedelta(days=1)).date(),
        series=_SERIES,
        meals=_MEALS + version,
        made_by=made_by(),
        blob=b"",
        digest=f"{version}",
        trial_blob=b"",
        trial_digest=f"{version}",
        scores=scores(verdict, **present),
        is_serving=is_serving,
    )
