"""Everybody registers in the same ten minutes: ours beside three things that it could be.

(a) the textbook's route (bench/textbook.py), (b) a hello from the same server, which neither
checks nor keeps anything, (c) the database alone doing the same transaction. Ours is the whole
stack of `cleanplate up` in one or two server processes and a worker, whose time counts as ours; 64
kept connections, every request another diner with a token that is verified, over 20 meals; every
answer must be 201 and the rows are counted. "Diners known" is the same where the server has seen
each token once before, as of those who looked at the menu first. How closely two of them can be
compared depends on who else uses the machine: the figures say how many cores others took.
"""

import sys
import tempfile
from pathlib import Path
from typing import Any
from uuid import UUID

from bench import by_hand
from bench.rush import places, postgres, world
from bench.rush.load import Load, Outcome
from bench.rush.places import AT_ONCE, MEALS, REQUESTS, Place
from bench.rush.postgres import Alone, Postgres
from bench.rush.servers import Servers, served

_PACE = 600.0
_PACED_SECONDS = 5
_SLOW_FLUSH_US = 2000
_ALONE_SECONDS = 4
_CPU = "application CPU us each"
_SAME_ROWS = """
\\set meal random(1, 20)
WITH seat AS (
    UPDATE meal_session SET registered = registered + 1
    WHERE id = ('00000000-0000-0000-0000-' || lpad(:meal::text, 12, '0'))::uuid
        AND registered < capacity AND cutoff_at > now()
    RETURNING id),
made AS (
    INSERT INTO registration (id, meal_session_id, person_id, portion, status, pickup_code,
        registered_at)
    SELECT gen_random_uuid(), id, gen_random_uuid(), 'full', 'registered',
        gen_random_uuid()::text, now() FROM seat
    ON CONFLICT DO NOTHING RETURNING id)
INSERT INTO outbox (event_id, name, payload, at)
SELECT gen_random_uuid(), 'menu.registered.v1', '{"registration_id": "' || id || '"}', now()
FROM made;
"""


class _Report:
    """Gathers figures and ratios under names that speak for themselves."""

    def __init__(self) -> None:
        self.figures: dict[str, float] = {}
        self.ratios: dict[str, float] = {}

    def note(self, what: str, outcome: Outcome) -> float:
        """Keep what was measured; return the requests per second."""
        rate, each = outcome.answered / outcome.seconds, 1e6 / outcome.answered
        sys.stderr.write(f"{what}: {rate:.0f}/s\n")
        self.figures |= {
            f"{what}: per second": rate,
            f"{what}: p50 ms": outcome.p50_ms,
            f"{what}: p99 ms": outcome.p99_ms,
            f"{what}: {_CPU}": outcome.app_seconds * each,
            f"{what}: client CPU us each": outcome.client_seconds * each,
            f"{what}: cores taken by others": outcome.others_seconds / outcome.seconds,
        }
        if outcome.database_seconds:
            self.figures[f"{what}: database CPU us each"] = outcome.database_seconds * each
        return rate

    def note_alone(self, what: str, alone: Alone) -> float:
        """Keep what the database does by itself; return the transactions per second."""
        self.figures |= {
            f"{what}: per second": alone.per_second,
            f"{what}: mean ms": alone.mean_ms,
            f"{what}: database CPU us each": alone.database_us,
        }
        return alone.per_second


def measure() -> Any:  # noqa: ANN401
    """Return how ours compares, on both databases, with one process and with two."""
    report = _Report()
    with tempfile.TemporaryDirectory() as name, postgres.started() as server:
        folder = Path(name)
        report.figures["flush to disk, ms"] = postgres.flush_ms(folder)
        files = places.make("SQLite", lambda one: f"sqlite:///{folder / one}.sqlite3", folder)
        tables = places.make("PostgreSQL", server.url, folder, [server.pid])
        hello = _hello(report, files)
        for place in (files, tables):
            limits = _by_hand(report, folder) if place is files else _alone(report, server)
            for processes in (1, 2):
                ours, known = _compare(report, place, processes)
                others = {"hello of the same server": hello[processes]} | limits
                for reference, rate in others.items():
                    label = f"{place.name}, {processes} process: against {reference}"
                    report.ratios[label] = ours / rate
                    report.ratios[f"{label}, diners known"] = known / rate
        _slow_flush(report, tables, server, hello[1])
        for place in (files, tables):
            place.check()
    return {"ratios": report.ratios, "figures": report.figures}


def _hello(report: _Report, place: Place) -> dict[int, float]:
    wanted = world.registrations(place.world.diners[:REQUESTS], place.meals(0))
    found: dict[int, float] = {}
    for kind, processes in (("hello", 1), ("hello", 2), ("raw", 1)):
        with served(kind, processes, {}) as servers:
            servers.answer(Load([], wanted[:1000], 201, AT_ONCE))
            outcome = servers.answer(Load([], wanted, 201, AT_ONCE))
        what = "hello" if kind == "hello" else "hello without a framework"
        rate = report.note(f"{what}, {processes} process", outcome)
        if kind == "hello":
            found[processes] = rate
    return found


