"""Settings of the report service, read from REPORT_* environment variables."""

from pydantic_settings import SettingsConfigDict

from cleanplate_shared.settings import ServiceSettings


class Settings(ServiceSettings):
    """Everything that differs between two installations."""

    model_config = SettingsConfigDict(env_prefix="REPORT_")

    database_url: str = "sqlite:///data/report.sqlite3"
