"""No-shows that turned out to be none."""

from sqlalchemy import ColumnElement, update
from sqlmodel import Session

from cleanplate_menu.models import NO_SHOWS
from cleanplate_shared.contracts.menu_door import NoShowState

_SETTLED = [NoShowState.UPHELD.value, NoShowState.WITHDRAWN.value]
STANDING = [state.value for state in NoShowState if state.value not in _SETTLED]


def withdraw(session: Session, which: ColumnElement[bool]) -> None:
    """Withdraw the no-shows of `which` that still stand."""
    session.connection().execute(
        update(NO_SHOWS)
        .where(which, NO_SHOWS.c.state.in_(STANDING))
        .values(state=NoShowState.WITHDRAWN.value)
    )
