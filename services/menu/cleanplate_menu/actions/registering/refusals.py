"""Why a seat is not taken, freed, changed or given."""

from datetime import datetime

from cleanplate_shared.errors import Conflict, Unprocessable
from cleanplate_shared.i18n import msg


class SessionFull(Conflict, title=msg("The meal is full")):
    """All seats are taken."""


class CutoffPassed(Conflict, title=msg("Registration is closed")):
    """The cut-off has passed."""


class CutoffAhead(Conflict, title=msg("The meal can still be cancelled")):
    """Only after the cut-off is a meal given away."""


class AlreadyRegistered(Conflict, title=msg("Already registered for this meal")):
    """The person has a standing registration for this meal."""


class AlreadyServed(Conflict, title=msg("Already checked in")):
    """The registration was used for a meal."""


class AlreadyWaiting(Conflict, title=msg("Already waiting for this meal")):
    """The person has a place in line."""


class SeatsFree(Conflict, title=msg("There are free seats")):
    """Nobody needs to wait."""


class MealClosed(Conflict, title=msg("The canteen does not hold this meal")):
    """The canteen called the meal off."""


class MealOver(Conflict, title=msg("The meal is over")):
    """Nothing can be given or taken any more."""


class NotStanding(Conflict, title=msg("This registration does not stand any more")):
    """It was cancelled or given away."""


class UnknownChoice(Unprocessable, title=msg("Not one of this meal's sets")):
    """The meal does not offer that choice."""


def too_late(cutoff_at: datetime, at: datetime) -> CutoffPassed:
    """Return the refusal after the cut-off, with how long ago it was."""
    minutes = int((at - cutoff_at).total_seconds() // 60)
    return CutoffPassed(
        msg("Registration closed {minutes} {minutes:minute|minutes} ago.", minutes=minutes)
    )


def already_registered() -> AlreadyRegistered:
    """Return the refusal of a second seat."""
    return AlreadyRegistered(msg("Change or cancel the registration that is there."))
