"""`cleanplate import`: a file goes through the service's own import route, in this process."""

import asyncio
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any
from uuid import UUID

import httpx
import typer

from cleanplate_gateway.cli.backup import copy_databases
from cleanplate_gateway.cli.options import Data, Json
from cleanplate_gateway.cli.output import refuse, remark, say, say_json
from cleanplate_gateway.cli.signing_in import tell_first_sign_in
from cleanplate_gateway.cli.texts import LOCALE, _
from cleanplate_gateway.installation import Installation, Opened
from cleanplate_shared.contracts.forecast_given import GIVEN
from cleanplate_shared.contracts.menu import HistorySheetRow
from cleanplate_shared.errors import ServiceError
from cleanplate_shared.tabular import Findings, ImportAnswer, column_names, read_rows

SERVICE_OF = {
    "people": "directory",
    "units": "directory",
    "dishes": "menu",
    "recipes": "menu",
    "history": "menu",
    "counts": "menu",
    "registrations": "menu",
    "meal-sessions": "menu",
    "absences": "menu",
    "ratings": "menu",
    "leftovers": "menu",
    "columns": "forecast",
    "ingredients": "forecast",
    "stock": "forecast",
    "weighings": "waste",
    "collections": "waste",
    "manifests": "waste",
}
LATER = ("suppliers",)
ORGANIZATION = "本单位"
_OK = 200


@dataclass(frozen=True)
class Wanted:
    """One import as it was asked for."""

    kind: str
    name: str
    content: bytes
    organization: str


