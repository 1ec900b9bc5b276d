"""Wiring of the menu service: the only module here that sees all the others."""

from fastapi import FastAPI

from cleanplate_menu import jobs, routes, subscriptions
from cleanplate_menu.models import Table
from cleanplate_menu.routes.menus import Menus
from cleanplate_menu.settings import Settings
from cleanplate_shared.clock import Clock, now
from cleanplate_shared.notices import Notifier
from cleanplate_shared.service import Peers, Service, remote, service_app
from cleanplate_shared.topology import SUBSCRIPTIONS

_MOMENT, _SOON, _MINUTE, _HOUR = 3.0, 5.0, 60.0, 3600.0
# What `cleanplate doctor` counts; 0 each. Imported and forgotten meals keep totals without rows.
_INVARIANTS = {
    "seats taken = heads registered": """
        SELECT count(*) FROM meal_session s
        WHERE NOT s.is_imported AND NOT s.is_forgotten AND s.registered <> (
            SELECT coalesce(sum(r.headcount), 0) FROM registration r
            WHERE r.meal_session_id = s.id AND r.status = 'registered')""",
    "no meal over its capacity": "SELECT count(*) FROM meal_session WHERE registered > capacity",
}


def create_app(settings: Settings, peers: Peers, clock: Clock = now) -> FastAPI:
    """Build the service; nothing is opened until it starts."""
    forget = jobs.forget_identities(settings.keep_identities_days)
    notifier = Notifier(settings.notice_key, settings.notice_networks, clock)
    service = Service(
        name="menu",
        metadata=Table.metadata,
        routers=[routes.rushed, routes.router],
        handlers=subscriptions.HANDLERS,
        invariants=_INVARIANTS,
        jobs={
            _MOMENT: [jobs.tell_sessions, jobs.tell_dishes],
            _SOON: [jobs.plan_meals, jobs.tell_news, jobs.deliver_notices(notifier)],
            _MINUTE: [jobs.remind, jobs.judge_meals],
            _HOUR: [
                jobs.forget_notices,
                jobs.settle_no_shows,
                jobs.forget_rated,
                forget,
                jobs.tell_new_stars,
            ],
        },
    )
    app = service_app(service, settings, peers, SUBSCRIPTIONS, clock)
    app.state.notifier = notifier
    app.state.menus = Menus(app.state.db, clock)
    return app


def from_env() -> FastAPI:
    """Build the service for its own container."""
    settings = Settings()
    return create_app(settings, {name: remote(url) for name, url in settings.peers.items()})
