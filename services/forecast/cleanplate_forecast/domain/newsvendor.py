"""How much to make when too little and too much both cost something."""

import numpy as np

from cleanplate_forecast.domain.diners import Floats


def critical_level(shortage: float, surplus: float) -> float:
    """Return the chance with which the best quantity suffices: shortage / (shortage + surplus).

    Args:
        shortage: cost of one portion too few; at least 0.
        surplus: cost of one portion too many; at least 0, not both 0.

    Raises:
        ValueError: a negative cost, or both 0.

    Source: Arrow, Harris and Marschak, Optimal inventory policy, Econometrica 19 (1951).
    """
    if shortage < 0 or surplus < 0 or shortage + surplus == 0:
        raise ValueError("costs are not negative, and not both 0")
    return shortage / (shortage + surplus)


def best_quantity(demand: Floats, level: float) -> float:
    """Return the quantity that suffices with the chance `level`, from draws of the demand.

    Args:
        demand: draws, shape (n,), n >= 1; not negative.
        level: 0 to 1.
    """
    return float(np.quantile(demand, level, method="inverted_cdf"))


def cost(made: Floats | float, demand: Floats, shortage: float, surplus: float) -> Floats:
    """Return what `made` cost where `demand` was asked for."""
    return shortage * np.maximum(demand - made, 0.0) + surplus * np.maximum(made - demand, 0.0)
