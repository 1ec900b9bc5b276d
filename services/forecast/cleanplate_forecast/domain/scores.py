"""How good forecasts were."""

from dataclasses import dataclass

import numpy as np

from cleanplate_forecast.domain.attendance import LEVELS, Floats


@dataclass(frozen=True)
class Scores:
    """Measures over all rows; `mae`, `wape` and `rmsle` are of the 0.5 quantile.

    Attributes:
        mae: mean absolute error, in diners.
        wape: sum of absolute errors over the sum of diners; None if nobody ate.
        rmsle: root mean squared error of log(1 + diners).
        pinball: mean pinball loss at 0.1, 0.5 and 0.9, in diners.
        coverage80: share of rows within [q10, q90].
        width80: mean of q90 - q10, in diners.
    """

    mae: float
    wape: float | None
    rmsle: float
    pinball: tuple[float, float, float]
    coverage80: float
    width80: float


def score(served: Floats, quantiles: Floats) -> Scores:
    """Return the scores of `quantiles`, shape (n, 3), against who came.

    Raises:
        ValueError: there is no row.
    """
    if not len(served):
        raise ValueError("no row to score")
    low, middle, high = quantiles.T
    error = np.abs(served - middle)
    logs = np.log1p(served) - np.log1p(middle)
    total = float(served.sum())
    low_loss, middle_loss, high_loss = (
        float(np.maximum(level * (served - q), (level - 1.0) * (served - q)).mean())
        for level, q in zip(LEVELS, quantiles.T, strict=True)
    )
    return Scores(
        mae=float(error.mean()),
        wape=float(error.sum()) / total if total else None,
        rmsle=float(np.sqrt((logs**2).mean())),
        pinball=(low_loss, middle_loss, high_loss),
        coverage80=float(((served >= low) & (served <= high)).mean()),
        width80=float((high - low).mean()),
    )
