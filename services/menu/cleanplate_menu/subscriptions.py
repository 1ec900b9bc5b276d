"""What the menu service listens to, beside what every service does."""

from cleanplate_menu.actions.planning.news import hear_of_day, hear_of_people
from cleanplate_shared.contracts.directory import CalendarDaySet, PeopleChanged
from cleanplate_shared.events import Handlers

HANDLERS: Handlers = {
    CalendarDaySet.name: (CalendarDaySet, hear_of_day),
    PeopleChanged.name: (PeopleChanged, hear_of_people),
}
