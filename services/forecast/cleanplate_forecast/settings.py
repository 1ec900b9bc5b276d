"""Settings of the forecast service, read from FORECAST_* environment variables."""

from pydantic_settings import SettingsConfigDict

from cleanplate_shared.settings import ServiceSettings


class Settings(ServiceSettings):
    """Everything that differs between two installations.

    Attributes:
        dask_scheduler: of a cluster that trains, such as tcp://10.0.0.9:8786; "": this machine.
    """

    model_config = SettingsConfigDict(env_prefix="FORECAST_")

    database_url: str = "sqlite:///data/forecast.sqlite3"
    dask_scheduler: str = ""
