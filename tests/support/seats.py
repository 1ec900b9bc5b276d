"""What should become of a meal's seats, in a few lines: the model that the service is held to."""

import uuid

from cleanplate_menu.actions.registering import refusals
from cleanplate_shared.errors import ServiceError


class Model:
    """What should be so: seats (portion, whether on offer), groups, who waits, what is over.

    `gone` are registrations that do not stand any more, and whether each was given away.
    """

    def __init__(self) -> None:
        self.capacity, self.is_closed, self.is_late = 3, False, False
        self.seats: dict[uuid.UUID, tuple[str, int]] = {}  # when offered, or 0
        self.groups: dict[uuid.UUID, int] = {}
        self.line: list[uuid.UUID] = []
        self.served: set[uuid.UUID] = set()  # people and groups
        self.gone: dict[uuid.UUID, bool] = {}

    @property
    def room(self) -> int:
        return self.capacity - len(self.seats) - sum(self.groups.values())

    @property
    def is_open(self) -> bool:
        return not self.is_closed and not self.is_late

    def shut(self) -> type[ServiceError] | None:
        if self.is_closed:
            return refusals.MealClosed
        return refusals.CutoffPassed if self.is_late else None

    def register(self, person: uuid.UUID) -> type[ServiceError] | None:
        if person in self.seats:
            return refusals.AlreadyRegistered
        if refused := self.shut():
            return refused
        if self.room < 1:
            return refusals.SessionFull
        self.seats[person] = ("full", 0)
        return None

    def seat_line(self) -> None:
        while self.is_open and self.room > 0 and self.line:
            self.seats[self.line.pop(0)] = ("full", 0)

    def move(self, giver: uuid.UUID, taker: uuid.UUID) -> None:
        self.seats[taker] = (self.seats.pop(giver)[0], 0)
        self.line = [one for one in self.line if one != taker]

    def offer(self) -> uuid.UUID | None:
        offers = [(at, one) for one, (_, at) in self.seats.items() if at and one not in self.served]
        return min(offers)[1] if offers else None
