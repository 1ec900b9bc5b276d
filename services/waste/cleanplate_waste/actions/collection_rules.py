"""What a canteen takes for the same weight."""

from uuid import UUID

from sqlmodel import Session

from cleanplate_shared.contracts.waste_manifests import CollectionRules
from cleanplate_shared.identity import Identity, find_canteen
from cleanplate_shared.newest import insert_into
from cleanplate_shared.roles import MANAGEMENT, READERS
from cleanplate_waste.models import CollectionRulesRow, Table


def rules_of(session: Session, canteen_id: UUID) -> CollectionRules:
    """Return a canteen's rules; the usual ones, if it has set none."""
    row = session.get(CollectionRulesRow, canteen_id)
    return CollectionRules.model_validate(row.model_dump(exclude={"canteen_id"}) if row else {})


def show_rules(session: Session, caller: Identity, canteen_id: UUID) -> CollectionRules:
    """Return a canteen's rules.

    Raises:
        NotFound, Forbidden: not a canteen whose figures the caller may read.
    """
    find_canteen(session, caller, READERS, canteen_id)
    return rules_of(session, canteen_id)


def set_rules(
    session: Session, caller: Identity, canteen_id: UUID, wanted: CollectionRules
) -> CollectionRules:
    """Set a canteen's rules, for what is confirmed from now on.

    Raises:
        NotFound, Forbidden: not a canteen that the caller manages.
    """
    find_canteen(session, caller, MANAGEMENT, canteen_id)
    values = wanted.model_dump()
    put = insert_into(session, Table.metadata.tables["collection_rules"])
    put = put.values(canteen_id=canteen_id, **values)
    session.connection().execute(
        put.on_conflict_do_update(index_elements=["canteen_id"], set_=values)
    )
    return wanted
