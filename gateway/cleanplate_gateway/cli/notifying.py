"""`cleanplate notify test`: does a channel take notices, before anybody relies on it?"""

import sys
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Annotated

import typer

from cleanplate_gateway.cli.options import Json
from cleanplate_gateway.cli.output import fail, refuse, say, say_json
from cleanplate_gateway.cli.texts import LOCALE, _
from cleanplate_shared.errors import ServiceError
from cleanplate_shared.notices import Channel, ChannelRefused, NotDelivered, Notice, Notifier
from cleanplate_shared.settings import ServiceSettings

notify = typer.Typer(help=_("Notices to group bots, e-mail and push services."))


@notify.callback()
def _group() -> None:
    """Keep `test` a verb of its own."""


@notify.command("test", help=_("Send one test notice to a channel."))
def send_test(
    url: Annotated[
        str,
        typer.Argument(
            metavar="URL",
            help=_("The channel's address, or its webhook; - reads it from standard input."),
        ),
    ],
    network: Annotated[
        list[str] | None,
        typer.Option(help=_("An internal network that may be reached, such as 10.1.0.0/16.")),
    ] = None,
    as_json: Json = False,
) -> None:
    """Send one test notice; the address itself is never printed."""
    as_set = ServiceSettings(_env_prefix="MENU_").notice_networks
    reachable = as_set + [_network(text) for text in network or ()]
    notice = Notice(_("Cleanplate: test notice"), _("If you can read this, the channel works."))
    try:
        channel = Channel.of(sys.stdin.readline() if url == "-" else url)
    except ChannelRefused as error:
        refuse(_said(error))
    try:
        Notifier("", reachable).send(channel, notice)
    except NotDelivered as error:
        fail(f"{channel.masked}: {_said(error)}")
    if as_json:
        say_json({"channel": channel.masked, "delivered": True})
    else:
        say(_("{channel} took the test notice.", channel=channel.masked))


def _network(text: str) -> IPv4Network | IPv6Network:
    try:
        return ip_network(text)
    except ValueError:
        refuse(_("{text} is not a network such as 10.1.0.0/16.", text=text))


def _said(error: ServiceError) -> str:
    said = error.title.in_(LOCALE)
    return f"{said}: {error.detail.in_(LOCALE)}" if error.detail else said
