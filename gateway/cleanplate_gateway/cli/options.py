"""Options that several commands share."""

from pathlib import Path
from typing import Annotated

import typer

from cleanplate_gateway.cli.output import refuse
from cleanplate_gateway.cli.texts import _
from cleanplate_gateway.installation import Installation

Data = Annotated[
    Path | None,
    typer.Option(
        envvar="CLEANPLATE_DATA",
        help=_("Folder of the data."),
        show_default="./data",
        metavar="DIR",
    ),
]
Json = Annotated[bool, typer.Option("--json", help=_("Print the result as JSON."))]
Port = Annotated[int, typer.Option(min=0, max=65535, help=_("Port to listen on."))]
Host = Annotated[str, typer.Option(help=_("Address to listen on; 0.0.0.0 for the whole network."))]
TrustPort = Annotated[
    int | None,
    typer.Option(
        min=1,
        max=65535,
        help=_("With HTTPS: plain port for the page that helps devices trust it; else the next."),
    ),
]
TrustedProxy = Annotated[
    str | None,
    typer.Option(help=_("Address or network of the proxy in front, whose headers are believed.")),
]


def with_data(installation: Installation) -> Installation:
    """Return an installation; refuse, with what to do, where there is none yet."""
    if installation.is_empty:
        refuse(
            _(
                "There is no data in {folder}: name its folder with --data, or begin with"
                " `cleanplate up`.",
                folder=installation.data,
            )
        )
    return installation
