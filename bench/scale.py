"""What training and forecasts cost for 30, 300 and 3,000 canteens of two meals with menus."""

import multiprocessing
import resource
import time
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cleanplate_forecast.domain.columns import EARLY_HOURS, Columns
from cleanplate_forecast.domain.model import predict, train
from cleanplate_forecast.domain.pace import Seen
from cleanplate_forecast.domain.spread import RECIPE

SIZES = (30, 300, 3_000)
_MEALS, _DAYS = 2, 500  # two years of workdays
_FIRST = 738_521  # a Monday
_DISHES, _MENUS = 80, 20


def measure() -> Any:  # noqa: ANN401
    """Return CPU seconds, and peak memory, each size in a process of its own."""
    found: dict[str, float] = {}
    last, ratios = 0.0, {}
    context = multiprocessing.get_context("spawn")
    for size in SIZES:
        with context.Pool(1) as pool:
            trained, asked, mebibytes = pool.apply(_one, (size,))
        found[f"{size} canteens: training, CPU s"] = trained
        found[f"{size} canteens: one day, CPU s"] = asked
        found[f"{size} canteens: CPU ms per series"] = (trained + asked) / size / _MEALS * 1e3
        found[f"{size} canteens: peak memory, MiB"] = mebibytes
        if last:
            ratios[f"CPU per series of {size} against a tenth"] = (trained + asked) / size / last
        last = (trained + asked) / size
    return {"ratios": ratios, "figures": found}


def _one(canteens: int) -> tuple[float, float, float]:
    columns = _columns(canteens)
    last = int(columns.days.max())
    began = time.process_time()
    model = train(columns, last - 1, RECIPE, _silently)
    trained = time.process_time()
    rows = np.flatnonzero(columns.days == last)
    predict(model, columns, rows, Seen.final(columns, rows), last - 1)
    asked = time.process_time()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return trained - began, asked - trained, peak


def _columns(canteens: int) -> Columns:
    random = np.random.default_rng(1)
    series = canteens * _MEALS
    weekday = np.arange(_DAYS) % 5
    size = np.exp(random.normal(5.0, 0.7, (series, 1)))
    pattern = 1.0 + random.normal(0.0, 0.1, (series, 5))
    registered = random.poisson(size * pattern[:, weekday])
    served = random.binomial(registered, 0.9)
    return Columns(
        names=tuple(str(n) for n in range(series)),
        series=np.repeat(np.arange(series), _DAYS),
        meals=np.repeat(np.arange(series) % _MEALS, _DAYS),
        days=np.tile(_FIRST + np.arange(_DAYS) // 5 * 7 + weekday, series),
        kinds=np.tile(weekday, series),
        served=served.ravel().astype(np.float64),
        registered=registered.ravel().astype(np.float64),
        early={
            hours: random.binomial(registered.ravel(), 1.0 / hours**0.3).astype(np.float64)
            for hours in EARLY_HOURS
        },
        texts={"menu": _menus(random, series)},
    )


def _menus(random: np.random.Generator, series: int) -> NDArray[np.object_]:
    """Return four dishes of eighty for each day: each series goes through twenty menus of its own.

    As when they are read from the database, the same menu is the same object.
    """
    dishes = random.integers(0, _DISHES, (series, _MENUS, 4)).tolist()
    own = np.array(
        [[" ".join(f"dish-{n * 7919:x}" for n in menu) for menu in each] for each in dishes],
        dtype=np.object_,
    )
    return own[:, np.arange(_DAYS) % _MENUS].ravel()


def _silently(_done: int, _all: int) -> None:
    return None
