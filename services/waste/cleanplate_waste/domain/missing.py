"""Which streams of a meal that is over nobody has weighed."""

from collections.abc import Collection

from cleanplate_waste.domain.completeness import Day


def missing_streams(day: Day, meal: str, required: Collection[str]) -> tuple[str, ...]:
    """Return the streams that were weighed neither for a meal nor for its whole day, in order.

    What belongs to a session that is not known yet may be of any meal: it is taken as weighed,
    so that nobody is sent to weigh again what lies in another tablet.
    """
    weighed = {w.stream for w in day.weighed if w.meal in {meal, None}}
    return tuple(stream for stream in required if stream not in weighed)
