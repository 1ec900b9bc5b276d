"""Put a set of files in place of others: all of them or none, also if the process dies.

The new files are made ready beside the old ones. One rename decides: before it nothing has changed,
after it whoever opens the folder next finishes what is left.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from shutil import rmtree

_READY = ".replacing"
_GONE = ".gone"  # after a name: the file of that name is to be deleted
_BESIDE = ("-wal", "-shm")


@contextmanager
def prepared(data: Path) -> Iterator[Path]:
    """Yield a folder to put the new files in; they take their place when the block ends well."""
    folder = data / f"{_READY}.new"
    rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    try:
        yield folder
        for path in folder.iterdir():
            _to_disk(path)
        _to_disk(folder)
        folder.replace(data / _READY)
    finally:
        rmtree(folder, ignore_errors=True)
    _to_disk(data)
    finish(data)


def delete(folder: Path, name: str) -> None:
    """Say that there shall be no file of this name."""
    (folder / f"{name}{_GONE}").touch()


def is_pending(data: Path) -> bool:
    """Say whether a decided replacement is not finished."""
    return (data / _READY).is_dir()


def finish(data: Path) -> None:
    """Finish what was decided; the caller has the files to itself."""
    ready = data / _READY
    if not ready.is_dir():
        return
    for path in sorted(ready.iterdir()):
        name = path.name.removesuffix(_GONE)
        for suffix in _BESIDE:
            (data / f"{name}{suffix}").unlink(missing_ok=True)
        if path.name.endswith(_GONE):
            (data / name).unlink(missing_ok=True)
            path.unlink()
        else:
            path.replace(data / name)
    _to_disk(data)
    ready.rmdir()


def _to_disk(path: Path) -> None:
    """Wait until a file, or the names in a folder, are on the disk."""
    if path.is_dir() and os.name == "nt":
        return  # folders cannot be opened there
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
