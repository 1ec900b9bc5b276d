import pytest
from alembic.util.exc import CommandError
from sqlalchemy import create_engine, inspect, text

from cleanplate_gateway.embedded import build
from cleanplate_shared import migrate
from cleanplate_shared.topology import SERVICES


@pytest.fixture(params=SERVICES)
def migrating(request, databases):
    """A service's package, its migrated database and its tables."""
    service = build(request.param, {}).state.service
    url = databases.url(request.param).replace("postgresql://", "postgresql+psycopg://", 1)
    engine = create_engine(url)
    yield service.package, engine, service.tables
    engine.dispose()


def test_the_migrations_make_what_the_models_say(migrating):
    assert migrate.is_current(*migrating)
    migrate.check(*migrating)


def test_a_change_without_a_migration_is_noticed(migrating):
    """The negative control."""
    package, engine, tables = migrating
    with engine.begin() as connection:
        connection.execute(text("DROP TABLE set_day"))
    with pytest.raises(CommandError, match="set_day"):
        migrate.check(package, engine, tables)


def test_up_down_and_up_again(migrating):
    package, engine, tables = migrating
    migrate.downgrade(package, engine, tables)
    assert set(inspect(engine).get_table_names()) == {"alembic_version"}
    assert not migrate.is_current(package, engine, tables)
    migrate.upgrade(package, engine, tables)
    migrate.check(package, engine, tables)
    migrate.upgrade(package, engine, tables)  # again changes nothing
    assert migrate.is_current(package, engine, tables)
