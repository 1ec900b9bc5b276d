"""Planning by the week."""

from datetime import date, timedelta


def monday_of(day: date) -> date:
    """Return the Monday of a day's week."""
    return day - timedelta(days=day.weekday())


def menu_of(day: date, make_up_as: int | None, *, is_workday: bool, is_make_up: bool) -> int | None:
    """Return the ISO weekday whose menu a day gets; None if it gets none.

    A weekend day that is worked (调休) has no menu of its own in an ordinary week; which one it
    gets is for the canteen to say.
    """
    if not is_workday:
        return None
    return make_up_as if is_make_up else day.isoweekday()
