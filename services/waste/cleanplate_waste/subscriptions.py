"""Events that the waste service listens to."""

from cleanplate_shared.contracts.menu import MealSessionsChanged
from cleanplate_shared.events import Handlers
from cleanplate_waste.actions import sessions

HANDLERS: Handlers = {
    MealSessionsChanged.name: (MealSessionsChanged, sessions.learn_sessions),
}
