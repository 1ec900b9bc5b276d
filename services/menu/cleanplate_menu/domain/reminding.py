"""When people are reminded of a cut-off, and when they are left in peace."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

_QUIET_FROM, _QUIET_UNTIL = time(22), time(7)
_EVENING = time(21, 30)  # a reminder that falls into the quiet hours comes on the evening before


def is_quiet(at: datetime, zone: ZoneInfo) -> bool:
    """Say whether an instant lies between 22:00 and 7:00 where the canteen is."""
    local = at.astimezone(zone).time()
    return local >= _QUIET_FROM or local < _QUIET_UNTIL


def remind_at(cutoff_at: datetime, minutes: int, zone: ZoneInfo) -> datetime:
    """Return when to remind of a cut-off: `minutes` before, never in the quiet hours."""
    wanted = cutoff_at - timedelta(minutes=minutes)
    if not is_quiet(wanted, zone):
        return wanted
    local = wanted.astimezone(zone)
    evening = local.date() if local.time() >= _QUIET_FROM else local.date() - timedelta(1)
    return datetime.combine(evening, _EVENING, zone).astimezone(UTC)


def quiet_from(at: datetime, zone: ZoneInfo) -> datetime:
    """Return when the next quiet hours begin."""
    local = at.astimezone(zone)
    day = local.date() if local.time() < _QUIET_FROM else local.date() + timedelta(1)
    return datetime.combine(day, _QUIET_FROM, zone).astimezone(UTC)
