"""Importing people: what each row means is worked out first, then all of it is written."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import bindparam, delete, insert, update
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, select

from cleanplate_directory import domain
from cleanplate_directory.actions import scope
from cleanplate_directory.actions.announcing import tell_of_people
from cleanplate_directory.actions.imports import ChangedMeanwhile, Organizations
from cleanplate_directory.actions.sign_ins import renew_tokens
from cleanplate_directory.domain import Place
from cleanplate_directory.models import GrantRow, OrganizationRow, PersonRow, UnitRow
from cleanplate_shared.contracts.directory import PersonSheetRow
from cleanplate_shared.i18n import Message, msg
from cleanplate_shared.identity import Identity, find_canteens
from cleanplate_shared.roles import ANYONE, MANAGEMENT, Grant, Role
from cleanplate_shared.tables import KnownCanteenRow
from cleanplate_shared.tabular import Findings, ImportAnswer, Line

_AT_ONCE = 500


@dataclass(frozen=True)
class _Wanted:
    """One row, with what it names looked up."""

    line: Line[PersonSheetRow]
    organization: OrganizationRow
    unit_id: UUID
    canteen: KnownCanteenRow

    @property
    def key(self) -> tuple[UUID, str]:
        return self.organization.id, self.line.row.number


@dataclass
class _Known:
    """What is in the directory already, of the organisations that the file names.

    Attributes:
        cards: by whom a card is held, unless the file gives its holder another one.
    """

    people: dict[tuple[UUID, str], PersonRow] = field(default_factory=dict)
    grants: dict[UUID, list[GrantRow]] = field(default_factory=dict)
    places: dict[UUID, Place] = field(default_factory=dict)
    user_names: dict[str, UUID] = field(default_factory=dict)
    cards: dict[str, UUID] = field(default_factory=dict)


@dataclass
class _Plan:
    """What is to be written."""

    new_people: list[dict[str, object]] = field(default_factory=list)
    changed_people: list[dict[str, object]] = field(default_factory=list)
    new_grants: list[dict[str, object]] = field(default_factory=list)
    old_grants: list[UUID] = field(default_factory=list)
    demoted: list[UUID] = field(default_factory=list)
    freed_cards: list[UUID] = field(default_factory=list)
    touched: list[UUID] = field(default_factory=list)


def import_people(
    session: Session,
    caller: Identity,
    lines: Sequence[Line[PersonSheetRow]],
    findings: Findings,
    now: datetime,
    *,
    dry_run: bool,
) -> ImportAnswer:
    """Add people, and bring those that are there to what the file says.

    A row sets the person's role at its canteen; roles elsewhere stay. Without a card or user name
    the person keeps theirs; a card whose holder gets another one by the same file is free for the
    others, whichever row comes first. Who has a user name gets no password here: it is given with
    `one-time-password`.

    Raises:
        RowsRefused: a row has a mistake; nothing was changed.
        ChangedMeanwhile: somebody else wrote the same people at the same time.
    """
    wanted = _look_up(session, caller, lines, findings)
    _note_repeats(wanted, findings)
    known = _read_known(session, wanted)
    plan = _Plan()
    for row in wanted:
        _check_row(caller, row, known, findings)
        _plan_row(row, known, plan)
    findings.check()
    if not dry_run:
        _write(session, plan, now)
    return ImportAnswer(
        created=len(plan.new_people),
        updated=len(plan.touched) - len(plan.new_people),
        unchanged=len(lines) - len(plan.touched),
        dry_run=dry_run,
    )


def _look_up(
    session: Session,
    caller: Identity,
    lines: Sequence[Line[PersonSheetRow]],
    findings: Findings,
) -> list[_Wanted]:
    organizations = Organizations(session, caller)
    canteens: dict[str, list[KnownCanteenRow]] = {}
    for seen_canteen in find_canteens(session, caller, ANYONE):
        canteens.setdefault(seen_canteen.name, []).append(seen_canteen)
    seen = select(UnitRow).join(OrganizationRow).where(scope.organizations_in(caller, ANYONE))
    units = {(row.organization_id, row.name): row.id for row in session.exec(seen)}
    wanted = []
    for line in lines:
        organization = organizations.find(line.number, line.row.organization, findings)
        canteen = _find_canteen(line, organization, canteens, findings)
        unit_id = units.get((organization.id, line.row.unit)) if organization else None
        if organization and unit_id is None:
            text = msg("The organisation has no such unit; import the units first.")
            findings.add(line.number, "unit", line.row.unit, "UnknownUnit", text)
        if organization and canteen and unit_id:
            wanted.append(_Wanted(line, organization, unit_id, canteen))
    return wanted


def _find_canteen(
    line: Line[PersonSheetRow],
    organization: OrganizationRow | None,
    canteens: dict[str, list[KnownCanteenRow]],
    findings: Findings,
) -> KnownCanteenRow | None:
    named = canteens.get(line.row.canteen, [])
    own = [row for row in named if organization and row.organization_id == organization.id]
    found = own or named
    if len(found) == 1:
        return found[0]
    code, text = "UnknownCanteen", msg("There is no such canteen in your charge; add it first.")
    if found:
        code, text = "AmbiguousCanteen", msg("Several canteens have this name; rename one of them.")
    findings.add(line.number, "canteen", line.row.canteen, code, text)
    return None


def _note_repeats(wanted: Sequence[_Wanted], findings: Findings) -> None:
    numbers: set[tuple[UUID, str]] = set()
    user_names: set[str] = set()
    cards: set[str] = set()
    for row in wanted:
        if row.key in numbers:
            text = msg("This number came before in the file; keep one of the rows.")
            findings.add(row.line.number, "number", row.line.row.number, "NumberTwice", text)
        numbers.add(row.key)
        user_name = (row.line.row.user_name or "").casefold()
        if user_name and user_name in user_names:
            text = msg("This user name came before in the file; choose another.")
            findings.add(row.line.number, "user_name", user_name, "UserNameTwice", text)
        user_names.add(user_name)
        card = row.line.row.card
        if card and card in cards:
            text = msg("This card came before in the file; a card has one holder.")
            findings.add(row.line.number, "card", card, "CardTwice", text)
        cards |= {card} if card else set()


def _read_known(session: Session, wanted: Sequence[_Wanted]) -> _Known:
    known = _Known()
    ids = {row.organization.id for row in wanted}
    people = select(PersonRow).where(col(PersonRow.organization_id).in_(ids))
    known.people = {(row.organization_id, row.number): row for row in session.exec(people)}
    grants = select(GrantRow).join(PersonRow).where(col(PersonRow.organization_id).in_(ids))
    for grant in session.exec(grants):
        known.grants.setdefault(grant.person_id, []).append(grant)
    freed = {
        person.id
        for row in wanted
        if (person := known.people.get(row.key)) and "card" in _changes(row, person)
    }
    for start in range(0, len(wanted), _AT_ONCE):
        rows = wanted[start : start + _AT_ONCE]
        names = [(row.line.row.user_name or "").casefold() for row in rows]
        taken = select(PersonRow.user_name, PersonRow.id).where(col(PersonRow.user_name).in_(names))
        known.user_names |= {name: id_ for name, id_ in session.exec(taken) if name}
        cards = [row.line.row.card for row in rows if row.line.row.card]
        held_by = select(PersonRow.card, PersonRow.id).where(col(PersonRow.card).in_(cards))
        known.cards |= {
            card: id_ for card, id_ in session.exec(held_by) if card and id_ not in freed
        }
    held = {
        (grant.canteen_id, grant.organization_id): _contract(grant)
        for row in wanted
        if (person := known.people.get(row.key))
        for grant in known.grants.get(person.id, [])
    }
    known.places = scope.places(session, held.values())
    return known


def _check_row(caller: Identity, row: _Wanted, known: _Known, findings: Findings) -> None:
    sheet = row.line.row

    def note(column: str, value: object, code: str, text: Message) -> None:
        findings.add(row.line.number, column, value, code, text)

    person = known.people.get(row.key)
    place = Place(row.canteen.path, row.canteen.id)
    if not domain.may_give(caller.grants, sheet.role, place):
        note("role", sheet.role.value, "RoleNotYours", msg("This role is not yours to give here."))
    taken_by = known.user_names.get((sheet.user_name or "").casefold())
    if taken_by is not None and (person is None or taken_by != person.id):
        text = msg("Somebody else has this user name; choose another.")
        note("user_name", sheet.user_name, "UserNameTaken", text)
    held_by = known.cards.get(sheet.card or "")
    if held_by is not None and (person is None or held_by != person.id):
        text = msg("Somebody else has this card; take it away from them first.")
        note("card", sheet.card, "CardTaken", text)
    if person is not None and not _may_change(caller, row, person, known):
        text = msg("You may not change this person; ask their administrator.")
        note("number", sheet.number, "NotYours", text)


def _may_change(caller: Identity, row: _Wanted, person: PersonRow, known: _Known) -> bool:
    """Say whether the caller may make of this person what the row says."""
    grants = known.grants.get(person.id, [])
    replaced = _replaced(row, grants)
    if not _changes(row, person):  # then only a role at this canteen is added or replaced
        grants = replaced
    elif not grants:
        return domain.holds(caller.grants, MANAGEMENT, Place(row.organization.path))
    return all(
        domain.may_give(
            caller.grants, Role(grant.role), known.places[scope.scope_of(_contract(grant))]
        )
        for grant in grants
    )


def _plan_row(row: _Wanted, known: _Known, plan: _Plan) -> None:
    person = known.people.get(row.key)
    person_id = person.id if person else uuid4()
    grants = known.grants.get(person_id, [])
    has_role = any(
        grant.canteen_id == row.canteen.id and grant.role == row.line.row.role for grant in grants
    )
    if person is None:
        plan.new_people.append(_new_person(row, person_id))
    elif has_role and not _changes(row, person):
        return
    else:
        changed = _changes(row, person) | {"version": person.version + 1}
        plan.freed_cards += [person_id] if "card" in changed else []
        plan.changed_people.append(
            {
                "b_id": person_id,
                "name": changed.get("name", person.name),
                "unit_id": changed.get("unit_id", person.unit_id),
                "user_name": changed.get("user_name", person.user_name),
                "card": changed.get("card", person.card),
                "version": changed["version"],
            }
        )
    plan.touched.append(person_id)
    if not has_role:
        gone = [grant.id for grant in _replaced(row, grants)]
        plan.old_grants += gone
        plan.demoted += [person_id] if gone else []
        new = GrantRow(person_id=person_id, role=row.line.row.role, canteen_id=row.canteen.id)
        plan.new_grants.append(new.model_dump())


def _write(session: Session, plan: _Plan, now: datetime) -> None:
    try:
        with session.begin_nested():
            _write_all(session, plan)
    except IntegrityError as error:
        raise ChangedMeanwhile(msg("Please import the file again.")) from error
    for start in range(0, len(plan.demoted), _AT_ONCE):
        renew_tokens(session, plan.demoted[start : start + _AT_ONCE], now)
    tell_of_people(session, plan.touched)


def _write_all(session: Session, plan: _Plan) -> None:
    for start in range(0, len(plan.old_grants), _AT_ONCE):
        gone = plan.old_grants[start : start + _AT_ONCE]
        session.execute(delete(GrantRow).where(col(GrantRow.id).in_(gone)))
    connection = session.connection()
    one = update(PersonRow).where(col(PersonRow.id) == bindparam("b_id"))
    if plan.freed_cards:
        connection.execute(one.values(card=None), [{"b_id": id_} for id_ in plan.freed_cards])
    if plan.new_people:
        connection.execute(insert(PersonRow), plan.new_people)
    if plan.changed_people:
        connection.execute(one, plan.changed_people)
    if plan.new_grants:
        connection.execute(insert(GrantRow), plan.new_grants)
    session.expire_all()


def _new_person(row: _Wanted, person_id: UUID) -> dict[str, object]:
    sheet = row.line.row
    return PersonRow(
        id=person_id,
        organization_id=row.organization.id,
        number=sheet.number,
        name=sheet.name,
        unit_id=row.unit_id,
        card=sheet.card,
        user_name=sheet.user_name.casefold() if sheet.user_name else None,
    ).model_dump()


def _changes(row: _Wanted, person: PersonRow) -> dict[str, object]:
    sheet = row.line.row
    wanted: dict[str, object] = {"name": sheet.name, "unit_id": row.unit_id}
    if sheet.user_name:
        wanted["user_name"] = sheet.user_name.casefold()
    if sheet.card:
        wanted["card"] = sheet.card
    return {key: value for key, value in wanted.items() if getattr(person, key) != value}


def _replaced(row: _Wanted, grants: Sequence[GrantRow]) -> list[GrantRow]:
    """Return the person's other roles at the canteen of the row."""
    here = [grant for grant in grants if grant.canteen_id == row.canteen.id]
    return [grant for grant in here if grant.role != row.line.row.role]


def _contract(row: GrantRow) -> Grant:
    return Grant(role=row.role, canteen_id=row.canteen_id, organization_id=row.organization_id)
