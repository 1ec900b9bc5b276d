"""Roles, and the scope in which a person holds one."""

from enum import StrEnum
from uuid import UUID

from pydantic import BaseModel, model_validator


class Role(StrEnum):
    """What a person does."""

    DINER = "diner"
    COOK = "cook"
    MANAGER = "manager"
    SUPERVISOR = "supervisor"
    OVERSEER = "overseer"
    ADMIN = "admin"


class Grant(BaseModel):
    """A role at one canteen, or at all canteens below an organisation (exactly one is set)."""

    role: Role
    canteen_id: UUID | None = None
    organization_id: UUID | None = None

    @model_validator(mode="after")
    def _one_scope(self) -> "Grant":
        if (self.canteen_id is None) == (self.organization_id is None):
            raise ValueError("exactly one of canteen_id and organization_id")
        return self


RoleSet = frozenset[Role]
ANYONE: RoleSet = frozenset(Role)
KITCHEN: RoleSet = frozenset({Role.COOK, Role.MANAGER, Role.ADMIN})
MANAGEMENT: RoleSet = frozenset({Role.MANAGER, Role.ADMIN})
READERS: RoleSet = ANYONE - {Role.DINER}
ADMINS: RoleSet = frozenset({Role.ADMIN})
