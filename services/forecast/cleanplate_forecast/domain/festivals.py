"""The Chinese calendar as numbers for the model: holidays and festivals, before and after."""

from collections.abc import Mapping
from datetime import date

import numpy as np

from cleanplate_forecast.domain.attendance import Floats, Ints
from cleanplate_shared.workdays import day_kind

_NEAR = 15  # days; beyond that a holiday is not felt
_SPRING = 40
_LONG_BREAK = 3  # days off in a row: more than a weekend
_SPRING_FESTIVAL = "春节"


def calendar_numbers(days: Ints, by_hand: Mapping[date, bool]) -> dict[str, Floats]:
    """Return what the calendar says of each day; all of it is known in advance.

    Args:
        days: ordinals, shape (n,).
        by_hand: days set by hand (day -> is a workday), which win.

    Returns columns of shape (n,): days to the next break of three days or more and since the last
    one, 15 at most; how long the next and the last days off are; days since the nearest Spring
    Festival, negative before it, 40 at most (the Lantern Festival is 14); whether the day is a
    make-up workday or a weekday off.
    """
    wanted, which = np.unique(days, return_inverse=True)
    margin = _SPRING + _NEAR
    every = np.arange(wanted[0] - margin, wanted[-1] + margin + 1)
    kinds = [day_kind(date.fromordinal(int(day)), by_hand) for day in every]
    off = np.array([not kind.is_workday for kind in kinds])
    springs = [
        int(day)
        for day, kind in zip(every, kinds, strict=True)
        if kind.holiday and _SPRING_FESTIVAL in kind.holiday
    ]
    last, coming = _breaks(off), _breaks(off[::-1])[:, ::-1]
    numbers = {
        "China since holiday": last[0],
        "China holiday before": last[1],
        "China to holiday": coming[0],
        "China holiday ahead": coming[1],
        "China Spring Festival": _from_nearest(every, springs),
        "China moved day": np.array([float(kind.is_make_up) for kind in kinds]),
    }
    at = wanted - every[0]
    return {name: values[at][which] for name, values in numbers.items()}


def _breaks(off: np.ndarray) -> Floats:
    """Return, going forward, days since the last long break, and how long the last one was."""
    since, length, run = np.full(len(off), float(_NEAR)), np.zeros(len(off)), 0
    for n, is_off in enumerate(off):
        run = run + 1 if is_off else 0
        before = since[n - 1] if n else float(_NEAR)
        since[n] = 0.0 if run >= _LONG_BREAK else min(before + 1, float(_NEAR))
        length[n] = float(run) if run else (length[n - 1] if n else 0.0)
    return np.stack([since, length])


def _from_nearest(every: Ints, festivals: list[int]) -> Floats:
    """Return the signed days since the nearest of some days, 40 at most."""
    if not festivals:
        return np.full(len(every), float(_SPRING))
    away = every[:, None] - np.array(festivals)
    nearest = np.take_along_axis(away, np.abs(away).argmin(axis=1)[:, None], axis=1)[:, 0]
    found: Floats = np.clip(nearest, -_SPRING, _SPRING).astype(np.float64)
    return found
