"""What became of a meal's food: each gram that was cooked was taken, thrown away, or is missing.

Pure rules; docs/decisions/0025-kilograms-that-can-be-trusted.md, domain.md 1.5 indicators 4 and 5.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from cleanplate_waste.domain.completeness import Day

TOLERANCE = 0.05  # of what was cooked: what trays judged by the eye and two scales may differ by
STREAMS = {
    "spoilage": ("spoilage",),
    "prep": ("prep_unavoidable", "prep_avoidable"),
    "unserved": ("unserved",),
    "plate": ("plate",),
}


@dataclass(frozen=True)
class Cooked:
    """What the kitchen told of a meal's dishes: of how many of them, and what they sum up to."""

    menu_dishes: int = 0
    told_dishes: int = 0
    prepared_grams: int | None = None
    left_grams: int | None = None

    @property
    def is_whole(self) -> bool:
        """Say whether no dish of the menu is missing."""
        return 0 < self.menu_dishes <= self.told_dishes


@dataclass(frozen=True)
class Term:
    """A mass, and where it comes from; without grams: why it is not known."""

    grams: int | None
    source: str


@dataclass(frozen=True)
class Gap:
    """What is missing of what was cooked, in grams and as its share."""

    grams: int
    share: float
    closes: bool


_NOT_KNOWN = Term(None, "not_known")


def terms_of(day: Day, meal: str, cooked: Cooked) -> dict[str, Term]:
    """Return a meal's masses from the store to the plate; what is issued nobody tells yet."""
    weighed = {name: _weighed(day, meal, streams) for name, streams in STREAMS.items()}
    produced, left = _told(cooked, cooked.prepared_grams), _told(cooked, cooked.left_grams)
    taken = _less(produced, left)
    return {
        "issued": _NOT_KNOWN,
        "spoilage": weighed["spoilage"],
        "prep": weighed["prep"],
        "produced": produced,
        "left": left,
        "unserved": weighed["unserved"],
        "taken": taken,
        "plate": weighed["plate"],
        "eaten": _less(taken, weighed["plate"]),
    }


def gap_of(terms: dict[str, Term]) -> Gap | None:
    """Return produced - taken - unserved, and whether that is little; None if one is not known.

    Trimmings and spoilage left the food before it was cooked, so they are in no gap.
    """
    produced, taken, unserved = (terms[one].grams for one in ("produced", "taken", "unserved"))
    if not produced or taken is None or unserved is None:
        return None
    gap = produced - taken - unserved
    eaten = terms["eaten"].grams
    is_little = abs(gap) <= TOLERANCE * produced and (eaten is None or eaten >= 0)
    return Gap(gap, gap / produced, is_little)


def _told(cooked: Cooked, grams: int | None) -> Term:
    if grams is None or not cooked.told_dishes:
        return _NOT_KNOWN
    return Term(grams, "told") if cooked.is_whole else Term(None, "partly")


def _less(whole: Term, part: Term) -> Term:
    if whole.grams is None or part.grams is None:
        return _NOT_KNOWN
    return Term(whole.grams - part.grams, "computed")


def _weighed(day: Day, meal: str, streams: Sequence[str]) -> Term:
    """Return what was weighed of some streams at a meal, if each of them was and only there."""
    known = [one for one in day.weighed if one.stream in streams and not one.is_pending]
    if any(one.meal is None for one in known):
        return Term(None, "of_day")
    own = [one for one in known if one.meal == meal]
    if {one.stream for one in own} == set(streams):
        return Term(sum(one.net_grams for one in own), "weighed")
    return Term(None, "partly") if own else _NOT_KNOWN
