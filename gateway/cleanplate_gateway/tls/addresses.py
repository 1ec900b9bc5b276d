"""The names and addresses under which others in the network reach this machine."""

import ipaddress
import re
import socket

# Of the addresses set aside for examples: choosing the way there sends nothing.
_FAR_AWAY = ((socket.AF_INET, "192.0.2.1"), (socket.AF_INET6, "2001:db8::1"))
_NAME = re.compile(r"(?!-)[A-Za-z0-9-]{1,63}(?<!-)(\.(?!-)[A-Za-z0-9-]{1,63}(?<!-))*")
_LONGEST_NAME = 253
ITSELF = ("localhost", "127.0.0.1", "::1")


def lan_addresses() -> list[str]:
    """Return this machine's addresses in its networks, the one towards the outside first."""
    found = [address for family, far in _FAR_AWAY if (address := _towards(family, far))]
    try:
        listed = socket.getaddrinfo(socket.gethostname(), None)
    except OSError:
        listed = []
    found += [str(one[4][0]) for one in listed]
    return [address for address in dict.fromkeys(found) if _is_for_others(address)]


def lan_names() -> list[str]:
    """Return this machine's own name, bare and as it is announced in the local network."""
    name = socket.gethostname().split(".", maxsplit=1)[0].lower()
    return [name, f"{name}.local"] if is_host(name) and name not in ITSELF else []


def is_host(text: str) -> bool:
    """Say whether a text is a name of ASCII letters or an address."""
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return len(text) <= _LONGEST_NAME and _NAME.fullmatch(text) is not None
    return "%" not in text


def canonical(host: str) -> str:
    """Return a host in the one way to write it that certificates know."""
    try:
        return str(ipaddress.ip_address(host))
    except ValueError:
        return host.lower()


def in_url(host: str) -> str:
    """Return a host as it stands in an address."""
    return f"[{host}]" if ":" in host else host


def _towards(family: socket.AddressFamily, far: str) -> str | None:
    with socket.socket(family, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect((far, 9))
        except OSError:
            return None
        return str(probe.getsockname()[0])


def _is_for_others(text: str) -> bool:
    if "%" in text:
        return False
    address = ipaddress.ip_address(text)
    return not (address.is_loopback or address.is_link_local or address.is_unspecified)
