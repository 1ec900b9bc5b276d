"""HTTP face of the menu service: parse, call one action, answer."""

from cleanplate_menu.routes import (
    check_ins,
    dishes,
    door,
    failures,
    feeds,
    groups,
    imports,
    no_shows,
    notices,
    planned_meals,
    planning,
    proxy,
    recipes,
    registrations,
    sessions,
    survey,
    units,
    waiting,
    weeks,
)
from cleanplate_shared.routing import flat

# FastAPI looks at all routes of a router for each request that it matches: the rushed ones first,
# in a router of their own.
rushed = flat(registrations.rushed)
router = flat(
    registrations.router,
    check_ins.router,
    sessions.router,
    dishes.router,
    recipes.router,
    planned_meals.router,
    weeks.router,
    door.router,
    no_shows.router,
    failures.router,
    imports.router,
    survey.router,
    proxy.router,
    groups.router,
    waiting.router,
    notices.router,
    planning.router,
    units.router,
)
router.include_router(feeds.router)
