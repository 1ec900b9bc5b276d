"""The arithmetic of the monthly report: sums divided by sums, and the months to compare."""

from dataclasses import dataclass
from datetime import date, timedelta

_MONTHS = 12


@dataclass(frozen=True)
class Month:
    """A calendar month."""

    year: int
    number: int

    @classmethod
    def parse(cls, text: str) -> "Month":
        """Return the month written as YYYY-MM.

        Raises:
            ValueError: it is not a month.
        """
        first = date.fromisoformat(f"{text}-01")
        return cls(first.year, first.month)

    def __str__(self) -> str:  # noqa: D105
        return f"{self.year:04}-{self.number:02}"

    @property
    def first(self) -> date:
        """Return the month's first day."""
        return date(self.year, self.number, 1)

    @property
    def last(self) -> date:
        """Return the month's last day."""
        in_next = self.first + timedelta(days=31)
        return in_next.replace(day=1) - timedelta(days=1)

    @property
    def before(self) -> "Month":
        """Return the month before."""
        day = self.first - timedelta(days=1)
        return Month(day.year, day.month)

    @property
    def year_before(self) -> "Month":
        """Return the same month one year before."""
        return Month(self.year - 1, self.number)


def ratio(part: int, whole: int) -> float | None:
    """Return part / whole (two sums, never a mean of ratios); None where there is no whole."""
    return part / whole if whole else None


def change(now: float | None, before: float | None) -> float | None:
    """Return the relative change, -0.15 for 15 % less.

    None where a side has no rate, or the earlier one is zero: nothing can be a share of nothing.
    """
    if now is None or not before:
        return None
    return now / before - 1
