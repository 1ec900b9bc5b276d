"""Rules of what leaves a kitchen: licences, tolerances, and what is overdue."""

from datetime import date, datetime, timedelta

from cleanplate_shared.contracts.waste_manifests import (
    OPEN_STATES,
    Licence,
    ManifestState,
)

OVERDUE_AFTER = timedelta(hours=24)
LINK_LIVES = timedelta(hours=2)
_SOON = timedelta(days=30)


def licence_on(day: date, valid_from: date, valid_to: date) -> Licence:
    """Return what a licence is worth on a day; its first and last day count."""
    if day < valid_from:
        return Licence.NOT_YET
    if day > valid_to:
        return Licence.EXPIRED
    return Licence.EXPIRES_SOON if day > valid_to - _SOON else Licence.VALID


def is_licensed(licence: Licence) -> bool:
    """Say whether a hauler with such a licence may take waste away."""
    return licence in {Licence.VALID, Licence.EXPIRES_SOON}


def is_more(grams: int, than: int, percent: int, allowed_grams: int) -> bool:
    """Say whether one weight exceeds another by more than the larger of a share and a weight."""
    return (grams - than) * 100 > max(than * percent, allowed_grams * 100)


def differs(grams: int, other: int, percent: int, allowed_grams: int) -> bool:
    """Say whether a weight differs from `other` by more than the larger of a share and a weight."""
    return abs(grams - other) * 100 > max(other * percent, allowed_grams * 100)


def carried(weighed_grams: int | None, net_grams: int) -> int:
    """Return what a collection left behind; None: nobody knows what had been there."""
    return max(0, (weighed_grams or 0) - net_grams)


def counted(net_grams: int, received_grams: int | None, settled_grams: int | None) -> int:
    """Return the weight that counts: as settled, else the hauler's, else the kitchen's."""
    return next(g for g in (settled_grams, received_grams, net_grams) if g is not None)


def is_overdue(state: ManifestState, handed_over_at: datetime | None, now: datetime) -> bool:
    """Say whether a manifest was handed over more than 24 hours ago and is still not closed."""
    is_open = state in OPEN_STATES and handed_over_at is not None
    return is_open and handed_over_at is not None and now - handed_over_at > OVERDUE_AFTER
