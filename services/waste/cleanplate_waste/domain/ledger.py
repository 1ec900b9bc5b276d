"""Where every kilogram went: one account per kind of waste."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from cleanplate_shared.contracts.waste_manifests import Destination, WasteKind
from cleanplate_shared.contracts.waste_treatment import DestinationTotal, KindBalance


@dataclass(frozen=True)
class Treated:
    """What machines took in and gave out over some days, grams.

    Attributes:
        taken: put into lots.
        given: taken out of lots, by destination.
        vanished: in - out of the lots that were closed: vapour and water.
    """

    taken: int = 0
    given: Iterable[tuple[Destination, int]] = ()
    vanished: int = 0


@dataclass(frozen=True)
class Stock:
    """What was there, weighed and not gone, before and after some days, grams."""

    before: int
    after: int


def balance(
    kind: WasteKind,
    weighed: int,
    stock: Stock,
    hauled: Iterable[tuple[Destination, int]],
    treated: Treated,
) -> KindBalance:
    """Return the account of a kind over some days.

    Args:
        kind: of waste.
        weighed: grams weighed on these days.
        stock: what was there before and after them.
        hauled: taken away by haulers, by destination.
        treated: what the machines of the canteen did.

    Returns:
        The account; it adds up to the gram, and `gap_grams` is what makes it do so.
    """
    by_destination: defaultdict[Destination | None, int] = defaultdict(int)
    given = list(treated.given)
    for destination, grams in (*hauled, *given):
        by_destination[destination] += grams
    if treated.vanished:
        by_destination[None] = treated.vanished
    in_treatment = treated.taken - sum(grams for _, grams in given) - treated.vanished
    gone = sum(by_destination.values())
    return KindBalance(
        kind=kind,
        here_before_grams=stock.before,
        weighed_grams=weighed,
        destinations=[
            DestinationTotal(destination=one, grams=by_destination[one])
            for one in (*Destination, None)
            if one in by_destination
        ],
        in_treatment_grams=in_treatment,
        here_after_grams=stock.after,
        gap_grams=stock.before + weighed - gone - in_treatment - stock.after,
    )
