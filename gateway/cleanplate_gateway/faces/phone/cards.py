"""One meal on a diner's page, and what can be done about it now."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from functools import cached_property

from cleanplate_gateway.faces.places import Place
from cleanplate_shared.clock import zone
from cleanplate_shared.contracts.menu import Allergen, MealSession, ServiceMode
from cleanplate_shared.contracts.menu_registrations import MyRegistration, Waiting


class State(StrEnum):
    """Where a diner stands with a meal."""

    OPEN = "open"
    FULL = "full"
    PASSED = "passed"
    WAITING = "waiting"
    REGISTERED = "registered"
    OFFERED = "offered"
    SERVED = "served"
    CLOSED = "closed"


@dataclass(frozen=True)
class MealCard:
    """One meal and where the diner stands with it.

    Attributes:
        minutes_left: until the cut-off, below 0 after it.
        over: nothing is served any more.
        avoided: allergens in its dishes that the diner avoids.
    """

    session: MealSession
    registration: MyRegistration | None
    waiting: Waiting | None
    state: State
    cutoff_day: date
    minutes_left: int
    over: bool
    avoided: frozenset[Allergen]

    @property
    def before_cutoff(self) -> bool:
        """Say whether registering, changing and cancelling are still possible."""
        return self.minutes_left >= 0

    @property
    def can_wait(self) -> bool:
        """Say whether the diner may wait for a seat of this meal."""
        return self.state is State.FULL or (self.state is State.PASSED and not self.over)

    @property
    def can_give(self) -> bool:
        """Say whether the meal can only be given to somebody else."""
        late = self.state is State.REGISTERED and not self.before_cutoff
        return late and not self.over

    @cached_property
    def choices(self) -> list[str]:
        """Return the sets of which a diner takes one, in order."""
        if self.session.service_mode is not ServiceMode.CHOICE:
            return []
        return sorted({dish.choice for dish in self.session.dishes if dish.choice})

    def names_of(self, choice: str) -> list[str]:
        """Return the names of the dishes in a set."""
        return [dish.name for dish in self.session.dishes if dish.choice == choice]


def card_of(
    session: MealSession,
    registration: MyRegistration | None,
    waiting: Waiting | None,
    place: Place,
    avoids: frozenset[Allergen],
) -> MealCard:
    """Return the card of a meal at the instant of the page."""
    left = (session.cutoff_at - place.now).total_seconds()
    contained = {allergen for dish in session.dishes for allergen in dish.allergens}
    return MealCard(
        session=session,
        registration=registration,
        waiting=waiting,
        state=_state(session, registration, waiting, left),
        cutoff_day=session.cutoff_at.astimezone(zone(place.canteen.time_zone)).date(),
        minutes_left=int(left // 60),
        over=_is_over(session, place),
        avoided=avoids & contained,
    )


def _state(
    session: MealSession, registration: MyRegistration | None, waiting: Waiting | None, left: float
) -> State:
    if registration and registration.served:
        return State.SERVED
    if session.closed_reason is not None:
        return State.CLOSED
    if registration:
        return State.OFFERED if registration.offered_at else State.REGISTERED
    if waiting:
        return State.WAITING
    if left <= 0:
        return State.PASSED
    return State.FULL if session.registered >= session.capacity else State.OPEN


def _is_over(session: MealSession, place: Place) -> bool:
    until: datetime | None = session.serves_until
    return until < place.now if until else session.date < place.today
