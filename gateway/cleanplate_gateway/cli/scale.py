"""`cleanplate scale`: what a scale on a serial port weighs, and which scales are understood."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Annotated, Any

import typer
from pydantic import ValidationError

from cleanplate_gateway.cli.options import Json
from cleanplate_gateway.cli.output import refuse, remark, say, say_json, say_table
from cleanplate_gateway.cli.scale_options import described, problems
from cleanplate_gateway.cli.texts import LOCALE, _
from cleanplate_gateway.cli.verbs import Verbs
from cleanplate_gateway.scales.findings import Finding, Outcome
from cleanplate_gateway.scales.port import NoSuchLine, NotAllowed, listen
from cleanplate_gateway.scales.protocols import WORDS, Protocol, known, parse
from cleanplate_shared.i18n import Message, msg

_GRAMS_IN_KILOGRAM = 1000
_SAID = {
    Outcome.CONNECTED: msg("Connected to {port}; waiting for weights."),
    Outcome.ABSENT: msg("{port} is not there. Plug the scale in; waiting for it."),
    Outcome.IN_USE: msg("Another program uses {port}. Close it; waiting for it."),
    Outcome.SILENT: msg("Nothing comes from the scale. Is it on, and set to {baud} {bits}?"),
    Outcome.UNREADABLE: msg(
        "The scale sends, but not as {name} says. Is it set so, and to {baud} {bits}?"
    ),
    Outcome.OVERLOAD: msg("Overload: take something off the scale."),
    Outcome.NEGATIVE: msg("Below zero: empty the scale and set it to zero."),
}
_NOT_ALLOWED = msg(
    "No permission for {port}. On Linux, add the user to the group that owns it"
    " (often dialout) and sign in again."
)
_NO_SUCH_LINE = msg("{port} is no serial port, or it does not take {baud} {bits}.")
scale = typer.Typer(cls=Verbs, help=_("Scales on a serial port."), no_args_is_help=True)


Line = Annotated[
    str | None,
    typer.Option(
        metavar='"9600 8N1"', help=_("What the scale is set to, if not to what is usual.")
    ),
]
Division = Annotated[
    int | None, typer.Option(help=_("The scale's division in grams; smaller moves are noise."))
]


@scale.command(help=_("Print each stable weight once, until Ctrl+C."))
def read(
    port: Annotated[str, typer.Option(help=_("The serial port, such as /dev/ttyUSB0 or COM3."))],
    protocol: Annotated[
        str, typer.Option(help=_("How the scale speaks: a name, or a file of one's own (TOML)."))
    ],
    line: Line = None,
    division: Division = None,
    as_json: Annotated[
        bool, typer.Option("--json", help=_("Print one JSON object per line."))
    ] = False,
) -> None:
    """Print the stable weights of a scale; whatever keeps them away is told on stderr."""
    spoken = adjusted(protocol_of(protocol), line, division)
    with refusing(port, spoken) as given:
        for finding in listen(port, spoken):
            if as_json:
                _tell_json(finding)
            else:
                tell(finding, given)


@contextmanager
def refusing(port: str, spoken: Protocol) -> Iterator[dict[str, Any]]:
    """End quietly at Ctrl+C, and with words where waiting for a port would not help."""
    given = {"port": port, "name": spoken.name, "baud": spoken.baud, "bits": spoken.bits}
    try:
        yield given
    except KeyboardInterrupt:
        return
    except NotAllowed:
        refuse(Message(_NOT_ALLOWED.text, given).in_(LOCALE))
    except NoSuchLine:
        refuse(Message(_NO_SUCH_LINE.text, given).in_(LOCALE))


@scale.command(help=_("List the protocols, or print one, to write one's own after it."))
def protocols(
    name: Annotated[str | None, typer.Argument(help=_("Which one to print."))] = None,
    as_json: Json = False,
) -> None:
    """List the protocols that come with Cleanplate."""
    if name is not None:
        say(_text(name).rstrip())
        return
    listed = [parse(text) for text in known().values()]
    if as_json:
        fields = {"name", "scales", "baud", "bits", "request"}
        say_json({"protocols": [one.model_dump(include=fields) for one in listed]})
        return
    say_table(
        (_("protocol"), _("line"), _("sends"), _("scales")),
        [
            (
                one.name,
                f"{one.baud} {one.bits}",
                _("when asked") if one.request else _("by itself"),
                one.scales,
            )
            for one in listed
        ],
    )


def protocol_of(name_or_file: str) -> Protocol:
    """Return the protocol of a name or a file; refuse what cannot be used."""
    return described(name_or_file, known(), parse, WORDS)


def _text(name: str) -> str:
    if name not in known():
        names = ", ".join(known())
        refuse(_("{name} is neither a file nor one of: {names}.", name=name, names=names))
    return known()[name]


def adjusted(protocol: Protocol, line: str | None, division: int | None) -> Protocol:
    """Return a protocol with what a scale was set to; refuse what no scale is."""
    changes: dict[str, Any] = {} if division is None else {"division_grams": division}
    if line is not None:
        speed, _space, changes["bits"] = line.partition(" ")
        changes["baud"] = int(speed) if speed.isdecimal() else speed
    try:
        return Protocol.model_validate(protocol.model_dump() | changes)
    except ValidationError as error:
        refuse(problems(error, _("these options"), WORDS))


def tell(finding: Finding, given: dict[str, Any]) -> None:
    """Say what happened at a scale: weights on stdout, everything else on stderr."""
    if finding.grams is None:
        remark(Message(_SAID[finding.outcome].text, given).in_(LOCALE))
    else:
        say(f"{finding.grams / _GRAMS_IN_KILOGRAM:.3f} kg")


def _tell_json(finding: Finding) -> None:
    told: dict[str, Any] = {"at": datetime.now(UTC).isoformat(timespec="milliseconds")}
    told |= {"outcome": finding.outcome.value, "grams": finding.grams}
    say(json.dumps(told))
