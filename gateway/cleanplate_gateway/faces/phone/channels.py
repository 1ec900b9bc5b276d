"""Where notices go: one's own addresses, and the group chats of canteens that one manages."""

from typing import Annotated, Literal
from uuid import UUID, uuid4

from fastapi import APIRouter, Form, Query, Request
from pydantic import BaseModel, Field, SecretStr, ValidationError
from starlette.responses import RedirectResponse, Response

from cleanplate_gateway.faces.client import Refused, call, fetch_all
from cleanplate_gateway.faces.guard import PersonDep
from cleanplate_gateway.faces.phone.offices import Desk, desk_of
from cleanplate_gateway.faces.rendering import locale_of, render
from cleanplate_shared.clock import NowDep
from cleanplate_shared.contracts.menu_notices import Channel, ChannelCreate, ChannelTried
from cleanplate_shared.problems import field_problems

router = APIRouter()
Said = Literal["added", "removed", "sent"]


class ChannelFields(BaseModel):
    """The form that adds a channel; the address is never shown again."""

    canteen: UUID
    of_canteen: bool = False
    url: Annotated[SecretStr, Field(max_length=600)] = SecretStr("")
    once: UUID = Field(default_factory=uuid4)


class ChosenChannel(BaseModel):
    """A channel to be tried or removed."""

    canteen: UUID
    channel: UUID


class ChannelsShown(BaseModel):
    """Which canteen to show, and what was just done."""

    canteen: UUID | None = None
    said: Said | None = None


@router.get("/channels")
async def show_channels(
    request: Request, person: PersonDep, now: NowDep, wanted: Annotated[ChannelsShown, Query()]
) -> Response:
    """Show one's own channels, and those of a canteen that one manages."""
    desk = await desk_of(request, person, now, wanted.canteen, None)
    return await _page(request, desk, wanted.said, None)


@router.post("/channels")
async def add_channel(
    request: Request, person: PersonDep, now: NowDep, fields: Annotated[ChannelFields, Form()]
) -> Response:
    """Add a channel."""
    try:
        body = ChannelCreate(
            canteen_id=fields.canteen if fields.of_canteen else None,
            url=fields.url,
        )
        await call(
            request,
            "menu",
            "POST",
            "/channels",
            json={
                "canteen_id": str(body.canteen_id) if body.canteen_id else None,
                "url": body.url.get_secret_value(),
            },
            headers={"Idempotency-Key": str(fields.once)},
        )
    except (Refused, ValidationError) as error:
        desk = await desk_of(request, person, now, fields.canteen, None)
        return await _page(request, desk, None, _why(request, error))
    return _back(fields.canteen, "added")


@router.post("/channels/try")
async def try_channel(
    request: Request, person: PersonDep, now: NowDep, wanted: Annotated[ChosenChannel, Form()]
) -> Response:
    """Send a test notice."""
    try:
        answer = await call(request, "menu", "POST", f"/channels/{wanted.channel}:test")
    except Refused as refusal:
        problem: str | None = refusal.words
    else:
        problem = ChannelTried.model_validate_json(answer.content).problem
    if problem:
        desk = await desk_of(request, person, now, wanted.canteen, None)
        return await _page(request, desk, None, problem)
    return _back(wanted.canteen, "sent")


@router.post("/channels/remove")
async def remove_channel(
    request: Request, person: PersonDep, now: NowDep, wanted: Annotated[ChosenChannel, Form()]
) -> Response:
    """Forget a channel."""
    try:
        await call(request, "menu", "DELETE", f"/channels/{wanted.channel}")
    except Refused as refusal:
        desk = await desk_of(request, person, now, wanted.canteen, None)
        return await _page(request, desk, None, refusal.words)
    return _back(wanted.canteen, "removed")


def _why(request: Request, error: Refused | ValidationError) -> str:
    if isinstance(error, Refused):
        return error.words
    return " ".join(one.message for one in field_problems(error, locale_of(request)))


def _back(canteen_id: UUID, said: Said) -> Response:
    return RedirectResponse(f"/m/channels?canteen={canteen_id}&said={said}", 303)


async def _page(request: Request, desk: Desk, said: Said | None, problem: str | None) -> Response:
    chats: list[Channel] = []
    if desk.manages:
        canteen_id = desk.place.canteen.id
        chats = await fetch_all(request, "menu", "/channels", Channel, canteen_id=canteen_id)
    return render(
        request,
        "phone/channels.html",
        422 if problem else 200,
        desk=desk,
        place=desk.place,
        mine=await fetch_all(request, "menu", "/channels", Channel),
        chats=chats,
        said=said,
        problem=problem,
        once=uuid4,
        tab="channels",
    )
