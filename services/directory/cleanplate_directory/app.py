"""Wiring of the directory service: the only module here that sees all the others.

Below the wiring is what the owner of the machine may do in process: `first_admin`,
`mint_admin_token` and `set_password`. They are no routes: who runs them has the database anyway.
"""

from fastapi import FastAPI

from cleanplate_directory import jobs
from cleanplate_directory.actions import bootstrap
from cleanplate_directory.actions.bootstrap import OneTimeSignIn
from cleanplate_directory.actions.passwords import Passwords
from cleanplate_directory.models import Table
from cleanplate_directory.routes import calendar, imports, me, people, places, tokens
from cleanplate_directory.settings import Settings
from cleanplate_shared.clock import Clock, now
from cleanplate_shared.db import Database
from cleanplate_shared.service import Peers, Service, local, remote, service_app
from cleanplate_shared.topology import SUBSCRIPTIONS

_HOUR = 3600.0
_ROUTERS = [module.router for module in (tokens, me, places, people, calendar, imports)]
SERVICE = Service(
    name="directory", metadata=Table.metadata, routers=_ROUTERS, jobs={_HOUR: [jobs.purge]}
)


def create_app(settings: Settings, peers: Peers, clock: Clock = now) -> FastAPI:
    """Build the service; nothing is opened until it starts."""
    app = service_app(SERVICE, settings, peers, SUBSCRIPTIONS, clock)
    app.state.passwords = Passwords()
    return app


def from_env() -> FastAPI:
    """Build the service for its own container; it asks itself for its public keys."""
    settings = Settings()
    peers = {name: remote(url) for name, url in settings.peers.items()}
    app = create_app(settings, peers)
    peers["directory"] = local(app)
    return app


def first_admin(
    app: FastAPI, organization: str = "主管部门", user_name: str = "admin"
) -> OneTimeSignIn | None:
    """Make the highest organisation and its administrator, once; None if anybody is there.

    Args:
        app: the directory, with its tables.
        organization: name of the organisation above all others.
        user_name: the administrator's.
    """
    db: Database = app.state.db
    with db.reading() as session:
        if not bootstrap.is_empty(session):
            return None
    first = app.state.passwords.one_time()
    with db.transaction() as session:
        return bootstrap.add_first_admin(session, organization, user_name, first)


def mint_admin_token(app: FastAPI) -> str:
    """Return an access token (15 minutes) of an administrator of everything, for the local CLI."""
    db: Database = app.state.db
    with db.transaction() as session:
        return bootstrap.local_admin_token(session, app.state.clock())


def set_password(app: FastAPI, user_name: str, password: str) -> None:
    """Give a person a password that need not be changed, as the demo does.

    Raises:
        NotFound: nobody signs in by that name.
    """
    db: Database = app.state.db
    stored = app.state.passwords.hash(password).result()
    with db.transaction() as session:
        bootstrap.set_password(session, user_name, stored)
