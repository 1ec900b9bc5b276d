"""Settings of the waste service, read from WASTE_* environment variables."""

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from cleanplate_shared.settings import ServiceSettings


class Settings(ServiceSettings):
    """Everything that differs between two installations."""

    model_config = SettingsConfigDict(env_prefix="WASTE_")

    database_url: str = "sqlite:///data/waste.sqlite3"
    keep_photos_days: int = Field(default=90, ge=1)  # of weighings
    keep_names_days: int = Field(default=3 * 366, ge=1)  # on manifests, and their photos
