"""`cleanplate demo`: a believable year, then everything that `up` runs."""

import asyncio
from typing import Annotated

import typer
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from cleanplate_gateway.cli import nearby
from cleanplate_gateway.cli.options import Data, Host, Port, TrustPort
from cleanplate_gateway.cli.output import refuse, remark, remarks, say
from cleanplate_gateway.cli.serving import Listen, check_port, own_tls, run_suite
from cleanplate_gateway.cli.texts import LOCALE, _
from cleanplate_gateway.demo import loading, marker, town, year
from cleanplate_gateway.demo.marker import Marker
from cleanplate_gateway.demo.truth import CAMPAIGN
from cleanplate_gateway.installation import Installation
from cleanplate_shared.clock import now
from cleanplate_shared.i18n import Message

_FOLDER = "demo"


def demo(
    port: Port = 8000,
    host: Host = "127.0.0.1",
    data: Data = None,
    trust_port: TrustPort = None,
    seed: Annotated[int, typer.Option(min=0, help=_("Another number, another year."))] = 1,
) -> None:
    """Show Cleanplate on a year of synthetic data; nothing to set up."""
    installation = Installation.at(data)
    if data is None:
        installation = Installation.at(installation.data / _FOLDER)
    if installation.elsewhere:
        refuse(
            _(
                "The demo keeps to its own files; unset {names}.",
                names=", ".join(installation.elsewhere),
            )
        )
    if marker.read(installation.data) is None and not installation.is_empty:
        refuse(
            _(
                "{folder} holds real data; the demo is never mixed with it.",
                folder=installation.data,
            )
        )
    listen = Listen(host, port, tls=own_tls(installation), trust_port=trust_port)
    check_port(host, port)  # not after a minute of making data
    with installation.held():
        made = asyncio.run(_load(installation, seed))
        _welcome(installation, made, listen)
        run_suite(installation, listen, demo=True)


async def _load(installation: Installation, seed: int) -> Marker:
    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=remarks, transient=True) as bar:
        task = bar.add_task(_("Making the demo's year (once)"), total=None)

        def progress(done: int, total: int, what: Message) -> None:
            bar.update(task, completed=done, total=total, description=what.in_(LOCALE))

        today = now().astimezone(year.ZONE).date()
        return await loading.load(installation, today, seed, progress)


def _welcome(installation: Installation, made: Marker, listen: Listen) -> None:
    say(_("Cleanplate demo. All data are synthetic: invented people, invented numbers."))
    say(
        _(
            "{first} to {today}, {canteens} canteens, {units} units, about {diners} diners; "
            "a clean-plate campaign begins on {campaign} at {canteen}.",
            first=made.first_day,
            today=made.today,
            canteens=len(town.CANTEENS),
            units=sum(len(plan.units) for plan in town.CANTEENS),
            diners=sum(sum(plan.units.values()) for plan in town.CANTEENS),
            campaign=CAMPAIGN.first(made.first_day),
            canteen=CAMPAIGN.canteen,
        )
    )
    say(_("Open      {url}", url=listen.url))
    nearby.tell(listen.host, listen.port, listen.trust)
    if nearby.is_open(listen.host):
        remark(_("Warning: the network can reach the demo, and everybody knows its passwords."))
    say(_("Sign in   {names}", names=", ".join(town.SIGN_INS)))
    say(_("Password  {password}  (all five)", password=loading.PASSWORD))
    say(_("Data      {folder}  (wipe: stop, then delete this folder)", folder=installation.data))
