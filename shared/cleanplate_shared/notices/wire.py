"""One request to a host outside, that cannot be led astray nor kept waiting.

It goes to no address of the own network that is not allowed, follows nobody elsewhere, and ends
after seconds and kilobytes whatever comes back.
"""

import ipaddress
import json
import socket
import ssl
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import httpcore
import httpx

from cleanplate_shared.i18n import Message, msg

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Networks = Sequence[ipaddress.IPv4Network | ipaddress.IPv6Network]
WAIT_SECONDS = 5.0  # for one step: to connect, to write, to read
_TOTAL_SECONDS = 10.0
_ANSWER_BYTES = 64 << 10
_OK = 200
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")


class NotTakenError(Exception):
    """A notice did not arrive.

    Attributes:
        reason: why, without anything that came from outside or is secret.
    """

    def __init__(self, reason: Message) -> None:
        super().__init__(str(reason))
        self.reason = reason


@dataclass(frozen=True)
class Answer:
    """What came back: the HTTP status, and at most 64 kB."""

    status: int
    body: bytes


def post(url: str, headers: Mapping[str, str], content: bytes, networks: Networks) -> Answer:
    """Send one POST.

    Args:
        url: http or https.
        headers: without Host and Content-Length.
        content: the body.
        networks: what may be reached beside the public Internet.

    Raises:
        NotTakenError: no answer, or none that can be read.
    """
    steps = dict.fromkeys(("connect", "read", "write", "pool"), WAIT_SECONDS)
    try:
        with httpcore.ConnectionPool(_tls(), network_backend=_Backend(networks)) as pool:
            answer = pool.request(
                "POST",
                url,
                headers=list(headers.items()),
                content=content,
                extensions={"timeout": steps},
            )
    except httpcore.TimeoutException:
        raise NotTakenError(msg("It does not answer in time.")) from None
    except (httpcore.NetworkError, httpcore.ProtocolError, httpcore.UnsupportedProtocol):
        reason = msg("It cannot be reached, or what it answers cannot be read.")
        raise NotTakenError(reason) from None
    except UnicodeError:
        raise NotTakenError(msg("The address has characters that cannot be sent.")) from None
    return Answer(answer.status, answer.content)


def accepted(answer: Answer, field: str, value: int | str) -> None:
    """Make sure that an answer says yes: these services answer 200 also when they refuse.

    Raises:
        NotTakenError: it says no, or is not the answer of such a service.
    """
    if answer.status != _OK:
        raise NotTakenError(msg("It answers with HTTP status {status}.", status=answer.status))
    try:
        body = json.loads(answer.body)
    except (ValueError, RecursionError):
        body = None
    said = body.get(field) if isinstance(body, dict) else None
    if said == value:
        return
    if isinstance(said, int) and -(1 << 31) < said < 1 << 31:
        raise NotTakenError(msg("It refuses, with code {code}.", code=said))
    raise NotTakenError(msg("What it answers is not the answer of such a channel."))


def allowed(host: str, port: int, networks: Networks) -> list[tuple[str, int]]:
    """Return the addresses of a host that may be reached, best first; ask for them once only.

    Raises:
        NotTakenError: there is no such host, or it is inside a network that is not allowed.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise NotTakenError(msg("There is no host of that name.")) from None
    reached = [(str(at[0]), int(at[1])) for *_, at in found]
    kept = [at for at in reached if _may_be_reached(at[0], networks)]
    if not kept:
        raise NotTakenError(
            msg(
                "Its host is in an internal network; the installation must allow that "
                "(NOTICE_NETWORKS)."
            )
        )
    return kept


def _may_be_reached(text: str, networks: Networks) -> bool:
    address = _inner(ipaddress.ip_address(text))
    if any(address in network for network in networks):
        return True
    return address.is_global and not address.is_multicast


def _inner(address: Address) -> Address:
    """Return the IPv4 address that an IPv6 address stands for."""
    if isinstance(address, ipaddress.IPv4Address):
        return address
    if address in _NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour or address


@cache
def _tls() -> ssl.SSLContext:
    return httpx.create_ssl_context()


class _Backend(httpcore.NetworkBackend):
    """Connects to what `allowed` says, for one request."""

    def __init__(self, networks: Networks) -> None:
        self._networks = networks
        self._sockets = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        ends = time.monotonic() + _TOTAL_SECONDS
        failed: httpcore.ConnectError | None = None
        for address, its_port in allowed(host, port, self._networks):
            try:
                stream = self._sockets.connect_tcp(
                    address, its_port, timeout, local_address, socket_options
                )
            except httpcore.ConnectError as error:
                failed = error
            else:
                return _Stream(stream, ends)
        raise failed or httpcore.ConnectError


class _Stream(httpcore.NetworkStream):
    """A connection that ends in time, and after as many bytes as an answer may have."""

    def __init__(self, stream: httpcore.NetworkStream, ends: float) -> None:
        self._stream = stream
        self._ends = ends
        self._left = _ANSWER_BYTES

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        remaining = self._ends - time.monotonic()
        if remaining <= 0:
            raise httpcore.ReadTimeout
        data = self._stream.read(max_bytes, min(timeout or WAIT_SECONDS, remaining))
        self._left -= len(data)
        if self._left < 0:
            raise httpcore.ReadError
        return data

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, timeout)

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.NetworkStream:
        return _Stream(self._stream.start_tls(ssl_context, server_hostname, timeout), self._ends)

    def get_extra_info(self, info: str) -> Any:  # noqa: ANN401
        return self._stream.get_extra_info(info)
