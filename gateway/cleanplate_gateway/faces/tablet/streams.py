"""What the weighing screen offers: streams, and the reasons that fit them."""

from cleanplate_shared.contracts.waste import Reason, Stream
from cleanplate_shared.i18n import Message, msg

HINTS: dict[Stream, Message] = {
    Stream.SPOILAGE: msg("store, fridge"),
    Stream.PREP_UNAVOIDABLE: msg("nobody could eat it"),
    Stream.PREP_AVOIDABLE: msg("could have been eaten"),
    Stream.UNSERVED: msg("pots and counters"),
    Stream.PLATE: msg("what guests left"),
    Stream.OIL: msg("not in the totals"),
    Stream.NONFOOD: msg("tissues, packing"),
}
REASONS: dict[Reason, Message] = {
    Reason.OVERPRODUCTION: msg("Too much was made"),
    Reason.LATE_CANCELLATION: msg("Cancelled late"),
    Reason.TASTE: msg("Not to their taste"),
    Reason.QUALITY: msg("Poor quality"),
    Reason.EXPIRED: msg("Past its date"),
    Reason.NORMAL_LOSS: msg("Normal loss"),
}
# A cook knows why something spoiled or was not served; not why a guest left it on the plate.
FITTING: dict[Reason, tuple[Stream, ...]] = {
    Reason.OVERPRODUCTION: (Stream.UNSERVED,),
    Reason.LATE_CANCELLATION: (Stream.UNSERVED,),
    Reason.TASTE: (Stream.UNSERVED,),
    Reason.QUALITY: (Stream.SPOILAGE, Stream.PREP_AVOIDABLE, Stream.UNSERVED),
    Reason.EXPIRED: (Stream.SPOILAGE,),
    Reason.NORMAL_LOSS: (Stream.SPOILAGE, Stream.PREP_AVOIDABLE),
}
