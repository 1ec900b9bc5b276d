"""Our forecast against the two simple rules, on the real canteens' file beside the project."""

import sys
from pathlib import Path
from typing import Any

from cleanplate_gateway.embedded import backtest

FILE = Path(__file__).parents[2] / "shared" / "data" / "school_canteens_nantes.csv"


def measure() -> Any:  # noqa: ANN401
    """Return errors of ours divided by those of each rule: below 1 is better."""
    if not FILE.exists():
        sys.exit(f"{FILE.name} is not beside the project; see the data's README.")
    result = backtest(FILE, 1, 60, lambda _done, _total: None, "en")
    ratios: dict[str, float] = {}
    for name, rule in result.baselines.items():
        ratios[f"mae against {name}"] = result.mae / rule.mae
        ours, theirs = sum(result.pinball.values()), sum(rule.pinball.values())
        ratios[f"pinball against {name}"] = ours / theirs
    kept = ("mae", "rmsle", "coverage80", "width80", "rows", "seconds")
    return {"ratios": ratios, "figures": {name: getattr(result, name) for name in kept}}
