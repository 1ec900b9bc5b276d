"""What a rule about a route says; the rules themselves stand in rules*.py."""

from dataclasses import dataclass, field
from typing import Any

ANYONE = {"diner", "cook", "manager", "supervisor", "overseer", "admin"}
READERS = ANYONE - {"diner"}
KITCHEN = {"cook", "manager", "admin"}
MANAGEMENT = {"manager", "admin"}
ADMINS = {"admin"}
ROOT = {"root"}  # an administrator of the whole tree
PUBLIC: set[str] = set()


@dataclass(frozen=True)
class Rule:
    """One route.

    Attributes:
        roles: who may; empty = anybody, signed in or not.
        foreign: what somebody with such a role elsewhere gets: a status, or None where the answer
            is theirs alone and must only not name anything of here.
        request: keyword arguments of the request, with templates.
        owner: the only diner who may, where a thing belongs to one (managers may as well).
        each: a batch answers 200, and its items say `rejected` to the foreign.
        gone: it works once; then there is nothing any more, and the answer is 404.
    """

    roles: set[str]
    foreign: int | None = 404
    request: dict[str, Any] = field(default_factory=dict)
    owner: str | None = None
    each: bool = False
    gone: bool = False
