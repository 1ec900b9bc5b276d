"""Settings of the forecast service, read from FORECAST_* environment variables."""

from pydantic_settings import SettingsConfigDict

from cleanplate_shared.settings import ServiceSettings


class Settings(ServiceSettings):
    """Everything that differs between two installations."""

    model_config = SettingsConfigDict(env_prefix="FORECAST_")

    database_url: str = "sqlite:///data/forecast.sqlite3"
