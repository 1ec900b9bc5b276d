"""What a power cut at any moment would have left of a SQLite database.

A disk keeps what was synced; of what was written since the last sync it keeps any part.
"""

import os
import random
import struct
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from support.servers import Server, free_port

_RECORD = struct.Struct("<IIQQ")
_WRITTEN, _SYNCED, _CUT = range(3)
_SECTOR = 512
_SERVER = """
import sys
import uvicorn
from cleanplate_shared import db
from cleanplate_waste.app import from_env
db._PRAGMAS = (*db._PRAGMAS, *sys.argv[2:])
uvicorn.run(from_env(), port=int(sys.argv[1]), log_config=None)
"""


@dataclass(frozen=True)
class Written:
    """One thing that was done to a file; `at` is its end in the journal."""

    at: int
    file: int
    kind: int
    offset: int
    data: bytes


@contextmanager
def watched(database: Path, folder: Path, env: dict[str, str], *pragmas: str) -> Iterator[Server]:
    """Serve the waste service; what it writes is noted in `journal` of the folder."""
    library = folder / "power.so"
    source = Path(__file__).with_name("power.c")
    compiler = ["cc", "-shared", "-fPIC", "-O1", "-o", str(library), str(source), "-ldl"]
    subprocess.run(compiler, check=True)  # noqa: S603
    noting = {
        "LD_PRELOAD": str(library),
        "POWER_JOURNAL": str(folder / "journal"),
        "POWER_FILE": str(database),
    }
    server = Server("", {}, port=free_port())
    command = [sys.executable, "-c", _SERVER, str(server.port), *pragmas]
    process = subprocess.Popen(command, env=os.environ | env | noting)  # noqa: S603
    server._process = process.pid
    try:
        server.wait()
        yield server
    finally:
        process.kill()
        process.wait()


def journal(path: Path) -> Iterator[Written]:
    """Read what was written down, in order."""
    raw, at = path.read_bytes(), 0
    while at < len(raw):
        file, kind, offset, length = _RECORD.unpack_from(raw, at)
        at += _RECORD.size
        data = raw[at : at + length] if kind == _WRITTEN else b""
        at += len(data)
        yield Written(at, file, kind, offset, data)


def left_by_a_cut(
    before: bytes, done: Sequence[Written], cut: int, rng: random.Random
) -> tuple[bytes, bytes]:
    """Return the database and its log as a disk may hold them after a cut.

    Args:
        before: the database before anything was done.
        done: all that was done, before and after the cut.
        cut: the place in the journal.
        rng: decides what is kept of what was not synced.
    """
    files = [bytearray(before), bytearray()]
    waiting: list[list[Written]] = [[], []]
    for one in done:
        if one.at > cut:
            break
        if one.kind == _SYNCED:
            for kept in waiting[one.file]:
                _do(files[one.file], kept)
            waiting[one.file].clear()
        else:
            waiting[one.file].append(one)
    for file, unsynced in zip(files, waiting, strict=True):
        for one in unsynced:
            if rng.random() < 0.5:
                sectors = rng.randrange(len(one.data) // _SECTOR + 1)
                torn = one.data[: sectors * _SECTOR] if rng.random() < 0.5 else one.data
                _do(file, Written(one.at, one.file, one.kind, one.offset, torn))
    return bytes(files[0]), bytes(files[1])


def _do(file: bytearray, one: Written) -> None:
    if one.kind == _CUT:
        del file[one.offset :]
        file.extend(bytes(one.offset - len(file)))
    elif one.data:
        file.extend(bytes(max(0, one.offset - len(file))))
        file[one.offset : one.offset + len(one.data)] = one.data
