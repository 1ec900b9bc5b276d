"""Where the time of a registration goes: `python -m bench.rush.profile [postgresql]`, by hand.

First what parts of the way cost (requests that are refused further and further in), in processor
time of the whole server; then the functions that take the most of it, under cProfile.
"""

import pstats
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

from bench.rush import places, postgres, world
from bench.rush.load import Load
from bench.rush.places import AT_ONCE, REQUESTS, Place
from bench.rush.servers import Servers, served
from cleanplate_gateway.cli import logs

_FUNCTIONS = 60


def main(database: str = "sqlite") -> None:
    """Print both tables."""
    logs.quiet()
    with tempfile.TemporaryDirectory() as name, _place(database, Path(name)) as place:
        with place.serve("ours", 1) as servers:
            place.warm_up_ours(servers)
            _steps(place, servers)
        stats = Path(name) / "profile"
        environment = place.world.environment | {"BENCH_PROFILE": str(stats)}
        with served("ours", 1, environment) as servers:
            place.warm_up_ours(servers)
            place.rush(servers, place.meals(1), 2000, most_seconds=60)
        for path in (stats, Path(f"{stats}.threads")):
            if path.exists():
                sys.stdout.write(f"\n{path.name}\n")
                profile = pstats.Stats(str(path), stream=sys.stdout)
                profile.sort_stats("tottime").print_stats(_FUNCTIONS)
                profile.sort_stats("cumtime").print_stats(_FUNCTIONS)


def _steps(place: Place, servers: Servers) -> None:
    known = world.registrations(place.world.diners[:REQUESTS], place.meals(0))
    steps = {
        "answered by the gateway (404)": ([one.replace("/menu/", "/none/") for one in known], 404),
        "no route (404)": ([one.replace("registrations", "none") for one in known], 404),
        "no token (401)": ([one.replace("Bearer", "None") for one in known[:2500]], 401),
        "bad body (422)": ([one.replace("full", "none") for one in known], 422),
        "no such meal (404)": (
            world.registrations(place.world.diners[:REQUESTS], [str(uuid4())]),
            404,
        ),
        "registered (201)": (known, 201),
        "twice (409)": (known[:500], 409),
    }
    for what, (requests, status) in steps.items():
        answered = servers.answer(
            Load([], requests, status, AT_ONCE, most_seconds=6, database=place.pids)
        )
        each = 1e6 / answered.answered
        sys.stdout.write(
            f"{what:32} {answered.answered / answered.seconds:6.0f}/s"
            f" {answered.app_seconds * each:6.0f} us app"
            f" {answered.database_seconds * each:6.0f} us database"
            f" {answered.p99_ms:6.0f} ms p99\n"
        )
        sys.stdout.flush()


@contextmanager
def _place(database: str, folder: Path) -> Iterator[Place]:
    if database == "sqlite":
        yield places.make(database, lambda one: f"sqlite:///{folder / one}.sqlite3", folder)
        return
    with postgres.started() as server:
        yield places.make(database, server.url, folder, [server.pid])


if __name__ == "__main__":
    main(*sys.argv[1:])
