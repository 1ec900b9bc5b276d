"""Importing units and people: all rows or none, and the same file twice changes nothing."""

from collections.abc import Sequence

from sqlalchemy import insert
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, select

from cleanplate_directory import domain
from cleanplate_directory.actions import scope
from cleanplate_directory.domain import Place
from cleanplate_directory.models import OrganizationRow, UnitRow
from cleanplate_shared.contracts.directory import UnitSheetRow
from cleanplate_shared.errors import Conflict
from cleanplate_shared.i18n import msg
from cleanplate_shared.identity import Identity
from cleanplate_shared.roles import ANYONE, MANAGEMENT
from cleanplate_shared.tabular import Findings, ImportAnswer, Line


class ChangedMeanwhile(Conflict, title=msg("Somebody changed the same entries just now")):
    """Another import or entry was written between reading and writing; try again."""


class Organizations:
    """The organisations in a caller's sight, by name as a sheet has it."""

    def __init__(self, session: Session, caller: Identity) -> None:
        seen = select(OrganizationRow).where(scope.organizations_in(caller, ANYONE))
        self._by_name: dict[str, list[OrganizationRow]] = {}
        for row in session.exec(seen):
            self._by_name.setdefault(row.name, []).append(row)

    def find(self, number: int, name: str, findings: Findings) -> OrganizationRow | None:
        """Return the organisation that a row names; notes in `findings` if it is not clear."""
        found = self._by_name.get(name, [])
        if not found:
            text = msg("There is no such organisation in your charge; add it first.")
            findings.add(number, "organization", name, "UnknownOrganization", text)
        elif len(found) > 1:
            text = msg("Several organisations have this name; rename one of them.")
            findings.add(number, "organization", name, "AmbiguousOrganization", text)
        return found[0] if len(found) == 1 else None


def import_units(
    session: Session,
    caller: Identity,
    lines: Sequence[Line[UnitSheetRow]],
    findings: Findings,
    *,
    dry_run: bool,
) -> ImportAnswer:
    """Add the units that are not there yet.

    Raises:
        RowsRefused: a row has a mistake; nothing was changed.
        ChangedMeanwhile: somebody else added the same units at the same time.
    """
    organizations = Organizations(session, caller)
    wanted: dict[tuple[object, str], UnitRow] = {}
    for line in lines:
        found = organizations.find(line.number, line.row.organization, findings)
        if found is None:
            continue
        if not domain.holds(caller.grants, MANAGEMENT, Place(found.path)):
            text = msg("You do not manage this organisation.")
            findings.add(line.number, "organization", found.name, "NotYours", text)
        row = UnitRow(name=line.row.unit, organization_id=found.id)
        wanted.setdefault((found.id, row.name), row)
    findings.check()
    there = select(UnitRow.organization_id, UnitRow.name).where(
        col(UnitRow.organization_id).in_({row.organization_id for row in wanted.values()})
    )
    known = {(organization_id, name) for organization_id, name in session.exec(there)}
    new = [row.model_dump() for key, row in wanted.items() if key not in known]
    if new and not dry_run:
        try:
            with session.begin_nested():
                session.execute(insert(UnitRow), new)
        except IntegrityError as error:
            raise ChangedMeanwhile(msg("Please import the file again.")) from error
    return ImportAnswer(
        created=len(new), updated=0, unchanged=len(lines) - len(new), dry_run=dry_run
    )
