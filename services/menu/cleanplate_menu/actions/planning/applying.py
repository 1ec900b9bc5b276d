"""Bringing about what plans want, by taking and freeing seats like everybody."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import delete, select, update
from sqlmodel import Session

from cleanplate_menu.actions.planning.meals import MealAhead, unplan
from cleanplate_menu.actions.planning.reading import Who, differences
from cleanplate_menu.actions.registering.refusals import SessionFull
from cleanplate_menu.actions.registering.seats import SeatRequest, free_seats, take_seats
from cleanplate_menu.domain.planning import Difference, Plan, Standing, There
from cleanplate_menu.models import REGISTRATIONS, SESSIONS, WAITING
from cleanplate_shared.contracts.common import Portion
from cleanplate_shared.contracts.menu_planning import Planned
from cleanplate_shared.contracts.menu_registrations import RegistrationSource, Rice
from cleanplate_shared.db import instant
from cleanplate_shared.errors import ServiceError, Unprocessable
from cleanplate_shared.newest import insert_into

MOST_CHANGES = 1_000  # in one transaction
NOTHING = Planned(registered=0, waiting=0, cancelled=0)


def replan(session: Session, meals: Sequence[MealAhead], who: Who) -> Planned:
    """Bring people's registrations into line with their plans; the caller holds the meals.

    What is more than 1000 changes is left to the job.
    """
    now, later, room = {}, [], MOST_CHANGES
    for meal_id, found in differences(session, meals, who).items():
        if found.size > room:
            later.append(meal_id)
        elif found.size:
            now[meal_id], room = found, room - found.size
    unplan(session, later)
    return bring_about(session, now)


def bring_about(session: Session, changes: Mapping[UUID, Difference]) -> Planned:
    """Make the changes at held meals; a seat that is not there becomes a place in line."""
    _leave(session, [key for found in changes.values() for key in found.leave])
    for meal_id, found in changes.items():
        _relabel(session, meal_id, found.relabel)
    cancelled = _withdraw(session, [key for found in changes.values() for key in found.withdraw])
    wanted = [(meal_id, plan) for meal_id, found in changes.items() for plan in found.take]
    registered, waiting = _take(session, wanted)
    return Planned(registered=registered, waiting=waiting, cancelled=cancelled)


def _leave(session: Session, ids: Collection[UUID]) -> None:
    if ids:
        session.connection().execute(delete(WAITING).where(WAITING.c.id.in_(ids)))


def _relabel(session: Session, meal_id: UUID, rows: Mapping[There, Plan]) -> None:
    for row, plan in rows.items():
        table = REGISTRATIONS if row.standing is Standing.SEAT else WAITING
        values = {"plan": plan.source, "portion": plan.portion, "rice": plan.rice}
        session.connection().execute(update(table).where(table.c.id == row.id).values(values))
    if rows:
        touch(session, [meal_id])


def touch(session: Session, meal_ids: Iterable[UUID]) -> None:
    """Have others told of meals whose portions changed."""
    touched = update(SESSIONS).where(SESSIONS.c.id.in_(set(meal_ids)))
    session.connection().execute(touched.values(version=SESSIONS.c.version + 1))


def _withdraw(session: Session, ids: Sequence[UUID]) -> int:
    if not ids:
        return 0
    outcomes = free_seats(session, ids)
    freed = [key for key, one in zip(ids, outcomes, strict=True) if _is_done(one)]
    mark = update(REGISTRATIONS).where(REGISTRATIONS.c.id.in_(freed)).values(is_withdrawn=True)
    session.connection().execute(mark)
    return len(freed)


def _take(session: Session, wanted: Sequence[tuple[UUID, Plan]]) -> tuple[int, int]:
    """Return how many got a seat, and how many a place in line."""
    if not wanted:
        return 0, 0
    requests = _requests(session, wanted)
    outcomes = take_seats(session, requests)
    outdated = [
        replace(one, choice=None, dishes=())
        for one, outcome in zip(requests, outcomes, strict=True)
        if isinstance(outcome, Unprocessable)  # what it had chosen is off the menu
    ]
    if outdated:
        requests, outcomes = [*requests, *outdated], [*outcomes, *take_seats(session, outdated)]
    full = [
        one
        for one, outcome in zip(requests, outcomes, strict=True)
        if isinstance(outcome, SessionFull)
    ]
    return sum(map(_is_done, outcomes)), _line_up(session, full)


def _requests(session: Session, wanted: Sequence[tuple[UUID, Plan]]) -> list[SeatRequest]:
    restored = [plan.restores for _, plan in wanted if plan.restores]
    chosen: dict[UUID, Mapping[str, Any]] = {}
    if restored:
        rows = select(REGISTRATIONS).where(REGISTRATIONS.c.id.in_(restored))
        chosen = {row["id"]: dict(row) for row in session.connection().execute(rows).mappings()}
    return [_request(meal_id, plan, chosen) for meal_id, plan in wanted]


def _request(meal_id: UUID, plan: Plan, chosen: Mapping[UUID, Mapping[str, Any]]) -> SeatRequest:
    before = chosen[plan.restores] if plan.restores else {}
    return SeatRequest(
        meal_session_id=meal_id,
        person_id=plan.person_id,
        portion=Portion(plan.portion),
        rice=Rice(plan.rice),
        choice=before.get("choice"),
        dishes=tuple(UUID(dish) for dish in before.get("dishes", ())),
        source=RegistrationSource(plan.source),
        plan=None if plan.restores else plan.source,
        made_by=before.get("made_by"),
        note=before.get("note"),
    )


def _line_up(session: Session, requests: Sequence[SeatRequest]) -> int:
    """Put people into line in this order."""
    if not requests:
        return 0
    at = instant(session)
    rows = [
        {
            "id": uuid4(),
            "meal_session_id": one.meal_session_id,
            "person_id": one.person_id,
            "portion": one.portion.value,
            "rice": one.rice.value,
            "choice": one.choice,
            "since": at + timedelta(microseconds=place),
            "plan": one.plan,
        }
        for place, one in enumerate(requests)
    ]
    once = insert_into(session, WAITING).on_conflict_do_nothing()
    session.connection().execute(once, rows)
    return len(rows)


def _is_done(outcome: object) -> bool:
    return not isinstance(outcome, ServiceError)
