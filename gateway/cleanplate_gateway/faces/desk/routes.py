"""Pages for management, on a desktop."""

from fastapi import APIRouter

from cleanplate_gateway.faces.desk import (
    calendar,
    home,
    imports,
    meals,
    people,
    report,
    weighings,
)

router = APIRouter(prefix="/a", include_in_schema=False)
for page in (home, report, weighings, meals, people, imports, calendar):
    router.include_router(page.router)
