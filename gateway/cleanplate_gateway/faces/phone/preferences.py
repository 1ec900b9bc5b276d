"""What a diner usually takes and avoids, the calendar's address, and where notices go."""

import asyncio
from collections.abc import Awaitable, Mapping
from typing import Annotated, Literal
from uuid import UUID, uuid4

from fastapi import APIRouter, Form, Query, Request
from pydantic import BaseModel, Field
from starlette.responses import Response

from cleanplate_gateway.faces.client import Refused, call, send
from cleanplate_gateway.faces.guard import PersonDep
from cleanplate_gateway.faces.phone.own import list_of, read_preferences
from cleanplate_gateway.faces.phone.telling import told
from cleanplate_gateway.faces.rendering import is_fragment, render
from cleanplate_shared.contracts.common import Portion
from cleanplate_shared.contracts.menu import Allergen
from cleanplate_shared.contracts.menu_notices import Channel, ChannelTried
from cleanplate_shared.contracts.menu_planning import Diet, Preferences
from cleanplate_shared.contracts.menu_registrations import Rice

router = APIRouter()
_PAGE = "/m/preferences"


class PreferencesForm(BaseModel):
    """What the form of the preferences sends."""

    portion: Portion = Portion.FULL
    rice: Rice = Rice.NORMAL
    diet: Annotated[list[Diet], Field(max_length=6)] = []
    avoid: Annotated[list[Allergen], Field(max_length=9)] = []


class ChannelForm(BaseModel):
    """What the form of a new channel sends."""

    once: UUID = Field(default_factory=uuid4)
    url: Annotated[str, Field(max_length=500)] = ""


class PreferencesShown(BaseModel):
    """What was just done."""

    said: Literal["saved", "added", "gone", "sent", "unsent"] | None = None
    why: Annotated[str, Field(max_length=300)] = ""


@router.get("/preferences")
async def show_preferences(
    request: Request, _person: PersonDep, wanted: Annotated[PreferencesShown, Query()]
) -> Response:
    """Show what one usually takes, and where notices go."""
    return await _show(request, wanted.model_dump(exclude_none=True), None)


@router.post("/preferences/usual")
async def set_usual(
    request: Request, _person: PersonDep, wanted: Annotated[PreferencesForm, Form()]
) -> Response:
    """Set what one usually takes and avoids."""

    async def change() -> Mapping[str, object]:
        body = Preferences(
            portion=wanted.portion, rice=wanted.rice, diets=wanted.diet, avoids=wanted.avoid
        )
        await send(request, "menu", "PUT", "/preferences/mine", body)
        return {"said": "saved"}

    return await _told(request, change())


@router.post("/preferences/channels")
async def add_channel(
    request: Request, _person: PersonDep, wanted: Annotated[ChannelForm, Form()]
) -> Response:
    """Add a channel for one's own notices."""

    async def change() -> Mapping[str, object]:
        key = {"Idempotency-Key": str(wanted.once)}
        await call(
            request, "menu", "POST", "/channels", json={"url": wanted.url.strip()}, headers=key
        )
        return {"said": "added"}

    return await _told(request, change())


@router.post("/preferences/channels/{channel_id}/remove")
async def remove_channel(request: Request, _person: PersonDep, channel_id: UUID) -> Response:
    """Forget a channel."""

    async def change() -> Mapping[str, object]:
        await send(request, "menu", "DELETE", f"/channels/{channel_id}")
        return {"said": "gone"}

    return await _told(request, change())


@router.post("/preferences/channels/{channel_id}/try")
async def try_channel(request: Request, _person: PersonDep, channel_id: UUID) -> Response:
    """Send a notice to try a channel."""

    async def change() -> Mapping[str, object]:
        answer = await send(request, "menu", "POST", f"/channels/{channel_id}:test")
        tried = ChannelTried.model_validate_json(answer.content)
        return {"said": "sent" if tried.sent else "unsent", "why": (tried.problem or "")[:300]}

    return await _told(request, change())


async def _told(request: Request, changing: Awaitable[Mapping[str, object]]) -> Response:
    async def show(said: Mapping[str, str], refused: Refused | None) -> Response:
        return await _show(request, said, refused)

    return await told(request, changing, _PAGE, show)


async def _show(request: Request, said: Mapping[str, str], refused: Refused | None) -> Response:
    usual, channels = await asyncio.gather(
        read_preferences(request), list_of(request, "menu", "/channels", Channel)
    )
    return render(
        request,
        "phone/preferences.html",
        refused.problem.status if refused else 200,
        usual=usual or Preferences(),
        channels=channels,
        said=said.get("said"),
        why=said.get("why", ""),
        problem=refused.words if refused else None,
        portions=list(Portion),
        rices=list(Rice),
        diets=list(Diet),
        allergens=list(Allergen),
        once=uuid4,
        fragment=is_fragment(request),
    )
