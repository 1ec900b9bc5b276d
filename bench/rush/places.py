"""One database with ours and the textbook's tables in it, and the loads that are put on them."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlmodel import Session

from bench import textbook
from bench.rush import world
from bench.rush.load import Load, Outcome
from bench.rush.servers import Servers, served
from bench.rush.world import World
from cleanplate_shared.clock import now

REQUESTS = 6000
AT_ONCE = 64
MEALS = 20
_WARMING = 400
SLOTS = 5  # groups of meals: a measurement does not meet the rows of the one before
_SINGLE = 10  # meals beside them: for warming up, and hot ones
_EVENTS = "SELECT count(*) FROM outbox"


@dataclass
class Place:
    """A database under test.

    Attributes:
        name: for people.
        world: our installation in it.
        textbook_url: the textbook's database in it, with the same meals.
        pids: of the database server; none for SQLite.
        standing: how many of our registrations were acknowledged and not cancelled.
        textbook_standing: the same of the textbook's.
        singles: how many of the single meals were used.
    """

    name: str
    world: World
    textbook_url: str
    pids: list[int] = field(default_factory=list)
    standing: int = 0
    textbook_standing: int = 0
    singles: int = 0

    def serve(self, kind: str, processes: int) -> AbstractContextManager[Servers]:
        """Start ours or the textbook's servers on this database."""
        theirs = {"TEXTBOOK_URL": self.textbook_url, "TEXTBOOK_KEY": self.world.public_key}
        return served(kind, processes, self.world.environment | theirs)

    def warm_up(self, servers: Servers) -> int:
        """Let code and caches settle; return how many registrations that made."""
        wanted = world.registrations(self.world.diners[REQUESTS:], [self.one_meal()])
        return servers.answer(Load([], wanted, 201, AT_ONCE)).answered

    def warm_up_ours(self, servers: Servers) -> None:
        """Let our code, caches and the worker settle."""
        self.standing += self.warm_up(servers)
        self.world.wait_until_told()

    def meals(self, slot: int) -> list[str]:
        """Return a group of meals that no other measurement uses."""
        return self.world.sessions[slot * MEALS : (slot + 1) * MEALS]

    def one_meal(self) -> str:
        """Return a meal that nothing else uses."""
        self.singles += 1
        return self.world.sessions[SLOTS * MEALS + self.singles - 1]

    def rush(
        self,
        servers: Servers,
        meals: Sequence[str],
        people: int = REQUESTS,
        **how: Any,  # noqa: ANN401
    ) -> Outcome:
        """Let people register for one of these meals each; `how` are further fields of the load."""
        wanted = world.registrations(self.world.diners[:people], meals)
        return servers.answer(Load([], wanted, 201, AT_ONCE, database=self.pids, **how))

    def undo(self, servers: Servers, outcome: Outcome) -> Outcome:
        """Let half of them cancel what they were answered."""
        wanted = world.cancellations(self.world.diners, outcome.bodies[: REQUESTS // 2])
        return servers.answer(Load([], wanted, 204, AT_ONCE, database=self.pids))

    def check(self) -> None:
        """Make sure that rows, seats and the textbook's events are as many as acknowledged."""
        self.world.check_count(self.standing)
        engine = textbook.connect(self.textbook_url)
        with engine.connect() as connection:
            events = connection.scalar(text(_EVENTS))
        engine.dispose()
        if events != self.textbook_standing:
            raise RuntimeError(f"textbook: {self.textbook_standing} acknowledged, {events} events")


def make(name: str, url: Callable[[str], str], folder: Path, pids: Sequence[int] = ()) -> Place:
    """Fill a database.

    Args:
        name: for people.
        url: makes a new database of that name and returns its address.
        folder: where files may be put.
        pids: of the database server.
    """
    installed = world.make(url, REQUESTS + _WARMING, SLOTS * MEALS + _SINGLE, folder)
    theirs = url("textbook")
    fill_textbook(theirs, [UUID(one) for one in installed.sessions])
    return Place(name, installed, theirs, list(pids))


def fill_textbook(url: str, meals: Sequence[UUID]) -> None:
    """Make the textbook's tables, and these meals in them."""
    engine = textbook.connect(url)
    textbook.Table.metadata.create_all(engine)
    with Session(engine) as session:
        session.add_all(
            textbook.MealSession(id=one, cutoff_at=now() + timedelta(days=1), capacity=100_000)
            for one in meals
        )
        session.commit()
    engine.dispose()
