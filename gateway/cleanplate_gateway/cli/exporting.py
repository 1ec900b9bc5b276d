"""`cleanplate export`: a canteen's data for others, as files."""

import asyncio
from datetime import datetime
from pathlib import Path
from typing import Annotated

import httpx
import typer

from cleanplate_gateway.cli.importing import problem_lines
from cleanplate_gateway.cli.options import Data, with_data
from cleanplate_gateway.cli.output import refuse, remark
from cleanplate_gateway.cli.reporting import find_named
from cleanplate_gateway.cli.texts import LOCALE, _
from cleanplate_gateway.cli.verbs import Verbs
from cleanplate_gateway.installation import Installation

export = typer.Typer(cls=Verbs, help=_("Data for others, as files."), no_args_is_help=True)
_DAY = ["%Y-%m-%d"]


@export.callback()
def _of_what() -> None:
    """Keep `inventory` a command of its own while it is the only one."""


@export.command(help=_("Write the food loss and waste inventory of a canteen as CSV."))
def inventory(
    canteen: Annotated[str, typer.Option(help=_("Name of the canteen."))],
    first: Annotated[datetime, typer.Option("--from", formats=_DAY, help=_("First day."))],
    last: Annotated[
        datetime, typer.Option("--to", formats=_DAY, help=_("Last day; at most 400 days in all."))
    ],
    out: Annotated[Path, typer.Option(help=_("File to write."))],
    data: Data = None,
) -> None:
    """Write what was weighed, by day, stream, material and destination."""
    installation = with_data(Installation.at(data))
    days = {"date_from": str(first.date()), "date_to": str(last.date())}
    answer = asyncio.run(_inventory(installation, canteen, days))
    if answer.is_error:
        refuse(problem_lines(answer))
    out.write_bytes(answer.content)
    remark(_("Written: {file}", file=out))


async def _inventory(
    installation: Installation, canteen: str, days: dict[str, str]
) -> httpx.Response:
    async with installation.opened(LOCALE) as opened:
        which = await find_named(opened, "canteens", canteen)
        return await opened.get("/api/v1/waste/inventory/export", canteen_id=which, **days)
