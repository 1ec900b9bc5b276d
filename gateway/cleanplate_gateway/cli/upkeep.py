"""`cleanplate migrate`, `doctor`, `backup`, `restore`, `openapi`: keeping an installation well."""

import json
from pathlib import Path
from typing import Annotated

import typer
from pydantic import BaseModel

from cleanplate_gateway.cli import backup as copies
from cleanplate_gateway.cli import checkup
from cleanplate_gateway.cli.options import Data, Json
from cleanplate_gateway.cli.output import FAILED, fail, refuse, remark, say, say_json
from cleanplate_gateway.cli.serving import holding
from cleanplate_gateway.cli.texts import _
from cleanplate_gateway.installation import Installation
from cleanplate_shared import migrate as migrations

_OPENAPI = Path("docs/openapi")


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
    installation = Installation.at(data)
    for name, app in installation.suite(jobs_on=False).services.items():
        if service not in (None, name):
            continue
        described = app.state.service
        migrations.upgrade(described.package, app.state.db.engine, described.tables)
        if new and service:
            migrations.revision(described.package, app.state.db.engine, described.tables, new)
        app.state.db.engine.dispose()
        remark(_("{service}: the schema is the newest", service=name))


def doctor(data: Data = None, as_json: Json = False) -> None:
    """Examine databases, schemas, waiting events, the disk, and that counters equal rows."""
    installation = Installation.at(data)
    if installation.is_empty:
        refuse(_("There is no data in {folder}.", folder=installation.data))
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
    installation = _on_files(Installation.at(data))
    if installation.is_empty:
        refuse(_("There is no data in {folder}.", folder=installation.data))
    if file.exists():
        refuse(_("{file} exists already; a backup never overwrites one.", file=file))
    if not file.absolute().parent.is_dir():
        refuse(_("There is no folder {folder}.", folder=file.absolute().parent))
    manifest = copies.write(installation.files, file.absolute())
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
    with holding(installation):
        if not installation.is_empty and not force:
            refuse(_("{folder} holds data; --force replaces it.", folder=installation.data))
        try:
            manifest = copies.read(file, installation.data, installation.files)
        except copies.BackupRefused as error:
            refuse(_("Not a whole backup; nothing was changed ({what}).", what=error))
    say(_("Restored: {count} databases of {at}", count=len(manifest.files), at=manifest.made_at))


def openapi(
    *,
    check: Annotated[
        bool, typer.Option("--check", help=_("Change nothing; fail if a file is out of date."))
    ] = False,
    out: Annotated[Path, typer.Option(help=_("Folder to write to."))] = _OPENAPI,
) -> None:
    """Write each service's OpenAPI document."""
    stale: list[str] = []
    services = Installation.at(out).suite(jobs_on=False).services
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
