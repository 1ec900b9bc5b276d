"""`cleanplate report measure`: how much less was wasted, and how sure that is."""

from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from cleanplate_gateway.cli.options import Json
from cleanplate_gateway.cli.output import refuse, say, say_json, say_table
from cleanplate_gateway.cli.texts import LOCALE, _
from cleanplate_gateway.embedded import measure_file
from cleanplate_shared.contracts.report_measurement import ChangeVerdict, Measure, Measured
from cleanplate_shared.errors import ServiceError
from cleanplate_shared.labels import words_of
from cleanplate_shared.periods import Period


def measure(
    file: Annotated[Path, typer.Argument(help=_("CSV: date, canteen, served, waste_kg."))],
    before: Annotated[str, typer.Option(metavar="A..B", help=_("Days without the measure."))],
    after: Annotated[str, typer.Option(metavar="C..D", help=_("Days with the measure."))],
    as_json: Json = False,
) -> None:
    """Compare two periods of daily kilograms, adjusted for diners and days."""
    if not file.is_file():
        refuse(_("There is no file {file}.", file=file))
    found = _measured(file, _period("--before", before), _period("--after", after))
    if as_json:
        say_json(found)
        return
    say_table(
        (_("canteen"), _("g/diner"), _("change (95 %)"), _("avoided kg"),
         _("seen from"), _("says")),
        [_row(one.canteen, one) for one in found.canteens] + [_row(_("all"), found.overall)],
    )  # fmt: skip
    if (effect := found.overall.effect) is not None:
        change = _change(effect.change, effect.ci95)
        say(_("Effect, against canteens without the measure: {change}", change=change))


def _measured(file: Path, before: Period, after: Period) -> Measured:
    try:
        return measure_file(file, before, after, LOCALE)
    except ServiceError as error:
        said = [(error.detail or error.title).in_(LOCALE)]
        said += [f"  {found.field}: {found.message}" for found in error.errors or []]
        refuse("\n".join(said))


def _period(option: str, text: str) -> Period:
    first, _dots, last = text.partition("..")
    try:
        period = Period(date.fromisoformat(first), date.fromisoformat(last))
    except ValueError:
        refuse(_("{option}: write two days as 2026-01-01..2026-03-31.", option=option))
    if period.last < period.first:
        refuse(_("{option}: write the earlier day first.", option=option))
    return period


def _row(name: str, of: Measure) -> tuple[str, ...]:
    rates = ["–" if rate is None else f"{rate:.1f}" for rate in (of.rate_before, of.rate_after)]
    return (
        name,
        "→".join(rates),
        _change(of.adjusted_change, of.ci95),
        "" if of.avoided_kg is None else f"{of.avoided_kg:.0f}",
        _percent(of.smallest_detectable_change),
        _words(of.verdict),
    )


def _change(value: float | None, ci95: tuple[float, float] | None) -> str:
    if value is None or ci95 is None:
        return ""
    low, high = (100 * end for end in ci95)
    return f"{value:+.1%} ({low:+.1f}…{high:+.1f})"


def _percent(share: float | None) -> str:
    return "" if share is None else f"{share:.1%}"


def _words(verdict: ChangeVerdict) -> str:
    known = words_of(verdict)
    return known.in_(LOCALE) if known else verdict.value
