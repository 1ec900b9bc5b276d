"""Rules of the menu: instants of a day, pickup codes, and who came."""

import secrets
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

CODE_LENGTH = 6
_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's: no I, L, O, U to misread
_MEAL_TIMES = {"breakfast": time(7, 30), "lunch": time(12), "dinner": time(18)}
_DEFAULT_CUTOFF = time(20)


def pickup_code() -> str:
    """Return a code of 30 random bits that is easy to read out."""
    bits = secrets.randbits(5 * CODE_LENGTH)
    return "".join(_ALPHABET[bits >> 5 * place & 31] for place in range(CODE_LENGTH))


def end_of_day(day: date, zone: ZoneInfo) -> datetime:
    """Return the instant at which `day` ends in a canteen's zone."""
    return datetime.combine(day + timedelta(1), time(), zone).astimezone(UTC)


def meal_time(day: date, meal: str, zone: ZoneInfo) -> datetime:
    """Return when a meal usually begins."""
    return datetime.combine(day, _MEAL_TIMES[meal], zone).astimezone(UTC)


def default_cutoff(day: date, zone: ZoneInfo) -> datetime:
    """Return the cut-off of a session for which none is given: 20:00 on the day before."""
    return datetime.combine(day - timedelta(1), _DEFAULT_CUTOFF, zone).astimezone(UTC)


@dataclass(frozen=True)
class Turnout:
    """Who came to a meal; always `served == registered - no_shows + walk_ins`."""

    registered: int
    served: int
    no_shows: int
    walk_ins: int


def turnout(registered: int, came: int, walk_ins: int, counted: int | None) -> Turnout:
    """Return who came, consistent and never negative.

    Without an independent count the check-ins are the truth. With one, it is: people counted
    beyond the check-ins are taken for registered diners first (a code that was not scanned), the
    rest for walk-ins; check-ins beyond the count are taken off the walk-ins first.

    Args:
        registered: standing registrations.
        came: those of them that were checked in, at most `registered`.
        walk_ins: check-ins without a registration.
        counted: the independent count, if there is one.

    Source: docs/decisions/0003-registration-invariants.md.
    """
    checked_in = came + walk_ins
    served = checked_in if counted is None else counted
    beyond = served - checked_in
    walked = (
        max(walk_ins + beyond, 0) if beyond < 0 else walk_ins + max(came + beyond - registered, 0)
    )
    return Turnout(registered, served, registered - (served - walked), walked)
