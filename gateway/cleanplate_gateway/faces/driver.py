"""The driver's page: what is taken over, confirmed on the driver's own telephone, no account."""

from typing import Annotated

from fastapi import APIRouter, Form, Path, Request
from pydantic import BaseModel, Field, ValidationError
from starlette.responses import RedirectResponse, Response

from cleanplate_gateway.faces.client import Refused, fetch, send
from cleanplate_gateway.faces.hauling import grams_of
from cleanplate_gateway.faces.rendering import locale_of, render
from cleanplate_shared.contracts.waste_manifests import DriverManifest, Receipt
from cleanplate_shared.i18n import msg

router = APIRouter(prefix="/h", include_in_schema=False)
Secret = Annotated[str, Path(min_length=20, max_length=100, pattern=r"^[A-Za-z0-9_-]+$")]
_UNREADABLE = msg("Write your name, and the weight in kilograms, like 182.5, or leave it empty.")
_PRIVATE = {"Referrer-Policy": "no-referrer", "X-Robots-Tag": "noindex"}


class Typed(BaseModel):
    """The driver's form."""

    driver: Annotated[str, Field(max_length=200)] = ""
    kilograms: Annotated[str, Field(max_length=20)] = ""


@router.get("/{secret}")
async def show_to_driver(request: Request, secret: Secret) -> Response:
    """Show what the driver confirms, or that it is confirmed."""
    return await _page(request, secret, Typed())


@router.post("/{secret}")
async def confirm(request: Request, secret: Secret, typed: Annotated[Typed, Form()]) -> Response:
    """Confirm for the hauler."""
    try:
        grams = grams_of(typed.kilograms) if typed.kilograms.strip() else None
        wanted = Receipt(driver=typed.driver, net_grams=grams)
        await send(request, "waste", "POST", f"/hand-overs/{secret}", wanted)
    except (ValueError, ValidationError):
        return await _page(request, secret, typed, _UNREADABLE.in_(locale_of(request)))
    except Refused as refusal:
        return await _page(request, secret, typed, refusal.words)
    return RedirectResponse(f"/h/{secret}", 303, headers=_PRIVATE)


async def _page(
    request: Request, secret: str, typed: Typed, problem: str | None = None
) -> Response:
    manifest = await fetch(request, "waste", f"/hand-overs/{secret}", DriverManifest)
    answer = render(
        request,
        "driver.html",
        422 if problem else 200,
        manifest=manifest,
        typed=typed,
        problem=problem,
        secret=secret,
    )
    answer.headers.update(_PRIVATE)
    return answer
