"""Settings of the menu service, read from MENU_* environment variables."""

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from cleanplate_shared.settings import ServiceSettings


class Settings(ServiceSettings):
    """Everything that differs between two installations."""

    model_config = SettingsConfigDict(env_prefix="MENU_")

    database_url: str = "sqlite:///data/menu.sqlite3"
    keep_identities_days: int = Field(default=90, ge=1)
