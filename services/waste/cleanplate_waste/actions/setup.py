"""What a canteen's weighing screen offers: containers, densities, prices."""

from collections.abc import Mapping
from uuid import UUID

from sqlalchemy import delete
from sqlmodel import Session, col, select

from cleanplate_shared.contracts.waste import Stream
from cleanplate_shared.contracts.waste_setup import Container, StreamSetup, WeighingSetup
from cleanplate_shared.i18n import Locale, Message, msg
from cleanplate_shared.identity import Identity, find_canteen
from cleanplate_shared.roles import KITCHEN, MANAGEMENT
from cleanplate_waste.actions.days import lock_canteens
from cleanplate_waste.domain.setup import GRAMS_PER_BUCKET, GRAMS_PER_LITRE
from cleanplate_waste.models import ContainerRow, SetupRow, StreamSetupRow

_CONTAINERS: Mapping[str, Message] = {
    "pan": msg("Pan"),
    "tub": msg("Tub"),
    "bucket": msg("Bucket"),
    "crate": msg("Crate"),
}


def show_setup(
    session: Session, caller: Identity, canteen_id: UUID, locale: Locale
) -> WeighingSetup:
    """Return what a canteen weighs in, every stream included.

    Args:
        session: of this service's database.
        caller: who asks.
        canteen_id: of which canteen.
        locale: the language of the containers that a canteen has before it names its own.

    Raises:
        NotFound, Forbidden: not a kitchen of the caller.
    """
    find_canteen(session, caller, KITCHEN, canteen_id)
    mine = select(StreamSetupRow).where(col(StreamSetupRow.canteen_id) == canteen_id)
    known = {row.stream: row for row in session.exec(mine)}
    return WeighingSetup(
        containers=_containers(session, canteen_id, locale),
        streams=[_stream(stream, known.get(stream.value)) for stream in Stream],
    )


def set_setup(
    session: Session, caller: Identity, canteen_id: UUID, wanted: WeighingSetup, locale: Locale
) -> WeighingSetup:
    """Set what a canteen weighs in; weighings that are kept stay as they were entered.

    Raises:
        NotFound, Forbidden: not a canteen that the caller manages.
    """
    find_canteen(session, caller, MANAGEMENT, canteen_id)
    lock_canteens(session, [canteen_id])
    for table in (ContainerRow, StreamSetupRow):
        session.execute(delete(table).where(col(table.canteen_id) == canteen_id))
    session.merge(SetupRow(canteen_id=canteen_id))
    session.add_all(
        ContainerRow(canteen_id=canteen_id, position=position, **one.model_dump())
        for position, one in enumerate(wanted.containers)
    )
    session.add_all(
        StreamSetupRow(canteen_id=canteen_id, **one.model_dump(mode="json"))
        for one in wanted.streams
    )
    session.flush()
    return show_setup(session, caller, canteen_id, locale)


def _containers(session: Session, canteen_id: UUID, locale: Locale) -> list[Container]:
    if session.get(SetupRow, canteen_id) is None:
        return [Container(code=code, name=name.in_(locale)) for code, name in _CONTAINERS.items()]
    mine = select(ContainerRow).where(col(ContainerRow.canteen_id) == canteen_id)
    rows = session.exec(mine.order_by(col(ContainerRow.position)))
    return [Container(code=row.code, name=row.name, tare_grams=row.tare_grams) for row in rows]


def _stream(stream: Stream, row: StreamSetupRow | None) -> StreamSetup:
    if row is None:
        return StreamSetup(
            stream=stream, grams_per_litre=GRAMS_PER_LITRE, grams_per_bucket=GRAMS_PER_BUCKET
        )
    return StreamSetup(
        stream=stream,
        grams_per_litre=row.grams_per_litre,
        grams_per_bucket=row.grams_per_bucket,
        value_fen_per_kg=row.value_fen_per_kg,
    )
