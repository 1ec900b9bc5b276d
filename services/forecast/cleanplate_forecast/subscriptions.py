"""What the forecast service does when others tell something."""

from cleanplate_forecast.actions import sessions
from cleanplate_shared.contracts.menu import MealSessionsChanged
from cleanplate_shared.events import Handlers

HANDLERS: Handlers = {
    MealSessionsChanged.name: (MealSessionsChanged, sessions.learn_sessions),
}
