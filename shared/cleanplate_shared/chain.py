"""What a device hashes of each weighing, so that a changed or missing one is seen.

The pages compute the same bytes (`JSON.stringify` of the same array).
docs/decisions/0022-numbered-and-chained.md
"""

import hashlib
import json
from datetime import UTC, datetime, timedelta

from cleanplate_shared.contracts.waste import WeighingItem

START = "0" * 64
_VERSION = "cleanplate.weighing.1"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)


def hash_of(item: WeighingItem) -> str:
    """Return the hash that a weighing must bear: SHA-256 in hexadecimal, of UTF-8.

    The array holds, in this order: the version; the previous hash; device and number; id, canteen
    and meal session; stream; gross and tare in grams; the instant in whole milliseconds since 1970
    (UTC); reason, container and method; quantity, unit and grams per unit of what was entered; dish
    and food; the photo's digest; the record that it corrects, and whether it withdraws that. What
    is not there is null. Ids are lower-case, texts without blanks at their ends.
    """
    entered = item.entered
    said = [
        _VERSION,
        item.previous_hash,
        item.device_id,
        item.sequence,
        str(item.id),
        str(item.canteen_id),
        str(item.meal_session_id) if item.meal_session_id else None,
        item.stream.value,
        item.gross_grams,
        item.tare_grams,
        milliseconds(item.weighed_at),
        item.reason.value if item.reason else None,
        item.container,
        item.method.value,
        entered.quantity if entered else None,
        entered.unit.value if entered else None,
        entered.grams_per_unit if entered else None,
        str(item.dish_id) if item.dish_id else None,
        item.food,
        item.photo_sha256,
        str(item.corrects) if item.corrects else None,
        item.withdraws,
    ]
    text = json.dumps(said, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def milliseconds(at: datetime) -> int:
    """Return the whole milliseconds between 1970 and an instant."""
    return (at - _EPOCH) // _MILLISECOND
