"""What the menu service listens to, beside what every service does."""

from cleanplate_menu.actions.people import learn_people
from cleanplate_shared.contracts.directory import PeopleChanged
from cleanplate_shared.events import Handlers

HANDLERS: Handlers = {PeopleChanged.name: (PeopleChanged, learn_people)}
