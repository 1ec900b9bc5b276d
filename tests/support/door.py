"""Doors for tests: people with numbers, groups, tokens of a day to come."""

import uuid
from datetime import UTC, datetime, timedelta

from cleanplate_menu.domain import pickup_code
from cleanplate_menu.models import KnownPersonRow, MealSessionRow, RegistrationRow
from support.identities import bearer
from support.services import CANTEEN, ServiceUnderTest


def known(
    service: ServiceUnderTest,
    number: str,
    canteen_id: uuid.UUID = CANTEEN,
    unit: tuple[uuid.UUID, str] | None = None,
) -> uuid.UUID:
    """Make a person known who eats at a canteen; return the id."""
    row = KnownPersonRow(
        id=uuid.uuid4(), name=f"示例{number}", number=number, canteen_ids=[str(canteen_id)],
        unit_id=unit[0] if unit else None, unit=unit[1] if unit else None, active=True, version=1,
    )  # fmt: skip
    with service.db.transaction() as session:
        session.add(row)
    return row.id


def groups(service: ServiceUnderTest, meal: dict, host: uuid.UUID, headcount: int) -> str:
    """Register guests of a host; return their code."""
    code = pickup_code()
    with service.db.transaction() as session:
        row = session.get_one(MealSessionRow, uuid.UUID(meal["id"]), with_for_update=True)
        row.registered += headcount
        session.add(
            RegistrationRow(
                meal_session_id=row.id, person_id=host, kind="guest", headcount=headcount,
                portion="full", status="registered", pickup_code=code,
                registered_at=service.clock.at,
            )
        )  # fmt: skip
    return code


def here(meal: dict, **who: str) -> dict:
    """Return an item of a check-in batch."""
    return {"meal_session_id": meal["id"], **who}


def code_of(registration: dict) -> dict[str, str]:
    """Return who a registration's code says."""
    return {"pickup_code": registration["pickup_code"]}


def at(instant: datetime) -> datetime:
    """Return an instant as the test's clock takes it."""
    return instant.astimezone(UTC)


def token_at(
    service: ServiceUnderTest,
    role: str,
    canteen_id: uuid.UUID = CANTEEN,
    person_id: uuid.UUID | None = None,
) -> dict[str, str]:
    """Return the request header of somebody signed in when the test's clock says."""
    later = (service.clock.at + timedelta(hours=1)).timestamp()
    earlier = min(service.clock.at, datetime.now(UTC)).timestamp()
    return bearer(role, canteen_id, person_id=person_id, exp=later, iat=earlier)
