"""What a device must know to trust this installation."""

from dataclasses import dataclass

from cryptography import x509

from cleanplate_gateway.tls.addresses import in_url


@dataclass(frozen=True)
class Trust:
    """An authority, and under which addresses its server answers.

    Attributes:
        hosts: names and addresses in the network, the best first.
        port: of HTTPS.
        plain_port: of the page that helps a device trust the authority.
    """

    authority: x509.Certificate
    hosts: list[str]
    port: int
    plain_port: int

    @property
    def addresses(self) -> list[str]:
        """Return where Cleanplate answers, the best first."""
        return [f"https://{in_url(host)}:{self.port}/" for host in self.hosts]

    @property
    def page(self) -> str | None:
        """Return where a device that trusts nothing yet finds the page, if it can."""
        return f"http://{in_url(self.hosts[0])}:{self.plain_port}/trust" if self.hosts else None
