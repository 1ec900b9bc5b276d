"""Who came to a meal."""

from dataclasses import dataclass


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
