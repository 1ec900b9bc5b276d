"""AutoETS of statsforecast, one model per series."""

import time
import warnings

import numpy as np
import pandas as pd

from bench.peers.boosted import REFIT, Answer


def auto_ets(rows: pd.DataFrame, horizon: int, origins: int) -> Answer:
    """Forecast the last `origins` open days of each series, all open on the same days."""
    from statsforecast import StatsForecast  # noqa: PLC0415  takes seconds to import
    from statsforecast.models import AutoETS  # noqa: PLC0415

    began = time.process_time()
    week = int(rows["date"].dt.dayofweek.nunique())
    table = pd.DataFrame({
        "unique_id": rows["canteen"] + "|" + rows["meal"],
        "ds": rows.groupby(["canteen", "meal"]).cumcount(),
        "y": rows["served"].astype(float),
    })  # fmt: skip
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        made = StatsForecast(models=[AutoETS(season_length=week)], freq=1, n_jobs=1)
        found = made.cross_validation(
            h=horizon, df=table, step_size=1, n_windows=origins, refit=REFIT, level=[80]
        )
    found = found[found["ds"] - found["cutoff"] == horizon]
    joined = table.merge(found, on=["unique_id", "ds"], how="left")
    names = ["AutoETS-lo-80", "AutoETS", "AutoETS-hi-80"]
    values = np.maximum(joined[names].to_numpy(dtype=np.float64), 0.0)
    return Answer(values, time.process_time() - began)
