"""`cleanplate migrate`, `doctor`, `backup`, `restore`, `openapi`: keeping an installation well."""

import json
import tempfile
from pathlib import Path
from typing import Annotated

import typer
from pydantic import BaseModel

from cleanplate_gateway.cli import backup as copies
from cleanplate_gateway.cli import checkup
from cleanplate_gateway.cli.options import Data, Json, with_data
from cleanplate_gateway.cli.output import FAILED, fail, refuse, remark, say, say_json
from cleanplate_gateway.cli.texts import _
from cleanplate_gateway.demo import marker
from cleanplate_gateway.embedded import Suite, files_in
from cleanplate_gateway.installation import Installation
from cleanplate_shared import migrate as migrations
from cleanplate_shared.db import Database
from cleanplate_shared.tables import KernelTable
from cleanplate_shared.topology import SERVICES

_OPENAPI = Path("docs/openapi")
_KERNEL = "kernel"


class Backup(BaseModel):
    """What was copied, for `--json`."""

    file: str
    bytes: int
    services: list[str]


def migrate(
    data: Data = None,
    service: Annotated[str | None, typer.Option(help=_("Only this service."))] = None,
    new: Annotated[
        str | None, typer.Option(help=_("For developers: write a migration from the models."))
    ] = None,
) -> None:
    """Bring every database to the newest schema."""
    if service == _KERNEL and new:
        _write_for_kernel(new.strip())
        return
    if service not in (None, *SERVICES):
        refuse(_("{service}: there are {names}.", service=service, names=", ".join(SERVICES)))
    if new is not None:
        if service is None or not new.strip():
            refuse(_("A new migration needs --service, and words that say why."))
        with tempfile.TemporaryDirectory() as folder:
            empty = Installation(Path(folder), from_environment=False)
            _upgrade(empty, service, new.strip())
        return
    installation = Installation.at(data)
    with installation.used():
        for name in SERVICES if service is None else (service,):
            _upgrade(installation, name)
            remark(_("{service}: the schema is the newest", service=name))


def _upgrade(installation: Installation, service: str, new: str | None = None) -> None:
    app = installation.suite(jobs_on=False).services[service]
    described, engine = app.state.service, app.state.db.engine
    migrations.upgrade(described.package, engine, described.tables)
    if new:
        migrations.revision(described.package, engine, described.tables, new)
    engine.dispose()


def _write_for_kernel(why: str) -> None:
    """Write a migration of the tables that every service's database has."""
    with tempfile.TemporaryDirectory() as folder:
        engine = Database(files_in(Path(folder))(_KERNEL), {}).engine
        migrations.upgrade(migrations.KERNEL, engine, [KernelTable.metadata])
        migrations.revision(migrations.KERNEL, engine, [KernelTable.metadata], why)
        engine.dispose()


def doctor(data: Data = None, as_json: Json = False) -> None:
    """Examine databases, schemas, waiting events, the disk, and that counters equal rows."""
    installation = with_data(Installation.at(data))
    with installation.used():
        found = checkup.examine(installation)
    if as_json:
        say_json(found)
    else:
        for one in found.checks:
            say(f"{'ok  ' if one.ok else 'BAD '} {one.service:<10} {one.check}: {one.detail}")
    if not found.ok:
        raise typer.Exit(FAILED)


def backup(
    file: Annotated[Path, typer.Argument(help=_("The backup to write (.zip)."))],
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Copy all databases as of one instant, also while Cleanplate runs."""
    installation = with_data(_on_files(Installation.at(data)))
    if file.exists():
        refuse(_("{file} exists already; a backup never overwrites one.", file=file))
    if not file.absolute().parent.is_dir():
        refuse(_("There is no folder {folder}.", folder=file.absolute().parent))
    demo = marker.read(installation.data)  # first: an older mark only makes the demo go on earlier
    with installation.used():
        manifest = copies.write(installation.files, file.absolute(), demo)
    made = Backup(
        file=str(file), bytes=file.stat().st_size, services=[one.service for one in manifest.files]
    )
    if as_json:
        say_json(made)
    else:
        say(_("{file}: {count} databases", file=file, count=len(made.services)))


def restore(
    file: Annotated[Path, typer.Argument(help=_("The backup to read."))],
    data: Data = None,
    *,
    force: Annotated[
        bool, typer.Option("--force", help=_("Replace the data that is there."))
    ] = False,
) -> None:
    """Put a backup back; the data that is there is replaced only with --force."""
    installation = _on_files(Installation.at(data))
    if not file.is_file():
        refuse(_("There is no file {file}.", file=file))
    with installation.used(alone=True):
        if not installation.is_empty and not force:
            refuse(_("{folder} holds data; --force replaces it.", folder=installation.data))
        try:
            manifest = copies.read(file, installation.data, installation.files)
        except copies.BackupRefused as error:
            refuse(_("Not a whole backup; nothing was changed ({what}).", what=error))
    say(_("Restored: {count} databases of {at}", count=len(manifest.files), at=manifest.made_at))
    if manifest.demo:
        remark(_("This is the demo: all data are synthetic. Show it with `cleanplate demo`."))


def openapi(
    *,
    check: Annotated[
        bool, typer.Option("--check", help=_("Change nothing; fail if a file is out of date."))
    ] = False,
    out: Annotated[Path, typer.Option(help=_("Folder to write to."))] = _OPENAPI,
) -> None:
    """Write each service's OpenAPI document."""
    stale: list[str] = []
    services = Suite(files_in(out), jobs_on=False).services
    for name, app in services.items():
        text = json.dumps(app.openapi(), ensure_ascii=False, indent=1, sort_keys=True) + "\n"
        target = out / f"{name}.json"
        if target.exists() and target.read_text(encoding="utf-8") == text:
            continue
        stale.append(name)
        if not check:
            out.mkdir(parents=True, exist_ok=True)
            target.write_text(text, encoding="utf-8")
    if check and stale:
        fail(_("Out of date: {names}; run `cleanplate openapi`.", names=", ".join(stale)))
    remark(_("{folder}: up to date", folder=out))


def _on_files(installation: Installation) -> Installation:
    if installation.elsewhere:
        refuse(
            _(
                "{names} are on PostgreSQL: use pg_dump and pg_restore for them.",
                names=", ".join(installation.elsewhere),
            )
        )
    return installation