def import_file(  # noqa: PLR0913
    kind: Annotated[
        str, typer.Argument(help=_("What it is: {kinds}.", kinds=", ".join(SERVICE_OF)))
    ],
    file: Annotated[
        Path | None, typer.Argument(help=_("CSV (UTF-8 or GB18030) or XLSX."), show_default=False)
    ] = None,
    *,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help=_("Check everything, change nothing."))
    ] = False,
    template: Annotated[
        Path | None, typer.Option(help=_("Write an empty table to fill in (.csv or .xlsx)."))
    ] = None,
    organization: Annotated[
        str, typer.Option(help=_("Where canteens go that only a history names."))
    ] = ORGANIZATION,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Read a file into the installation: all rows or none."""
    if kind not in SERVICE_OF:
        refuse(_not_yet(kind))
    installation = Installation.at(data)
    if template is not None:
        template.write_bytes(asyncio.run(_template(kind, template.suffix)))
        remark(_("Template written: {file}", file=template))
        return
    if file is None or not file.is_file():
        refuse(_("There is no file {file}.", file=file or ""))
    wanted = Wanted(kind, file.name, file.read_bytes(), organization)
    answer = asyncio.run(run(installation, wanted, dry_run=dry_run))
    _tell(answer, as_json=as_json)


def _not_yet(kind: str) -> str:
    if kind in LATER:
        return _("{kind}: the service that keeps these is not part of this version yet.", kind=kind)
    return _("{kind}: this can be imported: {kinds}.", kind=kind, kinds=", ".join(SERVICE_OF))


async def _template(kind: str, suffix: str) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        empty = Installation(Path(folder), from_environment=False)
        async with empty.opened() as opened:
            path = f"/api/v1/{SERVICE_OF[kind]}/imports/{kind}/template"
            answer = await opened.get(path, format="xlsx" if suffix == ".xlsx" else "csv")
    answer.raise_for_status()
    return answer.content


async def run(installation: Installation, wanted: Wanted, *, dry_run: bool) -> ImportAnswer:
    """Import one file and let its events arrive; a history may name canteens not there yet."""
    rehearsed = dry_run or installation.is_empty  # a bad first file makes no installation
    if rehearsed:
        tried = await _rehearse(installation, wanted)
        if dry_run:
            return tried
    async with installation.opened(LOCALE, tell=tell_first_sign_in) as opened:
        unknown = await _unknown_canteens(opened, wanted)
        if unknown and not rehearsed:
            await _rehearse(installation, wanted)
        await _make_canteens(opened, wanted.organization, unknown)
        answer = await _import(opened, wanted, dry_run=False)
        await _bring_given(opened, wanted)
        return answer


async def _rehearse(installation: Installation, wanted: Wanted) -> ImportAnswer:
    """Import into a copy that is thrown away: a refused file must leave nothing behind."""
    with _copy_of(installation) as copy:
        tell = tell_first_sign_in if copy is installation else None
        async with copy.opened(LOCALE, tell=tell) as opened:
            unknown = await _unknown_canteens(opened, wanted)
            _tell_unknown(unknown, wanted.organization)
            if unknown and installation.elsewhere:
                names = ", ".join(unknown)
                refuse(_("On PostgreSQL, make these canteens first: {names}", names=names))
            await _make_canteens(opened, wanted.organization, unknown)
            return await _import(opened, wanted, dry_run=True)


@contextmanager
def _copy_of(installation: Installation) -> Iterator[Installation]:
    """Yield the same data in a temporary folder; those on PostgreSQL have no copy."""
    if installation.elsewhere:
        yield installation
        return
    with tempfile.TemporaryDirectory() as folder:
        if not installation.is_empty:
            with installation.used():
                copy_databases(installation.files, Path(folder))
        yield Installation(Path(folder), from_environment=False)


def _tell_unknown(canteens: list[str], organization: str) -> None:
    if canteens:
        remark(
            _(
                "New canteens in the file, to be made under {organization}: {count}",
                organization=organization,
                count=len(canteens),
            )
        )


async def _import(opened: Opened, wanted: Wanted, *, dry_run: bool) -> ImportAnswer:
    path = f"/api/v1/{SERVICE_OF[wanted.kind]}/imports/{wanted.kind}"
    answer = await opened.send_file(path, wanted.name, wanted.content, dry_run=dry_run)
    if answer.status_code != _OK:
        refuse(problem_lines(answer))
    await opened.suite.settle()
    return ImportAnswer.model_validate_json(answer.content)


async def _bring_given(opened: Opened, wanted: Wanted) -> None:
    """Have the forecast look at the `x_` columns of a history; bad ones do not hold it up."""
    if wanted.kind != "history" or not any(
        name.startswith(GIVEN) for name in column_names(wanted.content)
    ):
        return
    path = "/api/v1/forecast/imports/columns"
    answer = await opened.send_file(path, wanted.name, wanted.content)
    if answer.status_code != _OK:
        remark(_("The columns x_… were not taken:"))
        remark(problem_lines(answer))
        return
    counts = ImportAnswer.model_validate_json(answer.content).model_dump(exclude={"dry_run"})
    remark(
        _(
            "Days of the columns x_…: created {created}, updated {updated}, unchanged {unchanged}",
            **counts,
        )
    )


async def _unknown_canteens(opened: Opened, wanted: Wanted) -> list[str]:
    if wanted.kind != "history":
        return []
    findings = Findings(LOCALE)
    try:
        lines = read_rows(wanted.name, wanted.content, HistorySheetRow, findings)
    except ServiceError as error:
        refuse((error.detail or error.title).in_(LOCALE))
    known = {canteen["name"] for canteen in await _items(opened, "/api/v1/directory/canteens")}
    return sorted({line.row.canteen for line in lines} - known)


async def _make_canteens(opened: Opened, organization: str, names: list[str]) -> None:
    if not names:
        return
    there = await _items(opened, "/api/v1/directory/organizations")
    found = [one["id"] for one in there if one["name"] == organization]
    if not found:
        body: dict[str, Any] = {"name": organization, "kind": "organization"}
        roots = [one["id"] for one in there if one["parent_id"] is None]
        body["parent_id"] = roots[0] if roots else None
        found = [_made(await opened.post("/api/v1/directory/organizations", body))]
    for name in names:
        canteen = {"name": name, "organization_id": str(found[0])}
        _made(await opened.post("/api/v1/directory/canteens", canteen))
    await opened.suite.settle()


async def _items(opened: Opened, path: str) -> list[dict[str, Any]]:
    answer = await opened.get(path)
    if answer.is_error:
        refuse(problem_lines(answer))
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


def _made(answer: httpx.Response) -> UUID:
    if answer.is_error:
        refuse(problem_lines(answer))
    return UUID(answer.json()["id"])


def problem_lines(answer: httpx.Response) -> str:
    """Return a refusal as lines: what, then each bad cell with its row, column, value, remedy."""
    body = answer.json()
    lines = [f"{body.get('title', '')}: {body.get('detail', '')}".rstrip(": ")]
    for found in body.get("errors") or []:
        if "row" in found:
            place = _(
                "row {row}, column {column}, {value}",
                **{k: found[k] for k in ("row", "column", "value")},
            )
        else:
            place = found["field"]
        lines.append(f"  {place}: {found['message']}")
    return "\n".join(lines)


def _tell(answer: ImportAnswer, *, as_json: bool) -> None:
    if as_json:
        say_json(answer)
        return
    counts = Counter(answer.model_dump(exclude={"dry_run"}))
    said = _("created {created}, updated {updated}, unchanged {unchanged}", **counts)
    say(said + (" " + _("(checked only, nothing was changed)") if answer.dry_run else ""))
