"""What is the diner's own: registrations, places in line, what they usually take."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from fastapi import Request

from cleanplate_gateway.faces.client import AnswerT, Refused, fetch, fetch_all
from cleanplate_shared.contracts.directory import CalendarDay
from cleanplate_shared.contracts.menu_planning import Preferences
from cleanplate_shared.contracts.menu_registrations import (
    MyRegistration,
    RegistrationKind,
    RegistrationStatus,
    Waiting,
)


@dataclass(frozen=True)
class Own:
    """What a diner's page needs besides the menu; parts that cannot be had are empty.

    Attributes:
        registrations: standing ones for themselves, by meal; not those for guests.
        waiting: places in line, by meal.
    """

    registrations: Mapping[UUID, MyRegistration]
    waiting: Mapping[UUID, Waiting]
    calendar: Mapping[date, CalendarDay]
    usual: Preferences


async def read_own(request: Request, first: date, last: date) -> Own:
    """Return what is the diner's own in a range of days."""
    mine, waiting, days, usual = await asyncio.gather(
        read_mine(request, first, last),
        list_of(request, "menu", "/waiting/mine", Waiting),
        list_of(request, "directory", "/calendar", CalendarDay, date_from=first, date_to=last),
        read_preferences(request),
    )
    return Own(
        registrations={
            one.meal_session_id: one for one in mine if one.kind is RegistrationKind.PERSON
        },
        waiting={one.meal_session_id: one for one in waiting},
        calendar={day.day: day for day in days},
        usual=usual or Preferences(),
    )


async def read_mine(request: Request, first: date, last: date) -> list[MyRegistration]:
    """Return the diner's standing registrations in a range of days, by day."""
    found = await list_of(
        request, "menu", "/registrations/mine", MyRegistration, date_from=first, date_to=last
    )
    standing = [one for one in found if one.status is RegistrationStatus.REGISTERED]
    return sorted(standing, key=lambda one: (one.date, one.cutoff_at))


async def read_preferences(request: Request) -> Preferences | None:
    """Return what the diner usually takes, or None where that cannot be had."""
    try:
        return await fetch(request, "menu", "/preferences/mine", Preferences)
    except Refused:
        return None


async def list_of(
    request: Request, service: str, path: str, model: type[AnswerT], /, **params: object
) -> list[AnswerT]:
    """Return a list of a service, or nothing where it does not answer: the page does without."""
    try:
        return await fetch_all(request, service, path, model, **params)
    except Refused:
        return []
