"""The way in for phones and tablets nearby: the address in the network, and a code to scan."""

import io
import socket
import sys

import segno

from cleanplate_gateway.cli.output import say
from cleanplate_gateway.cli.texts import _

_LOOPBACK = ("127.", "localhost", "::1")
_EVERYWHERE = {"0.0.0.0", "::"}  # noqa: S104
# Of the addresses set aside for examples: choosing the way there sends nothing.
_FAR_AWAY = ("192.0.2.1", 9)


def is_open(host: str) -> bool:
    """Say whether others in the network can reach this address."""
    return not host.startswith(_LOOPBACK)


def url(host: str, port: int) -> str | None:
    """Return where others find us; None if this machine is in no network."""
    name = _own_address() if host in _EVERYWHERE else host
    if name is None:
        return None
    return f"http://[{name}]:{port}/" if ":" in name else f"http://{name}:{port}/"


def tell(host: str, port: int) -> None:
    """Say how phones and tablets get in; with a code to scan, if a person reads this."""
    if not is_open(host):
        say(_("Network   for phones and tablets nearby, start with --host 0.0.0.0"))
        return
    address = url(host, port)
    if address is None:
        say(_("Network   this machine has no address in a network"))
        return
    say(_("Network   {url}", url=address))
    if sys.stdout.isatty():
        say(code(address))


def code(address: str) -> str:
    """Return a code to scan, drawn with blocks."""
    drawn = io.StringIO()
    segno.make(address, micro=False).terminal(drawn, compact=True)
    return drawn.getvalue()


def _own_address() -> str | None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(_FAR_AWAY)
        except OSError:
            return None
        return str(probe.getsockname()[0])
