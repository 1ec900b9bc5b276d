"""Settings of the waste service, read from WASTE_* environment variables."""

from pydantic_settings import SettingsConfigDict

from cleanplate_shared.settings import ServiceSettings


class Settings(ServiceSettings):
    """Everything that differs between two installations."""

    model_config = SettingsConfigDict(env_prefix="WASTE_")

    database_url: str = "sqlite:///data/waste.sqlite3"
