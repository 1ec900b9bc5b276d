"""Schema changes: each service keeps its own versions, all share one environment."""

from importlib.resources import files

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, MetaData


def upgrade(package: str, engine: Engine, metadata: list[MetaData]) -> None:
    """Bring a service's database to its newest schema."""
    command.upgrade(_config(package, engine, metadata), "head")


def downgrade(package: str, engine: Engine, metadata: list[MetaData]) -> None:
    """Take every table of a service away again."""
    command.downgrade(_config(package, engine, metadata), "base")


def revision(package: str, engine: Engine, metadata: list[MetaData], message: str) -> None:
    """Write the next migration from the difference between models and database."""
    command.revision(_config(package, engine, metadata), message, autogenerate=True)


def check(package: str, engine: Engine, metadata: list[MetaData]) -> None:
    """Fail if the models have a change that no migration makes."""
    command.check(_config(package, engine, metadata))


def is_current(package: str, engine: Engine, metadata: list[MetaData]) -> bool:
    """Say whether the database has the newest schema."""
    wanted = ScriptDirectory.from_config(_config(package, engine, metadata)).get_current_head()
    with engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision() == wanted


def _config(package: str, engine: Engine, metadata: list[MetaData]) -> Config:
    config = Config(attributes={"engine": engine, "metadata": metadata})
    config.set_main_option("script_location", str(files("cleanplate_shared") / "alembic"))
    config.set_main_option("version_locations", str(files(package) / "migrations"))
    config.set_main_option("path_separator", "os")
    return config
