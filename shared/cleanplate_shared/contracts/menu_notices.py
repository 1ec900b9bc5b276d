"""Contract of the menu service: where its notices go."""

from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, Field, SecretStr

from cleanplate_shared.contracts.common import Body

ChannelUrl = Annotated[SecretStr, Field(min_length=5, max_length=500)]


class ChannelCreate(Body):
    """A canteen's group chat, or one's own address."""

    canteen_id: UUID | None = Field(default=None, description="null: for oneself")
    url: ChannelUrl


class Channel(BaseModel):
    """Where notices go; the address is shown without its secrets."""

    id: UUID
    canteen_id: UUID | None = Field(description="null: one's own")
    shown: str


class ChannelTried(BaseModel):
    """Whether a notice to try the channel was accepted."""

    sent: bool
    problem: str | None
