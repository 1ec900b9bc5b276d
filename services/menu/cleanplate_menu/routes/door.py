"""The door: who is expected, and how many others counted."""

from uuid import UUID

from fastapi import APIRouter, Response

from cleanplate_menu.actions.door.counting import count_attendance as count
from cleanplate_menu.actions.door.refusals import RosterClosed
from cleanplate_menu.actions.door.roster import show_roster as read_roster
from cleanplate_shared.contracts.menu import Attendance
from cleanplate_shared.contracts.menu_door import AttendanceCountCreate, Roster
from cleanplate_shared.db import DatabaseDep
from cleanplate_shared.errors import Forbidden, NotFound, refusals
from cleanplate_shared.etag import NOT_MODIFIED, IfNoneMatch, respond, tagged
from cleanplate_shared.identity import KitchenDep

router = APIRouter(prefix="/meal-sessions", tags=["door"])


@router.get(
    "/{meal_session_id}/roster",
    response_model=Roster,
    responses=NOT_MODIFIED | refusals(NotFound, Forbidden, RosterClosed),
)
def show_roster(
    meal_session_id: UUID, caller: KitchenDep, db: DatabaseDep, if_none_match: IfNoneMatch = None
) -> Response:
    """List who is registered, by name: for the door, from the evening before to the day's end."""
    with db.reading() as session:
        roster = read_roster(session, caller, meal_session_id)
    return respond(tagged(roster.model_dump_json().encode()), if_none_match)


@router.put("/{meal_session_id}/attendance-count", responses=refusals(NotFound, Forbidden))
def count_attendance(
    meal_session_id: UUID, counted: AttendanceCountCreate, caller: KitchenDep, db: DatabaseDep
) -> Attendance:
    """Set the independent count of who ate (turnstile, till, plates, by hand)."""
    with db.transaction() as session:
        return count(session, caller, meal_session_id, counted)
