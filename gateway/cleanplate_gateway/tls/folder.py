"""Where an installation keeps its authority and its server certificate."""

import os
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path

from cryptography import x509

from cleanplate_gateway.tls.addresses import ITSELF, canonical, lan_addresses, lan_names
from cleanplate_gateway.tls.certificates import (
    hosts_of,
    is_signed_by,
    make_authority,
    make_server,
    read_pair,
)

_FOLDER = "tls"
_RENEW_BEFORE = timedelta(days=60)
_OWNER_ONLY, _EVERYBODY = 0o600, 0o644


class Made(StrEnum):
    """What `keep` did."""

    AUTHORITY = "authority"  # and a server certificate
    SERVER = "server"
    NOTHING = "nothing"


@dataclass(frozen=True)
class Tls:
    """The files of one installation's HTTPS."""

    folder: Path

    @classmethod
    def of(cls, data: Path) -> "Tls":
        """Return the files beside an installation's databases, there or not."""
        return cls(data / _FOLDER)

    @property
    def authority_file(self) -> Path:
        """Return the file that a device is to trust."""
        return self.folder / "ca.crt"

    @property
    def server_file(self) -> Path:
        """Return the file with the server's key and certificate; only its owner may read it."""
        return self.folder / "server.pem"

    @property
    def exists(self) -> bool:
        """Say whether there is an authority."""
        return self.authority_file.exists()

    def authority(self) -> x509.Certificate:
        """Return the authority's certificate."""
        return x509.load_pem_x509_certificate(self.authority_file.read_bytes())

    def server(self) -> x509.Certificate:
        """Return the server's certificate."""
        return x509.load_pem_x509_certificate(self.server_file.read_bytes())

    def keep(self, at: datetime, hosts: Sequence[str] = (), *, renew: bool = False) -> Made:
        """Make what is missing, and a new server certificate when it is time for one.

        It is time when the old one ends within 60 days, lacks a host, or belongs to another
        authority. An authority that is there is never replaced.

        Args:
            at: now.
            hosts: names and addresses beside this machine's own; they are remembered.
            renew: make a new server certificate in any case.

        Raises:
            OSError: a file cannot be read or written.
            ValueError: a file is not what was written; delete the folder to begin anew.
        """
        made = Made.NOTHING
        if not self.exists:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            authority = make_authority(f"Cleanplate {secrets.token_hex(2)}", at)
            self._write("ca.key", authority.key_pem, _OWNER_ONLY)
            self._write("ca.crt", authority.certificate_pem, _EVERYBODY)
            made = Made.AUTHORITY
        given = self._remembered(hosts)
        wanted = list(dict.fromkeys([*given, *lan_addresses(), *lan_names(), *ITSELF]))
        if renew or not self._is_good(wanted, at):
            self._make_server(wanted, at)
            made = Made.SERVER if made is Made.NOTHING else made
        return made

    def hosts(self) -> list[str]:
        """Return under which names and addresses others reach the server, the best first."""
        certified = hosts_of(self.server()) - set(ITSELF)
        named = [*self._remembered(()), *lan_addresses(), *lan_names()]
        return [host for host in dict.fromkeys(named) if host in certified]

    def _make_server(self, hosts: Sequence[str], at: datetime) -> None:
        authority = read_pair(self.authority_file, self.folder / "ca.key")
        made = make_server(authority, hosts, at)
        # One file with both: a reader never meets the key of another certificate.
        self._write("server.pem", made.key_pem + made.certificate_pem, _OWNER_ONLY)

    def _is_good(self, wanted: Sequence[str], at: datetime) -> bool:
        if not self.server_file.exists():
            return False
        certificate = self.server()
        return (
            certificate.not_valid_after_utc - at > _RENEW_BEFORE
            and set(wanted) <= hosts_of(certificate)
            and is_signed_by(certificate, self.authority())
        )

    def _remembered(self, more: Sequence[str]) -> list[str]:
        file = self.folder / "hosts.txt"
        known = file.read_text("ascii").split() if file.exists() else []
        hosts = list(dict.fromkeys([*map(canonical, more), *known]))
        if hosts != known:
            self._write("hosts.txt", "\n".join(hosts).encode("ascii"), _EVERYBODY)
        return hosts

    def _write(self, name: str, content: bytes, mode: int) -> None:
        """Put a file in its place whole, and never readable to more than `mode` says."""
        spare = self.folder / f".{name}.{secrets.token_hex(4)}"
        opened = os.open(spare, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
        with open(opened, "wb") as file:  # noqa: PTH123  a descriptor, not a path
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        spare.replace(self.folder / name)
