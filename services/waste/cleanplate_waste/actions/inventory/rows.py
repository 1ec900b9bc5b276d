"""The lines of an inventory: what was weighed, split by material and destination to the gram."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import func, select
from sqlmodel import Session

from cleanplate_shared.contracts.waste import Method, Stream
from cleanplate_shared.contracts.waste_inventory import (
    InventoryRow,
    LifecycleStage,
    MaterialType,
    Whither,
)
from cleanplate_shared.contracts.waste_sorting import Basis, Material
from cleanplate_shared.contracts.waste_tiers import DataTier
from cleanplate_shared.periods import Period
from cleanplate_shared.tables import KnownCanteenRow
from cleanplate_waste.actions.inventory.ways_out import ways_out
from cleanplate_waste.actions.sorting.estimates import StreamSample, samples_between
from cleanplate_waste.actions.standing import Standing, monday_of, standing_of
from cleanplate_waste.actions.sums import COUNTS
from cleanplate_waste.domain.inventory import split_grams
from cleanplate_waste.domain.reconciliation import Factor, estimate_factor
from cleanplate_waste.domain.sorting import Share
from cleanplate_waste.models import WEIGHINGS

_SAMPLED_DAYS = timedelta(days=91)
_NOT_KNOWN = {Whither.NOT_KNOWN: 1}
_STAGES = {
    Stream.SPOILAGE: LifecycleStage.STORAGE,
    Stream.PREP_UNAVOIDABLE: LifecycleStage.PREPARATION,
    Stream.PREP_AVOIDABLE: LifecycleStage.PREPARATION,
    Stream.UNSERVED: LifecycleStage.SERVING,
    Stream.PLATE: LifecycleStage.CONSUMPTION,
}
_TYPES = {
    Material.EDIBLE: MaterialType.FOOD,
    Material.INEDIBLE: MaterialType.INEDIBLE_PARTS,
    Material.NONFOOD: MaterialType.NONFOOD,
}
_OUTSIDE = {Stream.OIL: MaterialType.OIL, Stream.NONFOOD: MaterialType.NONFOOD}
_FLW = {MaterialType.FOOD, MaterialType.INEDIBLE_PARTS, MaterialType.NOT_SEPARATED}
_Parts = list[tuple[MaterialType, float, Share | None]]


@dataclass(frozen=True)
class Grounds:
    """What an inventory's splits and qualities rest on."""

    canteen: KnownCanteenRow
    period: Period
    standing: Standing
    tier: DataTier
    factor: Factor | None
    samples: Mapping[Stream, StreamSample]
    sampled_from: date
    ways: Mapping[date, Mapping[Whither, int]]


@dataclass(frozen=True)
class _Weighed:
    """What was weighed of a stream on a day in one way."""

    date: date
    stream: Stream
    method: Method
    grams: int


def grounds_of(
    session: Session, canteen: KnownCanteenRow, period: Period, now: datetime
) -> Grounds:
    """Return what an inventory of a period rests on.

    Shares by material are those of the bins sorted in the period, and at least of 92 days.
    """
    standing = standing_of(session, canteen, period.first, period.last, now)
    weeks = standing.weeks_in(period.first, period.last)
    sampled_from = min(period.first, period.last - _SAMPLED_DAYS)
    return Grounds(
        canteen=canteen,
        period=period,
        standing=standing,
        tier=standing.tier(period.first, period.last),
        factor=estimate_factor(weeks, standing.loss_share),
        samples=samples_between(session, canteen.id, sampled_from, period.last),
        sampled_from=sampled_from,
        ways=ways_out(session, canteen.id, period.first, period.last),
    )


def inventory_rows(session: Session, grounds: Grounds) -> Iterator[InventoryRow]:
    """Yield the lines of an inventory by day and stream; zeros have no line."""
    for weighed in _weighed(session, grounds):
        yield from _lines(grounds, weighed)


def _weighed(session: Session, grounds: Grounds) -> Iterator[_Weighed]:
    weighing = WEIGHINGS.c
    cut = (weighing.date, weighing.stream, weighing.method)
    sums = select(*cut, func.sum(weighing.net_grams)).where(
        weighing.canteen_id == grounds.canteen.id,
        weighing.date.between(grounds.period.first, grounds.period.last),
        weighing.net_grams > 0,
        COUNTS,
    )
    for day, stream, method, grams in session.connection().execute(
        sums.group_by(*cut).order_by(*cut)
    ):
        yield _Weighed(day, Stream(stream), Method(method), int(grams))


def _lines(grounds: Grounds, weighed: _Weighed) -> Iterator[InventoryRow]:
    basis, parts = _materials(grounds, weighed.stream)
    ways = _NOT_KNOWN
    if weighed.stream in _STAGES:
        ways = dict(grounds.ways.get(monday_of(weighed.date)) or _NOT_KNOWN)
    places = [(material, share, way) for material, _, share in parts for way in ways]
    weights = [weight * ways[way] for _, weight, _ in parts for way in ways]
    for place, grams in zip(places, split_grams(weighed.grams, weights), strict=True):
        if grams:
            yield _row(grounds, weighed, (*place, basis), grams)


def _materials(grounds: Grounds, stream: Stream) -> tuple[Basis | None, _Parts]:
    if stream in _OUTSIDE:
        return None, [(_OUTSIDE[stream], 1.0, None)]
    basis, shares = grounds.samples[stream].materials(stream)
    if not shares:
        return basis, [(MaterialType.NOT_SEPARATED, 1.0, None)]
    return basis, [(_TYPES[one], share.value, share) for one, share in shares.items()]


def _row(
    grounds: Grounds,
    weighed: _Weighed,
    part: tuple[MaterialType, Share | None, Whither, Basis | None],
    grams: int,
) -> InventoryRow:
    material, share, way, basis = part
    is_food = weighed.stream in _STAGES
    is_sampled = basis is Basis.SORTED
    sample = grounds.samples.get(weighed.stream)
    factor = grounds.factor
    return InventoryRow(
        date=weighed.date,
        canteen=grounds.canteen.name,
        geography=grounds.canteen.time_zone,
        food_category="all food and drink of a canteen",
        lifecycle_stage=_STAGES.get(weighed.stream),
        stream=weighed.stream,
        material_type=material,
        destination=way,
        grams=grams,
        in_kitchen_waste_total=is_food,
        in_flw_total=is_food and material in _FLW and way is not Whither.ANIMAL_FEED,
        method=weighed.method,
        share_basis=basis,
        share=share.value if share else None,
        share_standard_error=share.standard_error if share else None,
        bins_sorted=len(sample.by_material) if sample and is_sampled else 0,
        sampled_from=grounds.sampled_from if is_sampled else None,
        sampled_to=grounds.period.last if is_sampled else None,
        day_complete=grounds.standing.is_complete.get(weighed.date, False),
        tier=grounds.tier.tier,
        rho=grounds.tier.rho,
        factor=factor.value if factor else None,
        factor_low=factor.low if factor else None,
        factor_high=factor.high if factor else None,
        weeks_compared=factor.weeks if factor else 0,
        base_period="none",
        assurance="hauler weights" if factor else "none",
    )
