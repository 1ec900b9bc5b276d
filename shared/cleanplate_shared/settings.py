"""What every service can be told from its environment."""

from ipaddress import IPv4Network, IPv6Network

from pydantic_settings import BaseSettings


class ServiceSettings(BaseSettings):
    """Base of a service's settings; the service adds its prefix (`MENU_DATABASE_URL`, ...).

    Attributes:
        notice_key: what channel addresses are sealed with; the same for all processes of a service.
        notice_networks: internal networks that notices may be sent to, such as the mail server's.
    """

    database_url: str = "sqlite:///cleanplate.sqlite3"
    peers: dict[str, str] = {}
    peer_key: str = ""
    notice_key: str = ""
    notice_networks: list[IPv4Network | IPv6Network] = []
    migrate_on_start: bool = True
    relay_seconds: float = 0.2
    jobs_on: bool = True
    requests_per_minute_person: int = 12_000
    requests_per_minute_address: int = 3_000
    share_limits: bool = False
    body_limit_bytes: int = 20 << 20
