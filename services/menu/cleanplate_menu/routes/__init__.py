"""HTTP face of the menu service: parse, call one action, answer."""

from fastapi import APIRouter

from cleanplate_menu.routes import (
    check_ins,
    dishes,
    door,
    failures,
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

router = APIRouter()
router.include_router(dishes.router)
router.include_router(recipes.router)
router.include_router(sessions.router)
router.include_router(planned_meals.router)
router.include_router(weeks.router)
router.include_router(registrations.router)
router.include_router(check_ins.router)
router.include_router(door.router)
router.include_router(no_shows.router)
router.include_router(failures.router)
router.include_router(imports.router)
router.include_router(survey.router)
router.include_router(proxy.router)
router.include_router(groups.router)
router.include_router(waiting.router)
router.include_router(notices.router)
router.include_router(planning.router)
router.include_router(units.router)
