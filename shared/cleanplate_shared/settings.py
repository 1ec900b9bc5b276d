"""What every service can be told from its environment."""

from pydantic_settings import BaseSettings


class ServiceSettings(BaseSettings):
    """Base of a service's settings; the service adds its prefix (`MENU_DATABASE_URL`, ...)."""

    database_url: str = "sqlite:///cleanplate.sqlite3"
    peers: dict[str, str] = {}
    peer_key: str = ""
    migrate_on_start: bool = True
    relay_seconds: float = 0.2
    jobs_on: bool = True
    requests_per_minute_person: int = 12_000
    requests_per_minute_address: int = 3_000
    share_limits: bool = False
    body_limit_bytes: int = 20 << 20