def _compare(report: _Report, place: Place, processes: int) -> tuple[float, float]:
    """Measure the textbook's route and ours; return our registrations per second.

    The second is of diners whose token the process has seen: they have looked at the menu.
    """
    where, slot = f"{place.name}, {processes} process", 2 * (processes - 1)
    with place.serve("textbook", processes) as servers:
        place.textbook_standing += place.warm_up(servers)
        outcome = place.rush(servers, place.meals(slot))
        place.textbook_standing += outcome.answered
        theirs = report.note(f"{where}, textbook", outcome)
    with place.serve("ours", processes) as servers:
        place.warm_up_ours(servers)
        outcome = place.rush(servers, place.meals(slot), keep_bodies=True)
        place.standing += outcome.answered
        ours = report.note(f"{where}, ours", outcome)
        again = place.rush(servers, place.meals(slot + 1))
        place.standing += again.answered
        known = report.note(f"{where}, ours, diners known", again)
        if processes == 1:
            undone = place.undo(servers, outcome)
            place.standing -= undone.answered
            report.note(f"{where}, ours, cancelling", undone)
            _more(report, place, servers)
    report.ratios[f"{where}: against the textbook"] = ours / theirs
    _compare_spent(report, where, f"hello, {processes} process")
    return ours, known


def _compare_spent(report: _Report, where: str, hello: str) -> None:
    """Note processor time beside the textbook's, which is more, and hello's, which is less."""
    spent = {
        who: report.figures[f"{who}: {_CPU}"]
        for who in (f"{where}, ours", f"{where}, ours, diners known", f"{where}, textbook", hello)
    }
    *ours, textbook, _ = spent
    report.ratios[f"{where}: {_CPU}, against the textbook"] = spent[ours[0]] / spent[textbook]
    for who in ours:
        report.ratios[f"{who}: {_CPU}, hello against it"] = spent[hello] / spent[who]


def _more(report: _Report, place: Place, servers: Servers) -> None:
    """Everybody wants the same meal; and, on files, they come at a fixed pace."""
    hot = place.rush(servers, [place.one_meal()])
    report.note(f"{place.name}, 1 process, ours, one hot meal", hot)
    place.standing += hot.answered
    if not place.pids:
        meals = place.meals(places.SLOTS - 1)
        paced = place.rush(servers, meals, int(_PACE * _PACED_SECONDS), per_second=_PACE)
        report.note(f"{place.name}, 1 process, ours, {_PACE:.0f} arriving per second", paced)
        place.standing += paced.answered


def _slow_flush(report: _Report, place: Place, server: Postgres, hello: float) -> None:
    """One hot meal where every flush of the log takes 2 ms longer."""
    what = f"{place.name}, 1 process, one hot meal, commit_delay 2 ms"
    server.set_commit_delay(_SLOW_FLUSH_US)
    with place.serve("textbook", 1) as servers:
        place.textbook_standing += place.warm_up(servers)
        outcome = place.rush(servers, [place.one_meal()], most_seconds=5)
        place.textbook_standing += outcome.answered
        theirs = report.note(f"{what}, textbook", outcome)
    with place.serve("ours", 1) as servers:
        place.warm_up_ours(servers)
        for who in ("ours", "ours, diners known"):
            outcome = place.rush(servers, [place.one_meal()], most_seconds=5)
            place.standing += outcome.answered
            rate = report.note(f"{what}, {who}", outcome)
            report.ratios[f"{what}: {who}, against the textbook"] = rate / theirs
            report.ratios[f"{what}: {who}, against hello of the same server"] = rate / hello
    server.set_commit_delay(0)


def _by_hand(report: _Report, folder: Path) -> dict[str, float]:
    """Return what plain sqlite3 does per second: each in a commit of its own, and 64 in one."""
    people = [str(UUID(int=number)) for number in range(REQUESTS)]
    found = {}
    for at_once, what in ((1, "sqlite3 by hand"), (AT_ONCE, "sqlite3 by hand, 64 in a commit")):
        rate = REQUESTS / by_hand.register(folder, people, MEALS, at_once)
        report.figures[f"{what}: per second"] = found[what] = rate
    return found


def _alone(report: _Report, server: Postgres) -> dict[str, float]:
    places.fill_textbook(server.url("alone"), [UUID(int=number + 1) for number in range(MEALS)])
    what = "PostgreSQL alone (pgbench)"
    return {what: report.note_alone(what, server.alone("alone", _SAME_ROWS, _ALONE_SECONDS))}
