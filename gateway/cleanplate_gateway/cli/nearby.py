"""The way in for phones and tablets nearby: the address in the network, and a code to scan."""

import io
import sys

import segno

from cleanplate_gateway.cli.output import say
from cleanplate_gateway.cli.texts import _
from cleanplate_gateway.tls.addresses import in_url, lan_addresses
from cleanplate_gateway.tls.trust import Trust

_LOOPBACK = ("127.", "localhost", "::1")
_EVERYWHERE = {"0.0.0.0", "::"}  # noqa: S104


def is_open(host: str) -> bool:
    """Say whether others in the network can reach this address."""
    return not host.startswith(_LOOPBACK)


def url(host: str, port: int) -> str | None:
    """Return where others find us; None if this machine is in no network."""
    name = next(iter(lan_addresses()), None) if host in _EVERYWHERE else host
    return None if name is None else f"http://{in_url(name)}:{port}/"


def tell(host: str, port: int, trust: Trust | None = None) -> None:
    """Say how phones and tablets get in; with a code to scan, if a person reads this."""
    if not is_open(host):
        say(_("Network   for phones and tablets nearby, start with --host 0.0.0.0"))
        return
    address = url(host, port) if trust is None else trust.page
    if address is None:
        say(_("Network   this machine has no address in a network"))
        return
    if trust:
        say(_("Network   {url}", url=trust.addresses[0]))
        say(_("Trust     {url}  (first, once on each device)", url=address))
    else:
        say(_("Network   {url}", url=address))
    if sys.stdout.isatty():
        say(code(address))


def code(address: str) -> str:
    """Return a code to scan, drawn with blocks."""
    drawn = io.StringIO()
    segno.make(address, micro=False).terminal(drawn, compact=True)
    return drawn.getvalue()
