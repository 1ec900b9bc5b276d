"""Runs the benchmarks: a Markdown table on stdout, bench/results/<name>.json for machines."""

import json
import os
import platform
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NotRequired, TypedDict

from bench import forecast, measurement, menus, quantities, registration, scale, weighing
from cleanplate_gateway.cli import logs

RESULTS = Path(__file__).parent / "results"


class Result(TypedDict):
    """Ratios are ours divided by the reference, measured in the same run."""

    ratios: dict[str, float]
    figures: dict[str, float]
    plans: NotRequired[dict[str, str]]


BENCHMARKS: dict[str, Callable[[], Result]] = {
    "registration": registration.measure,
    "menus": menus.measure,
    "weighing": weighing.measure,
    "quantities": quantities.measure,
    "measurement": measurement.measure,
    "forecast_scale": scale.measure,
    "forecast": forecast.measure,  # last: it needs files beside the project
}


def main(names: list[str]) -> None:
    """Run the benchmarks named, or all."""
    if unknown := set(names) - set(BENCHMARKS):
        sys.exit(f"no such benchmark: {', '.join(unknown)}; there are: {', '.join(BENCHMARKS)}")
    logs.quiet()  # stdout is for the table
    machine = {
        "python": platform.python_version(),
        "system": platform.platform(),
        "cores": os.cpu_count(),
    }
    RESULTS.mkdir(exist_ok=True)
    for name in names or list(BENCHMARKS):
        result = BENCHMARKS[name]()
        text = json.dumps({**result, "machine": machine}, indent=2)
        (RESULTS / f"{name}.json").write_text(text + "\n", encoding="utf-8")
        rows = [*result["ratios"].items(), *result["figures"].items()]
        lines = [
            f"| {name} | |",
            "|---|---:|",
            *(f"| {what} | {value:.4g} |" for what, value in rows),
        ]
        plans = [f"{what}\n```\n{plan}\n```" for what, plan in result.get("plans", {}).items()]
        sys.stdout.write("\n".join(lines + plans) + "\n\n")


if __name__ == "__main__":
    main([name for name in sys.argv[1:] if name])
