"""Official meals (公务用餐): the local standard, and a canteen's list of a month."""

import csv
import io
from calendar import monthrange
from collections.abc import Sequence
from datetime import date
from uuid import UUID

from sqlalchemy import ColumnElement
from sqlmodel import Session, col, select

from cleanplate_menu.models import (
    KnownPersonRow,
    MealSessionRow,
    OfficialMealRow,
    OfficialStandardRow,
    RegistrationRow,
)
from cleanplate_shared.contracts.common import Meal
from cleanplate_shared.contracts.menu_groups import (
    GroupKind,
    GroupRegistrationCreate,
    OfficialMeal,
    OfficialMeals,
    OfficialStandard,
    OfficialStandardSet,
)
from cleanplate_shared.contracts.menu_registrations import RegistrationStatus
from cleanplate_shared.errors import Unprocessable
from cleanplate_shared.i18n import Locale, msg
from cleanplate_shared.identity import Identity, find_canteen
from cleanplate_shared.roles import ANYONE, MANAGEMENT

_MEALS = {"breakfast": msg("breakfast"), "lunch": msg("lunch"), "dinner": msg("dinner")}
_ORDER = [meal.value for meal in Meal]
_SPOILS = ("=", "+", "-", "@")  # a spreadsheet would take the cell for a formula
_HEADER = (
    msg("Date"),
    msg("Meal"),
    msg("Unit"),
    msg("Headcount"),
    msg("Standard per head (fen)"),
    msg("Total (fen)"),
    msg("Reference or purpose"),
)


class StandardNeeded(Unprocessable, title=msg("An official meal needs its standard and reference")):
    """An official meal names its standard per head, and its reference number or purpose."""


class OverStandard(Unprocessable, title=msg("Above the local standard")):
    """The standard per head is above what the canteen's rule allows."""


def check_standard(session: Session, canteen_id: UUID, wanted: GroupRegistrationCreate) -> None:
    """Make sure that an official meal says what it costs and what it is for, within the rule.

    Raises:
        StandardNeeded: without standard, or without reference number or purpose.
        OverStandard: above what the canteen's rule allows.
    """
    if wanted.kind is not GroupKind.OFFICIAL:
        return
    if wanted.standard_fen is None or wanted.note is None:
        raise StandardNeeded(
            msg("Give the standard per head, and the reference number or purpose.")
        )
    local = session.get(OfficialStandardRow, canteen_id)
    if local and wanted.standard_fen > local.standard_fen:
        raise OverStandard(
            msg(
                "At most {yuan} yuan per head ({basis}).",
                yuan=f"{local.standard_fen / 100:.2f}",
                basis=local.basis,
            )
        )


def show_standard(session: Session, caller: Identity, canteen_id: UUID) -> OfficialStandard:
    """Return what an official meal may cost per head at a canteen."""
    find_canteen(session, caller, ANYONE, canteen_id)
    return _standard(session, canteen_id)


def set_standard(
    session: Session, caller: Identity, canteen_id: UUID, wanted: OfficialStandardSet
) -> OfficialStandard:
    """Set what an official meal may cost per head; what is registered stays."""
    find_canteen(session, caller, MANAGEMENT, canteen_id)
    session.merge(OfficialStandardRow(canteen_id=canteen_id, **wanted.model_dump()))
    session.flush()
    return _standard(session, canteen_id)


def list_official(
    session: Session, caller: Identity, canteen_id: UUID, month: str
) -> OfficialMeals:
    """Return a canteen's official meals of a month, by day and meal, without names."""
    find_canteen(session, caller, MANAGEMENT, canteen_id)
    first, last = _days(month)
    standing = (
        col(MealSessionRow.canteen_id) == canteen_id,
        col(MealSessionRow.day).between(first, last),
    )
    kept = select(OfficialMealRow).where(
        OfficialMealRow.canteen_id == canteen_id, col(OfficialMealRow.day).between(first, last)
    )
    rows = [*_standing(session, *standing), *session.exec(kept)]
    rows.sort(key=lambda row: (row.day, _ORDER.index(row.meal), row.registration_id))
    items = [_as_meal(row) for row in rows]
    return OfficialMeals(
        month=month,
        standard=_standard(session, canteen_id),
        items=items,
        headcount=sum(item.headcount for item in items),
        total_fen=sum(item.total_fen for item in items),
    )


def as_csv(listed: OfficialMeals, locale: Locale) -> str:
    """Return the list as a table for the accounts, with its sum and the local standard below."""
    text = io.StringIO()
    lines = csv.writer(text)
    lines.writerow([title.in_(locale) for title in _HEADER])
    for item in listed.items:
        lines.writerow(
            [
                item.date.isoformat(),
                _MEALS[item.meal.value].in_(locale),
                _cell(item.unit),
                item.headcount,
                item.standard_fen,
                item.total_fen,
                _cell(item.note),
            ]
        )
    lines.writerow([msg("Sum").in_(locale), "", "", listed.headcount, "", listed.total_fen, ""])
    standard = listed.standard
    if standard.standard_fen is not None:
        local = msg("Local standard").in_(locale)
        lines.writerow([local, "", "", "", standard.standard_fen, "", _cell(standard.basis)])
    return text.getvalue()


def keep_official(session: Session, session_ids: Sequence[UUID]) -> None:
    """Keep the official meals of sessions whose registrations are about to be deleted."""
    session.add_all(_standing(session, col(MealSessionRow.id).in_(session_ids)))
    session.flush()


def _standing(session: Session, *where: ColumnElement[bool]) -> list[OfficialMealRow]:
    """Return the official meals among the registrations that are still there."""
    found = (
        select(RegistrationRow, MealSessionRow, KnownPersonRow)
        .select_from(RegistrationRow)
        .join(MealSessionRow)
        .outerjoin(KnownPersonRow, col(KnownPersonRow.id) == RegistrationRow.person_id)
        .where(
            RegistrationRow.kind == GroupKind.OFFICIAL.value,
            RegistrationRow.status == RegistrationStatus.REGISTERED.value,
            *where,
        )
    )
    return [
        OfficialMealRow(
            registration_id=row.id,
            canteen_id=meal.canteen_id,
            day=meal.day,
            meal=meal.meal,
            unit=host.unit if host else None,
            headcount=row.headcount,
            standard_fen=row.standard_fen or 0,
            note=row.note,
        )
        for row, meal, host in session.exec(found)
    ]


def _as_meal(row: OfficialMealRow) -> OfficialMeal:
    return OfficialMeal(
        date=row.day,
        meal=Meal(row.meal),
        unit=row.unit,
        headcount=row.headcount,
        standard_fen=row.standard_fen,
        total_fen=row.headcount * row.standard_fen,
        note=row.note,
    )


def _standard(session: Session, canteen_id: UUID) -> OfficialStandard:
    row = session.get(OfficialStandardRow, canteen_id)
    return OfficialStandard(
        canteen_id=canteen_id,
        standard_fen=row.standard_fen if row else None,
        basis=row.basis if row else None,
    )


def _days(month: str) -> tuple[date, date]:
    year, number = (int(part) for part in month.split("-"))
    return date(year, number, 1), date(year, number, monthrange(year, number)[1])


def _cell(text: str | None) -> str:
    return f"'{text}" if text and text.startswith(_SPOILS) else text or ""
