"""Schema changes: one environment; the kernel's tables on one branch, each service's on its own.

A service's database has both branches. So a change of the kernel's tables is written once, and
comes to every service with its next start.
"""

import os
from importlib.resources import files
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, MetaData

from cleanplate_shared.tables import KernelTable

KERNEL = "cleanplate_shared"


def upgrade(package: str, engine: Engine, metadata: list[MetaData]) -> None:
    """Bring a service's database to its newest schema."""
    command.upgrade(_config(package, engine, metadata), "heads")


def downgrade(package: str, engine: Engine, metadata: list[MetaData]) -> None:
    """Take every table of a service away again."""
    command.downgrade(_config(package, engine, metadata), "base")


def revision(package: str, engine: Engine, metadata: list[MetaData], message: str) -> None:
    """Write the next migration of a service, or of the kernel, from models and database."""
    config = _config(package, engine, metadata)
    if package != KERNEL:
        config.attributes["left_out"] = set(KernelTable.metadata.tables)
    branch = package.removeprefix("cleanplate_")
    is_first = not any(_folder(package).glob("*.py"))
    command.revision(
        config,
        message,
        autogenerate=True,
        head="base" if is_first else f"{branch}@head",
        branch_label=branch if is_first else None,
        version_path=str(_folder(package)),
    )


def check(package: str, engine: Engine, metadata: list[MetaData]) -> None:
    """Fail if the models have a change that no migration makes."""
    command.check(_config(package, engine, metadata))


def is_current(package: str, engine: Engine, metadata: list[MetaData]) -> bool:
    """Say whether the database has the newest schema."""
    wanted = ScriptDirectory.from_config(_config(package, engine, metadata)).get_heads()
    with engine.connect() as connection:
        return set(MigrationContext.configure(connection).get_current_heads()) == set(wanted)


def _config(package: str, engine: Engine, metadata: list[MetaData]) -> Config:
    config = Config(attributes={"engine": engine, "metadata": metadata, "left_out": set()})
    config.set_main_option("script_location", str(files(KERNEL) / "alembic"))
    folders = dict.fromkeys((_folder(KERNEL), _folder(package)))
    config.set_main_option("version_locations", os.pathsep.join(map(str, folders)))
    config.set_main_option("path_separator", "os")
    return config


def _folder(package: str) -> Path:
    return Path(str(files(package) / "migrations"))
