"""Settings of the gateway in a container of its own, read from GATEWAY_* environment variables."""

from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """Everything that differs between two installations.

    Attributes:
        peers: the services' addresses by name.
        cookie_secure: the proxy in front speaks HTTPS.
    """

    model_config = SettingsConfigDict(env_prefix="GATEWAY_")

    peers: dict[str, str] = {}
    cookie_secure: bool = False
