"""What imports of tables share: the caller's canteens by name, and the answer to a file."""

from collections.abc import Callable
from dataclasses import dataclass

from sqlmodel import Session

from cleanplate_shared.db import Database
from cleanplate_shared.i18n import msg
from cleanplate_shared.identity import Identity, find_canteens
from cleanplate_shared.roles import MANAGEMENT
from cleanplate_shared.tables import KnownCanteenRow
from cleanplate_shared.tabular import Findings, ImportAnswer


@dataclass
class Changes:
    """What an import did, in rows of the file."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0


class Canteens:
    """The canteens that the caller manages, by name."""

    def __init__(self, session: Session, caller: Identity, findings: Findings) -> None:
        self._findings = findings
        self._by_name: dict[str, list[KnownCanteenRow]] = {}
        for row in find_canteens(session, caller, MANAGEMENT):
            self._by_name.setdefault(row.name, []).append(row)

    def find(self, line: int, name: str) -> KnownCanteenRow | None:
        """Return the canteen of a row; None, and a finding, if there is not exactly one."""
        found = self._by_name.get(name, [])
        if len(found) == 1:
            return found[0]
        said = (
            msg("Several of your canteens have this name; rename one.")
            if found
            else msg("You manage no canteen named {name}; check the name.", name=name)
        )
        self._findings.add(line, "canteen", name, "unknown_canteen", said)
        return None


def take_table(
    db: Database, act: Callable[[Session], Changes], *, dry_run: bool = False
) -> ImportAnswer:
    """Return what `act` did in a transaction of its own; a dry run is undone."""
    with db.transaction() as session:
        changes = act(session)
        if dry_run:
            session.rollback()
    return ImportAnswer(
        created=changes.created,
        updated=changes.updated,
        unchanged=changes.unchanged,
        dry_run=dry_run,
    )
