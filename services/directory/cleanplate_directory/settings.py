"""Settings of the directory service, read from DIRECTORY_* environment variables."""

from pydantic_settings import SettingsConfigDict

from cleanplate_shared.settings import ServiceSettings


class Settings(ServiceSettings):
    """Everything that differs between two installations."""

    model_config = SettingsConfigDict(env_prefix="DIRECTORY_")

    database_url: str = "sqlite:///data/directory.sqlite3"
