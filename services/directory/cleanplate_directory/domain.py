"""Rules of the directory: who may give which role where, and what a password must be."""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from cleanplate_shared.roles import Grant, Role, RoleSet

# Who holds the role on the left, at a place, may give and take the roles on the right there.
_GIVES: dict[Role, RoleSet] = {
    Role.ADMIN: frozenset(Role),
    Role.MANAGER: frozenset({Role.DINER, Role.COOK}),
}
# Who eats where the role is held; an overseer or administrator of a province does not.
EATERS: RoleSet = frozenset({Role.DINER, Role.COOK, Role.MANAGER, Role.SUPERVISOR})


@dataclass(frozen=True)
class Place:
    """A canteen, or an organisation with all below it.

    Attributes:
        path: ids of the organisations above it and, for an organisation, its own: /a/b/.
        canteen_id: the canteen; None for an organisation.
    """

    path: str
    canteen_id: UUID | None = None


def covers(grant: Grant, place: Place) -> bool:
    """Say whether a grant reaches a place."""
    if grant.canteen_id is not None:
        return grant.canteen_id == place.canteen_id
    return f"/{grant.organization_id}/" in place.path


def holds(grants: Iterable[Grant], roles: RoleSet, place: Place) -> bool:
    """Say whether one of `roles` is held at a place."""
    return any(grant.role in roles and covers(grant, place) for grant in grants)


def may_give(grants: Iterable[Grant], role: Role, place: Place) -> bool:
    """Say whether who holds `grants` may give or take `role` at `place`.

    Nobody gives a role that is higher than their own, or that reaches further.
    """
    return any(role in _GIVES.get(grant.role, ()) and covers(grant, place) for grant in grants)


def is_guessable(new: str, old: str, user_name: str) -> bool:
    """Say whether a new password is the old one, the user name, or a few letters repeated."""
    few = 4
    return new == old or new.casefold() == user_name.casefold() or len(set(new)) < few
