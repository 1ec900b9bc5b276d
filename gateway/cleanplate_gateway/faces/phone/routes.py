"""Pages for diners, on their phones."""

from fastapi import APIRouter

router = APIRouter(prefix="/m", include_in_schema=False)
