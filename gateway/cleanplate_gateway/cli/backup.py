"""A copy of all databases at one instant, and its way back."""

import hashlib
import json
import sqlite3
import tempfile
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from pydantic import BaseModel, ValidationError

from cleanplate_gateway import replacing
from cleanplate_gateway.demo import marker
from cleanplate_gateway.demo.marker import Marker

MANIFEST = "manifest.json"
_FORMAT = 1
_BUSY_SECONDS = 30.0


class BackupRefused(ValueError):  # noqa: N818
    """The file is not a whole backup of this software."""


class FileEntry(BaseModel):
    """One database in a backup."""

    service: str
    name: str
    bytes: int
    sha256: str


class Manifest(BaseModel):
    """What a backup holds, and of when."""

    format: int
    cleanplate: str
    made_at: datetime
    files: list[FileEntry]
    demo: Marker | None = None  # the data are the demo's, synthetic


def copy_databases(files: Mapping[str, Path], target: Path) -> dict[str, Path]:
    """Copy SQLite databases to `target`, all as of one instant, while they are in use.

    Every database is write-locked until all are copied: otherwise an event could be gone from its
    sender's copy and not yet be in its listener's. Readers go on, writers wait.
    """
    there = {name: path for name, path in files.items() if path.exists()}
    copies: dict[str, Path] = {}
    with ExitStack() as locks:
        for path in there.values():
            locks.enter_context(_write_locked(path))
        for name, path in there.items():
            copies[name] = target / path.name
            with (
                closing(sqlite3.connect(path, timeout=_BUSY_SECONDS)) as source,
                closing(sqlite3.connect(copies[name])) as copy,
            ):
                source.backup(copy)
    return copies


def write(files: Mapping[str, Path], target: Path, demo: Marker | None = None) -> Manifest:
    """Write a backup; the file appears only when it is whole."""
    with tempfile.TemporaryDirectory(dir=target.parent) as folder:
        copies = copy_databases(files, Path(folder))
        manifest = Manifest(
            format=_FORMAT,
            cleanplate=_version(),
            made_at=datetime.now(UTC),
            files=[_entry(name, path) for name, path in copies.items()],
            demo=demo,
        )
        packed = Path(folder) / "backup.zip"
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr(MANIFEST, manifest.model_dump_json(indent=2))
            for path in copies.values():
                archive.write(path, path.name)
        packed.replace(target)
    return manifest


def read(source: Path, target: Path, services: Mapping[str, Path]) -> Manifest:
    """Put the databases of a backup in place of those in `target`: all of them or none.

    The caller has the folder to itself.

    Raises:
        BackupRefused: not a backup, of a newer format, or a file in it is damaged.
    """
    names = {path.name for path in services.values()}
    with replacing.prepared(target) as folder:
        manifest = _unpack(source, folder, names)
        for name in names - {entry.name for entry in manifest.files}:
            replacing.delete(folder, name)
        if manifest.demo:
            marker.write(folder, manifest.demo)
        else:
            replacing.delete(folder, marker.NAME)
    return manifest


def _version() -> str:
    try:
        return version("cleanplate")
    except PackageNotFoundError:  # run from its source folders
        return "source"


def _unpack(source: Path, folder: Path, known: set[str]) -> Manifest:
    try:
        with zipfile.ZipFile(source) as archive:
            manifest = Manifest.model_validate_json(archive.read(MANIFEST))
            for entry in manifest.files:
                if entry.name not in known:
                    raise BackupRefused(entry.name)
                archive.extract(entry.name, folder)
                if _entry(entry.service, folder / entry.name) != entry:
                    raise BackupRefused(entry.name)
    except (zipfile.BadZipFile, KeyError, ValidationError, json.JSONDecodeError) as error:
        raise BackupRefused(source.name) from error
    if manifest.format > _FORMAT:
        raise BackupRefused(f"{source.name}: format {manifest.format}")
    return manifest


@contextmanager
def _write_locked(path: Path) -> Iterator[None]:
    with closing(sqlite3.connect(path, timeout=_BUSY_SECONDS, isolation_level=None)) as lock:
        lock.execute("BEGIN IMMEDIATE")
        yield
        lock.execute("ROLLBACK")


def _entry(service: str, path: Path) -> FileEntry:
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return FileEntry(service=service, name=path.name, bytes=path.stat().st_size, sha256=digest)
