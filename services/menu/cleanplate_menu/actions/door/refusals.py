"""Why somebody is not checked in, and why a check-in stays."""

from cleanplate_shared.errors import Conflict, NotFound, Unprocessable
from cleanplate_shared.i18n import msg


class UnknownCode(NotFound, title=msg("Nobody has this pickup code")):
    """No registration has this code."""


class OtherMeal(Conflict, title=msg("This code is for another meal")):
    """The code belongs to another meal of this canteen."""


class OtherCanteen(Conflict, title=msg("This code is for another canteen")):
    """The code belongs to a meal of another canteen."""


class RegistrationCancelled(Conflict, title=msg("This registration was cancelled")):
    """The code belongs to a registration that was cancelled."""


class IdentitiesForgotten(Conflict, title=msg("This meal is too long ago")):
    """The meal's check-ins were turned into totals."""


class CodeOrPerson(Unprocessable, title=msg("Send one of code, person and number")):
    """An item names a diner twice."""


class AmbiguousNumber(Conflict, title=msg("This number is that of several people")):
    """One has it as their staff number, another as their card, or both as their number."""


class UndoTooLate(Conflict, title=msg("It is too late to take this back")):
    """A check-in can be taken back for ten minutes only."""


class RosterClosed(Conflict, title=msg("The list of this meal is not open")):
    """Names are shown from the evening before until the end of the meal's day."""
