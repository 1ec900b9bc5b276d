"""Channels: where notices go."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request

from cleanplate_menu.actions.notices import channels as actions
from cleanplate_menu.actions.notices.channels import TooManyChannels
from cleanplate_shared.clock import NowDep
from cleanplate_shared.contracts.common import Page
from cleanplate_shared.contracts.menu_notices import Channel, ChannelCreate, ChannelTried
from cleanplate_shared.db import DatabaseDep
from cleanplate_shared.errors import Forbidden, NotFound, TooMany, refusals
from cleanplate_shared.i18n import LocaleDep
from cleanplate_shared.idempotency import IdempotencyKeyReused, OnceDep
from cleanplate_shared.identity import AnyoneDep
from cleanplate_shared.notices import ChannelRefused, NotDelivered, Notifier

router = APIRouter(prefix="/channels", tags=["channels"])


async def _notifier(request: Request) -> Notifier:
    notifier: Notifier = request.app.state.notifier
    return notifier


NotifierDep = Annotated[Notifier, Depends(_notifier)]


@router.get("", responses=refusals(NotFound, Forbidden))
def list_channels(
    caller: AnyoneDep, db: DatabaseDep, canteen_id: UUID | None = None
) -> Page[Channel]:
    """List one's own channels, or as a manager those of a canteen."""
    with db.reading() as session:
        return Page(items=actions.list_channels(session, caller, canteen_id), next=None)


@router.post(
    "",
    status_code=201,
    responses=refusals(NotFound, Forbidden, ChannelRefused, TooManyChannels, IdempotencyKeyReused),
)
def add_channel(
    wanted: ChannelCreate, caller: AnyoneDep, db: DatabaseDep, once: OnceDep, notifier: NotifierDep
) -> Channel:
    """Add a channel; its address is kept sealed and never shown again."""
    with db.reading() as session:
        actions.check_owner(session, caller, wanted.canteen_id)
    address = actions.read_address(wanted.url.get_secret_value(), wanted.canteen_id)
    sealed = notifier.seal(address)
    with db.transaction() as session:
        return once(
            session,
            caller,
            Channel,
            lambda: actions.add_channel(session, caller, wanted.canteen_id, address.masked, sealed),
        )


@router.delete("/{channel_id}", status_code=204, responses=refusals(NotFound))
def remove_channel(channel_id: UUID, caller: AnyoneDep, db: DatabaseDep) -> None:
    """Forget a channel."""
    with db.transaction() as session:
        actions.remove_channel(session, caller, channel_id)


@router.post("/{channel_id}:test", responses=refusals(NotFound, ChannelRefused, TooMany))
def try_channel(
    channel_id: UUID,
    caller: AnyoneDep,
    db: DatabaseDep,
    locale: LocaleDep,
    notifier: NotifierDep,
    at: NowDep,
) -> ChannelTried:
    """Send a test notice now, and say what became of it."""
    with db.transaction() as session:
        sealed = actions.begin_trial(session, caller, channel_id, at)
    try:
        notifier.send(notifier.open(sealed), actions.trial(locale))
    except NotDelivered as refusal:
        return ChannelTried(sent=False, problem=(refusal.detail or refusal.title).in_(locale))
    return ChannelTried(sent=True, problem=None)
