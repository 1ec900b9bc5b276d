"""`cleanplate report` and `cleanplate forecast`: figures for people who read files."""

import asyncio
import json
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.progress import Progress

from cleanplate_gateway.cli.importing import problem_lines
from cleanplate_gateway.cli.options import Data, Json, with_data
from cleanplate_gateway.cli.output import refuse, remark, remarks, say, say_json, say_table
from cleanplate_gateway.cli.texts import LOCALE, _
from cleanplate_gateway.cli.verbs import Verbs
from cleanplate_gateway.embedded import BacktestResult, backtest
from cleanplate_gateway.installation import Installation, Opened
from cleanplate_shared.errors import ServiceError

_OK = 200
report = typer.Typer(cls=Verbs, help=_("Evaluation reports."), no_args_is_help=True)
forecast = typer.Typer(cls=Verbs, help=_("Forecasts."), no_args_is_help=True)


class Format(StrEnum):
    """How a report is written."""

    JSON = "json"
    DOCX = "docx"
    PDF = "pdf"
    XLSX = "xlsx"


@report.command(help=_("Write the month of one canteen or organisation."))
def monthly(
    month: Annotated[str, typer.Option(metavar="YYYY-MM", help=_("Which month."))],
    canteen: Annotated[str | None, typer.Option(help=_("Name of the canteen."))] = None,
    organization: Annotated[str | None, typer.Option(help=_("Name of the organisation."))] = None,
    file_format: Annotated[Format, typer.Option("--format", help=_("Kind of file."))] = Format.JSON,
    out: Annotated[Path | None, typer.Option(help=_("File to write; stdout if none."))] = None,
    data: Data = None,
) -> None:
    """Write the evaluation report of a month."""
    if (canteen is None) == (organization is None):
        refuse(_("Name either --canteen or --organization."))
    if file_format is not Format.JSON:
        refuse(_("{format}: this version writes json; documents come later.", format=file_format))
    installation = with_data(Installation.at(data))
    text = asyncio.run(_monthly(installation, canteen, organization, month))
    if out is None:
        say(text)
        return
    out.write_text(text + "\n", encoding="utf-8")
    remark(_("Written: {file}", file=out))


async def _monthly(
    installation: Installation, canteen: str | None, organization: str | None, month: str
) -> str:
    async with installation.opened(LOCALE) as opened:
        kind = "canteen" if canteen else "organization"
        which = await find_named(opened, f"{kind}s", canteen or organization or "")
        query = {f"{kind}_id": which, "month": month, "format": "json"}
        answer = await opened.get("/api/v1/report/monthly", **query)
    if answer.status_code != _OK:
        refuse(problem_lines(answer))
    return json.dumps(answer.json(), ensure_ascii=False, indent=2)


async def find_named(opened: Opened, kind: str, name: str) -> str:
    """Return the id of the canteen or organisation of a name; refuse if there is not one.

    Args:
        opened: an installation.
        kind: canteens or organizations.
        name: as it is listed.
    """
    answer = await opened.get(f"/api/v1/directory/{kind}")
    answer.raise_for_status()
    items: list[dict[str, Any]] = answer.json()["items"]
    found = [str(item["id"]) for item in items if item["name"] == name]
    if len(found) != 1:
        names = ", ".join(sorted(item["name"] for item in items))
        refuse(_("{name}: not one of: {names}.", name=name, names=names))
    return found[0]


@forecast.command(
    "backtest", help=_("Forecast the past of a file, each day from what was known then.")
)
def backtest_file(
    file: Annotated[Path, typer.Argument(help=_("CSV: date, canteen, meal, served, registered."))],
    horizon: Annotated[int, typer.Option(min=1, help=_("Open days known ahead."))] = 1,
    origins: Annotated[int, typer.Option(min=1, help=_("How many last open dates."))] = 60,
    predictions: Annotated[Path | None, typer.Option(help=_("Write every forecast here."))] = None,
    as_json: Json = False,
) -> None:
    """Compare our forecast with two simple rules on a real canteen's file."""
    if not file.is_file():
        refuse(_("There is no file {file}.", file=file))
    result = _backtest(file, horizon, origins)
    if predictions is not None:
        result.write_predictions(predictions)
    if as_json:
        say_json(result)
        return
    say_table(
        (_("forecast"), "MAE", "WAPE", "RMSLE", "pinball", _("in 80 %"), _("width")),
        [
            (row.name, *(_number(figure) for figure in (row.mae, row.wape, row.rmsle)),
             *(_number(figure) for figure in (row.pinball, row.coverage80, row.width80)))
            for row in result.table()
        ],
    )  # fmt: skip
    say(_("{rows} forecasts in {seconds} s", rows=result.rows, seconds=round(result.seconds, 1)))


def _backtest(file: Path, horizon: int, origins: int) -> BacktestResult:
    with Progress(console=remarks, transient=True) as bar:
        task = bar.add_task(_("forecasting"), total=None)

        def progress(done: int, total: int) -> None:
            bar.update(task, completed=done, total=total)

        try:
            return backtest(file, horizon, origins, progress, LOCALE)
        except ServiceError as error:
            said = [(error.detail or error.title).in_(LOCALE)]
            said += [f"  {found.field}: {found.message}" for found in error.errors or []]
            refuse("\n".join(said))


def _number(figure: float | None) -> str:
    return "" if figure is None else f"{figure:.3f}"
