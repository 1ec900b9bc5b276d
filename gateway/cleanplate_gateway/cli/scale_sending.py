"""`cleanplate scale send` and `scale mqtt`: weights that reach the ledger, each once."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from cleanplate_gateway.cli import scale
from cleanplate_gateway.cli.output import remark, say
from cleanplate_gateway.cli.scale_options import (
    Authority,
    Canteen,
    Store,
    Url,
    account,
    canteen_id,
    described,
    opened,
    tell,
)
from cleanplate_gateway.cli.texts import LOCALE, _
from cleanplate_gateway.scales.findings import Outcome
from cleanplate_gateway.scales.mqtt import layout as layouts
from cleanplate_gateway.scales.mqtt.broker import Broker, Subscription
from cleanplate_gateway.scales.mqtt.collecting import Told, collect, this_moment
from cleanplate_gateway.scales.mqtt.intake import Intake
from cleanplate_gateway.scales.outbox import Outbox, Target
from cleanplate_gateway.scales.port import listen
from cleanplate_gateway.scales.sending import Account, Sending
from cleanplate_gateway.scales.trays import Trays, TrayTare, least_grams
from cleanplate_shared.clock import now
from cleanplate_shared.contracts.waste import Stream
from cleanplate_shared.contracts.waste_trays import MOST_TRAY_GRAMS
from cleanplate_shared.i18n import Message, msg

_GRAMS_IN_KILOGRAM = 1000
_FILE = Path("scale.sqlite3")
_BROKER_SAID = {
    Outcome.CONNECTED: msg("Connected to the broker {host}; waiting for weights."),
    Outcome.ABSENT: msg("The broker {host} does not answer; waiting for it."),
    Outcome.IN_USE: msg("The broker {host} refused the sign-in; trying again."),
    Outcome.UNREADABLE: msg("A message was not as {name} says; such messages are left out."),
    Outcome.OVERLOAD: msg("{device}: overload, take something off the scale."),
    Outcome.NEGATIVE: msg("{device}: below zero, empty the scale and set it to zero."),
}
As = Annotated[Stream, typer.Option(help=_("The stream that is weighed."))]
Tare = Annotated[
    int, typer.Option(min=0, max=1_000_000, help=_("What the container weighs, in grams."))
]


@dataclass(frozen=True)
class _Goal:
    """Where weights go: the file first, then the server."""

    outbox: Outbox
    sender: Account
    file: Path

    def sending(self) -> Sending:
        return Sending(self.file, self.sender, tell)


def send(  # noqa: PLR0913
    *,
    port: Annotated[str, typer.Option(help=_("The serial port, such as /dev/ttyUSB0 or COM3."))],
    protocol: Annotated[
        str, typer.Option(help=_("How the scale speaks: a name, or a file of one's own (TOML)."))
    ],
    url: Url,
    canteen: Canteen,
    stream: As,
    device: Annotated[
        str, typer.Option(help=_("The scale's name in the ledger, such as scale-1."))
    ],
    tare: Tare = 0,
    store: Store = _FILE,
    authority: Authority = None,
    line: scale.Line = None,
    division: scale.Division = None,
) -> None:
    """Keep each stable weight in a file, and send it from there; a crash loses and doubles none."""
    spoken = scale.adjusted(scale.protocol_of(protocol), line, division)
    goal = _Goal(opened(store), account(url, authority), store)
    target = Target(canteen_id(goal.outbox, goal.sender, canteen), stream, tare)
    with scale.refusing(port, spoken) as given, goal.sending() as sending:
        for finding in listen(port, spoken):
            if finding.outcome is Outcome.WEIGHED and finding.grams is not None:
                with goal.outbox.transaction():
                    goal.outbox.add_weighing(device, target, finding.grams, now())
                sending.wake()
            scale.tell(finding, given)


def trays(  # noqa: PLR0913
    *,
    port: Annotated[str, typer.Option(help=_("The serial port, such as /dev/ttyUSB0 or COM3."))],
    protocol: Annotated[
        str, typer.Option(help=_("How the scale speaks: a name, or a file of one's own (TOML)."))
    ],
    url: Url,
    canteen: Canteen,
    device: Annotated[
        str, typer.Option(help=_("The scale's name in the ledger, such as scale-1."))
    ],
    tray: Annotated[
        int | None,
        typer.Option(min=1, max=5000, help=_("What an empty tray weighs in grams; else learned.")),
    ] = None,
    store: Store = _FILE,
    authority: Authority = None,
    line: scale.Line = None,
    division: scale.Division = None,
) -> None:
    """Keep the rest on each tray in a file, and send it from there; nobody is named."""
    spoken = scale.adjusted(scale.protocol_of(protocol), line, division)
    goal = _Goal(opened(store), account(url, authority), store)
    where = canteen_id(goal.outbox, goal.sender, canteen)
    tare = TrayTare(spoken.division_grams, tray)
    passing = Trays(spoken.division_grams, least_grams(tray))
    with scale.refusing(port, spoken) as given, goal.sending() as sending:
        for finding in listen(port, spoken, passing):
            if finding.grams is None:
                scale.tell(finding, given)
                continue
            for rest in tare.rests(finding.grams):
                with goal.outbox.transaction():
                    goal.outbox.add_tray(device, where, min(rest, MOST_TRAY_GRAMS), now())
                say(f"{rest} g")
            sending.wake()


def mqtt(  # noqa: PLR0913
    *,
    broker: Annotated[str, typer.Option(help=_("The broker, as in 192.168.1.5 or name:1883."))],
    layout: Annotated[
        str, typer.Option(help=_("What messages look like: a name, or a file (TOML)."))
    ],
    url: Url,
    canteen: Canteen,
    stream: As,
    tare: Tare = 0,
    store: Store = _FILE,
    authority: Authority = None,
    broker_authority: Annotated[
        Path | None,
        typer.Option("--broker-ca", help=_("Speak TLS with the broker, and trust this authority.")),
    ] = None,
    client: Annotated[
        str, typer.Option(help=_("Under this name the broker keeps messages while we are away."))
    ] = "cleanplate",
) -> None:
    """Acknowledge each message when it is on disk; doubled and disordered ones are put right."""
    shape = described(layout, layouts.known(), layouts.parse, layouts.WORDS)
    goal = _Goal(opened(store), account(url, authority), store)
    target = Target(canteen_id(goal.outbox, goal.sender, canteen), stream, tare)
    there = _broker(broker, client, broker_authority)
    intake = Intake(goal.outbox, shape, target, this_moment())
    given = {"host": there.host, "name": shape.name}
    try:
        with goal.sending() as sending, Subscription(there, shape.topic) as subscription:
            for told in collect(subscription, shape, intake):
                if told.finding.grams is not None:
                    sending.wake()
                _tell(told, given)
    except KeyboardInterrupt:
        return


def _broker(address: str, client: str, authority: Path | None) -> Broker:
    host, _colon, port = address.rpartition(":") if address.count(":") == 1 else (address, "", "")
    usual = 8883 if authority else 1883
    names = (os.environ.get("MQTT_USER"), os.environ.get("MQTT_PASSWORD"))
    return Broker(host, int(port) if port.isdecimal() else usual, client, *names, authority)


def _tell(told: Told, given: dict[str, str]) -> None:
    finding, device = told.finding, told.device or ""
    if finding.grams is None:
        words = _BROKER_SAID[finding.outcome]
        remark(Message(words.text, {**given, "device": device}).in_(LOCALE))
    else:
        say(f"{device}  {finding.grams / _GRAMS_IN_KILOGRAM:.3f} kg")
