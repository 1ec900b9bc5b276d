"""What sorted bins say of all bins, and of what could have been eaten."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from uuid import UUID

from sqlmodel import Session

from cleanplate_shared.contracts.waste import FOOD_STREAMS, Stream
from cleanplate_shared.contracts.waste_sorting import (
    Basis,
    Food,
    FoodShare,
    Material,
    MaterialShare,
    RateEstimate,
    ShareEstimate,
    SortingEstimates,
    StreamEstimate,
)
from cleanplate_shared.identity import Identity, find_canteen
from cleanplate_shared.periods import Period
from cleanplate_shared.roles import READERS
from cleanplate_waste.actions.days import days_between, required_streams
from cleanplate_waste.actions.sorting.frame import Sorted, bins_of, plans_between, sorted_bins
from cleanplate_waste.domain import completeness, sorting
from cleanplate_waste.domain.sorting import BY_DEFINITION, FEWEST_BINS, Bin, Share, certain


@dataclass
class StreamSample:
    """The sorted bins of a stream, by food and by material, and how many had been drawn."""

    by_material: list[Bin] = field(default_factory=list)
    by_food: list[Bin] = field(default_factory=list)
    drawn: int = 0

    @property
    def response(self) -> float:
        """Return sorted bins divided by drawn bins."""
        return len(self.by_material) / self.drawn if self.drawn else 0.0

    def materials(self, stream: Stream) -> tuple[Basis, dict[Material, Share]]:
        """Return each material's share, and what it rests on; none with too few bins."""
        shares = {m: self._share(self.by_material, m) for m in Material}
        if known := {m: share for m, share in shares.items() if share is not None}:
            return Basis.SORTED, known
        if defined := BY_DEFINITION.get(stream.value):
            return Basis.DEFINITION, {m: certain(defined[name]) for m, name in _DEFINED.items()}
        return Basis.TOO_FEW, {}

    def foods(self) -> dict[Food, Share]:
        """Return each food's share; none with too few bins."""
        shares = {food: self._share(self.by_food, food) for food in Food}
        return {food: share for food, share in shares.items() if share is not None}

    def _share(self, bins: Sequence[Bin], part: str) -> Share | None:
        return sorting.estimate_share(bins, part, self.response)


_DEFINED = dict(zip(Material, sorting.MATERIALS, strict=True))


def estimate(
    session: Session, caller: Identity, canteen_id: UUID, period: Period
) -> SortingEstimates:
    """Return what the sorted bins of some days say of all bins of these days.

    Raises:
        NotFound, Forbidden: not a canteen whose figures the caller may read.
    """
    find_canteen(session, caller, READERS, canteen_id)
    samples = samples_between(session, canteen_id, period.first, period.last)
    required = required_streams(session, [canteen_id])[canteen_id]
    days = days_between(session, canteen_id, period.first, period.last)
    grams = _grams_of(days)
    whole = [day for day in days if completeness.day_total(day, required).is_complete]
    missing = [
        stream
        for stream in FOOD_STREAMS
        if grams[stream] and samples[stream].materials(stream)[0] is Basis.TOO_FEW
    ]
    return SortingEstimates(
        streams=[_told(stream, samples[stream], grams[stream]) for stream in FOOD_STREAMS],
        edible_grams_per_diner_meal=None if missing else _edible_rate(whole, required, samples),
        missing=missing,
    )


def samples_between(
    session: Session, canteen_id: UUID, first: date, last: date
) -> Mapping[Stream, StreamSample]:
    """Return the sorted bins of some days by stream; every food stream is there."""
    plans = plans_between(session, canteen_id, first, last)
    drawn = [one for one in bins_of(session, plans, first, last) if one.is_drawn]
    found = sorted_bins(session, [one.key for one in drawn])
    samples: dict[Stream, StreamSample] = {stream: StreamSample() for stream in FOOD_STREAMS}
    for one in drawn:
        sample = samples[Stream(one.stream)]
        sample.drawn += 1
        if one.key in found:
            by_material, by_food = _parts(found[one.key])
            sample.by_material.append(Bin(one.one_in, by_material))
            sample.by_food.append(Bin(one.one_in, by_food))
    return samples


def _parts(found: Sorted) -> tuple[dict[str, int], dict[str, int]]:
    by_material: dict[str, int] = {
        Material.EDIBLE: sum(edible for edible, _ in found.foods.values()),
        Material.INEDIBLE: sum(inedible for _, inedible in found.foods.values()),
        Material.NONFOOD: found.nonfood_grams,
    }
    by_food: dict[str, int] = {food: sum(grams) for food, grams in found.foods.items()}
    return by_material, by_food | {Material.NONFOOD: found.nonfood_grams}


def _grams_of(days: Sequence[completeness.Day]) -> Mapping[str, int]:
    grams: defaultdict[str, int] = defaultdict(int)
    for day in days:
        for weighed in day.weighed:
            grams[weighed.stream] += weighed.net_grams
    return grams


def _edible_rate(
    days: Sequence[completeness.Day],
    required: Sequence[Stream],
    samples: Mapping[Stream, StreamSample],
) -> RateEstimate | None:
    served = sum(completeness.day_total(day, required).served or 0 for day in days)
    if not served:
        return None
    grams = _grams_of(days)
    rate = sorting.weighted_sum(
        (grams[stream] / served, samples[stream].materials(stream)[1][Material.EDIBLE])
        for stream in FOOD_STREAMS
        if grams[stream]
    )
    return RateEstimate(
        value=rate.value, standard_error=rate.standard_error, low=rate.low, high=rate.high
    )


def _told(stream: Stream, sample: StreamSample, net_grams: int) -> StreamEstimate:
    basis, materials = sample.materials(stream)
    done = len(sample.by_material)
    return StreamEstimate(
        stream=stream,
        net_grams=net_grams,
        basis=basis,
        drawn=sample.drawn,
        sorted=done,
        missing_bins=max(FEWEST_BINS - done, 0) if basis is Basis.TOO_FEW else 0,
        materials=[
            MaterialShare(material=one, share=_share(share)) for one, share in materials.items()
        ],
        foods=[FoodShare(food=one, share=_share(share)) for one, share in sample.foods().items()],
    )


def _share(share: Share) -> ShareEstimate:
    return ShareEstimate(
        value=share.value, standard_error=share.standard_error, low=share.low, high=share.high
    )
