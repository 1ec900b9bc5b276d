"""Checks of scales with a test weight."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

from sqlmodel import Session, col, select

from cleanplate_shared.contracts.common import Page
from cleanplate_shared.contracts.waste_scale_checks import (
    CheckedScale,
    ScaleCheck,
    ScaleCheckCreate,
    Verdict,
)
from cleanplate_shared.errors import Unprocessable
from cleanplate_shared.i18n import msg
from cleanplate_shared.idempotency import IdempotencyKeyReused
from cleanplate_shared.identity import Identity, find_canteen
from cleanplate_shared.roles import KITCHEN
from cleanplate_waste.domain.scale_checks import (
    CHECK_EVERY,
    drift_per_mille_a_month,
    has_failed,
    is_off,
)
from cleanplate_waste.models import ScaleCheckRow

_CLOCKS_DIFFER = timedelta(days=1)
_SHOWN = timedelta(days=400)
_MOST_CHECKS = 1_000


def check_scale(
    session: Session, caller: Identity, wanted: ScaleCheckCreate, now: datetime
) -> ScaleCheck:
    """Keep what a scale showed of a test weight; the same check again changes nothing.

    Raises:
        NotFound, Forbidden: not a kitchen of the caller.
        Unprocessable: it has not happened yet.
        IdempotencyKeyReused: another check has this id.
    """
    find_canteen(session, caller, KITCHEN, wanted.canteen_id)
    at = wanted.at.astimezone(UTC)
    if at > now + _CLOCKS_DIFFER:
        raise Unprocessable(msg("Set the clock of the device, then check again."))
    row = ScaleCheckRow(**wanted.model_dump() | {"at": at})
    earlier = session.get(ScaleCheckRow, wanted.id)
    if earlier is not None and earlier.model_dump() != row.model_dump():
        raise IdempotencyKeyReused(msg("Another check has this id; send this one with a new id."))
    if earlier is None:
        session.add(row)
        session.flush()
    return _check(row)


def list_scales(
    session: Session, caller: Identity, canteen_id: UUID, now: datetime
) -> Page[CheckedScale]:
    """Return the scales that were checked in the last 400 days, by name.

    Raises:
        NotFound, Forbidden: not a kitchen of the caller.
    """
    find_canteen(session, caller, KITCHEN, canteen_id)
    newest = (
        select(ScaleCheckRow)
        .where(col(ScaleCheckRow.canteen_id) == canteen_id, col(ScaleCheckRow.at) > now - _SHOWN)
        .order_by(col(ScaleCheckRow.at).desc(), col(ScaleCheckRow.id))
        .limit(_MOST_CHECKS)
    )
    rows: dict[str, list[ScaleCheckRow]] = defaultdict(list)
    for row in reversed(session.exec(newest).all()):
        rows[row.device_id].append(row)
    return Page(items=[_scale(name, rows[name], now) for name in sorted(rows)], next=None)


def _scale(name: str, rows: Sequence[ScaleCheckRow], now: datetime) -> CheckedScale:
    checks = [_check(row) for row in rows]
    errors = [(one.at, one.error_grams / one.test_grams) for one in checks]
    return CheckedScale(
        device_id=name,
        verdict=checks[-1].verdict,
        is_due=now - checks[-1].at > CHECK_EVERY,
        drift_per_mille_a_month=drift_per_mille_a_month(errors),
        checks=checks,
    )


def _check(row: ScaleCheckRow) -> ScaleCheck:
    measured = (row.test_grams, row.shown_grams, row.division_grams)
    off = Verdict.OFF if is_off(*measured) else Verdict.GOOD
    return ScaleCheck(
        id=row.id,
        at=row.at,
        test_grams=row.test_grams,
        shown_grams=row.shown_grams,
        error_grams=row.shown_grams - row.test_grams,
        verdict=Verdict.FAILED if has_failed(*measured) else off,
    )
