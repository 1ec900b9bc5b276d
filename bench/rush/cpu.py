"""Processor time of process trees, from Linux's /proc."""

import os
from collections.abc import Iterable
from pathlib import Path

_PROC = Path("/proc")
_TICKS = os.sysconf("SC_CLK_TCK")


def seconds_of(roots: Iterable[int]) -> float:
    """Return the seconds that processes and all their descendants have computed so far."""
    parents, spent = _processes()
    wanted = set(roots)
    grown = True
    while grown:
        children = {pid for pid, parent in parents.items() if parent in wanted} - wanted
        wanted |= children
        grown = bool(children)
    return sum(spent.get(pid, 0.0) for pid in wanted)


def seconds_of_machine() -> float:
    """Return the seconds that all cores together were busy since the start of the machine."""
    fields = (_PROC / "stat").read_text(encoding="ascii").split("\n", 1)[0].split()[1:9]
    user, nice, system, _idle, _waiting, hard, soft, stolen = map(int, fields)
    return (user + nice + system + hard + soft + stolen) / _TICKS


def _processes() -> tuple[dict[int, int], dict[int, float]]:
    """Return every process's parent and its seconds, those of children that ended included."""
    parents: dict[int, int] = {}
    spent: dict[int, float] = {}
    for folder in _PROC.iterdir():
        if not folder.name.isdigit():
            continue
        try:
            text = (folder / "stat").read_text(encoding="utf-8", errors="replace")
        except OSError:
            continue  # it ended meanwhile
        fields = text.rpartition(")")[2].split()
        parents[int(folder.name)] = int(fields[1])
        spent[int(folder.name)] = sum(map(int, fields[11:15])) / _TICKS
    return parents, spent
