"""What diners order from their pages: sent to the menu service meal by meal."""

import asyncio
from collections.abc import Awaitable, Iterable, Mapping
from dataclasses import replace
from typing import Annotated
from uuid import UUID, uuid4

from fastapi import Form, Request
from pydantic import BaseModel, ConfigDict, Field

from cleanplate_gateway.faces.client import Refused, call, send
from cleanplate_gateway.faces.phone.picks import Pick, PickText, picks_in
from cleanplate_shared.contracts.common import Day, Portion
from cleanplate_shared.contracts.menu_registrations import (
    RegistrationChange,
    RegistrationCreate,
    RegistrationGive,
    Rice,
    WaitingCreate,
)

_MOST = 60
_DONE_ALREADY = {"AlreadyRegistered", "AlreadyWaiting"}  # a second tap; the page shows it
_CHOICE = "choice."
_NOBODY = "-"  # a staff number that was left empty finds nobody

Refusals = Mapping[UUID, Refused]


class Order(BaseModel):
    """What the forms of a diner's pages send.

    A field `choice.<meal>` names the set that is taken of a meal.

    Attributes:
        day: whose page the form stood on; None for the page of the week.
        once: the same form sent twice is one.
        meal: which meals, see `Pick`.
        registration: the registrations of these meals, in the same order.
    """

    model_config = ConfigDict(extra="allow")

    canteen: UUID
    day: Day | None = None
    once: UUID = Field(default_factory=uuid4)
    meal: Annotated[list[PickText], Field(max_length=_MOST)] = []
    registration: Annotated[list[UUID], Field(max_length=_MOST)] = []
    portion: Portion = Portion.FULL
    rice: Rice = Rice.NORMAL
    number: Annotated[str, Field(max_length=64)] = ""

    @property
    def picks(self) -> list[Pick]:
        """Return the meals, each as it is taken."""
        chosen = self.model_extra or {}
        return [
            replace(pick, choice=pick.choice or _letter(chosen.get(f"{_CHOICE}{pick.meal}")))
            for pick in picks_in(self.meal, self.portion, self.rice).values()
        ]


OrderForm = Annotated[Order, Form()]


async def register(request: Request, order: Order) -> Refusals:
    """Register for every meal; one that is refused leaves the others alone."""
    return await _each((pick.meal, _register(request, order.once, pick)) for pick in order.picks)


async def cancel(request: Request, order: Order) -> Refusals:
    """Cancel the registrations."""
    return await _each(
        (pick.meal, send(request, "menu", "DELETE", path)) for pick, path in _standing(order)
    )


async def change(request: Request, order: Order) -> Refusals:
    """Change how a meal is taken."""
    return await _each(
        (pick.meal, send(request, "menu", "PATCH", path, _changed(pick)))
        for pick, path in _standing(order)
    )


async def give(request: Request, order: Order) -> Refusals:
    """Give a meal to a colleague by staff number."""
    body = RegistrationGive(number=order.number.strip() or _NOBODY)
    return await _each(
        (pick.meal, send(request, "menu", "POST", f"{path}:give", body))
        for pick, path in _standing(order)
    )


async def offer(request: Request, order: Order) -> Refusals:
    """Give a meal to whoever waits for it."""
    body = RegistrationGive()
    return await _each(
        (pick.meal, send(request, "menu", "POST", f"{path}:give", body))
        for pick, path in _standing(order)
    )


async def keep(request: Request, order: Order) -> Refusals:
    """Take the offer of a meal back."""
    return await _each(
        (pick.meal, send(request, "menu", "POST", f"{path}:keep"))
        for pick, path in _standing(order)
    )


async def wait(request: Request, order: Order) -> Refusals:
    """Wait for a seat of a full meal, or for one that somebody gives away."""
    return await _each(
        (
            pick.meal,
            send(
                request,
                "menu",
                "POST",
                f"/meal-sessions/{pick.meal}/waiting",
                WaitingCreate(portion=pick.portion, rice=pick.rice, choice=pick.choice),
            ),
        )
        for pick in order.picks
    )


async def leave(request: Request, order: Order) -> Refusals:
    """Leave the line for a seat."""
    return await _each(
        (pick.meal, send(request, "menu", "DELETE", f"/meal-sessions/{pick.meal}/waiting"))
        for pick in order.picks
    )


def _standing(order: Order) -> Iterable[tuple[Pick, str]]:
    """Return each pick with the address of its registration."""
    paths = (f"/registrations/{registration}" for registration in order.registration)
    return zip(order.picks, paths, strict=False)


def _changed(pick: Pick) -> RegistrationChange:
    return RegistrationChange(portion=pick.portion, rice=pick.rice, choice=pick.choice)


async def _register(request: Request, once: UUID, pick: Pick) -> None:
    body = RegistrationCreate(
        meal_session_id=pick.meal, portion=pick.portion, rice=pick.rice, choice=pick.choice
    )
    headers = {"Content-Type": "application/json", "Idempotency-Key": f"{once}:{pick}"}
    content = body.model_dump_json(exclude_none=True)
    await call(request, "menu", "POST", "/registrations", content=content, headers=headers)


async def _each(orders: Iterable[tuple[UUID, Awaitable[object]]]) -> Refusals:
    """Carry out orders at the same time, and return those that were refused."""
    meals, sent = [], []
    for meal, order in orders:
        meals.append(meal)
        sent.append(order)
    answers = await asyncio.gather(*sent, return_exceptions=True)
    refused: dict[UUID, Refused] = {}
    for meal, answer in zip(meals, answers, strict=True):
        if isinstance(answer, Refused):
            if answer.problem.type not in _DONE_ALREADY:
                refused[meal] = answer
        elif isinstance(answer, BaseException):
            raise answer
    return refused


def _letter(chosen: object) -> str | None:
    return chosen if isinstance(chosen, str) and chosen in set("ABCD") else None
