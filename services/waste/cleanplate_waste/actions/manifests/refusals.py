"""Why a manifest cannot go on."""

from cleanplate_shared.errors import Conflict, NotFound, Unprocessable
from cleanplate_shared.i18n import msg


class HaulerNotLicensed(Conflict, title=msg("The hauler has no valid licence for this day")):
    """The licence is unknown, expired or not valid yet; with a reason it is kept as an incident."""


class MoreThanWeighed(Conflict, title=msg("More would leave than was weighed")):
    """The containers hold more than was weighed since the last collection; give a reason."""


class NotTheWeight(Conflict, title=msg("This is not the weight of the containers")):
    """What is signed for is not what the manifest says."""


class AlreadySigned(Conflict, title=msg("This was confirmed already, with other content")):
    """A confirmation stays as it was given."""


class ManifestMoved(Conflict, title=msg("The manifest is not in this state any more")):
    """Somebody else was quicker, or it is too early."""


class ReasonMissing(Unprocessable, title=msg("A reason is needed")):
    """Another weight than the kitchen's ends a manifest only with a reason."""


class LinkGone(NotFound, title=msg("This code does not work any more")):
    """The driver's code is unknown, replaced or too old."""
