"""HTTP face of the menu service: parse, call one action, answer."""

from fastapi import APIRouter

from cleanplate_menu.routes import (
    check_ins,
    dishes,
    groups,
    imports,
    proxy,
    registrations,
    sessions,
    survey,
    waiting,
)

router = APIRouter()
router.include_router(dishes.router)
router.include_router(sessions.router)
router.include_router(registrations.router)
router.include_router(check_ins.router)
router.include_router(imports.router)
router.include_router(survey.router)
router.include_router(proxy.router)
router.include_router(groups.router)
router.include_router(waiting.router)
