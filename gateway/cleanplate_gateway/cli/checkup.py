"""What `cleanplate doctor` looks at."""

import shutil
from datetime import UTC, timedelta
from pathlib import Path

from fastapi import FastAPI
from pydantic import BaseModel
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from cleanplate_gateway.cli.texts import _
from cleanplate_gateway.installation import Installation
from cleanplate_gateway.tls.folder import Tls
from cleanplate_shared import events, migrate
from cleanplate_shared.clock import now

_OLDEST_EVENT = timedelta(minutes=10)
_FREE_BYTES = 1 << 30
_CERTIFICATE_DAYS = 30


class Check(BaseModel):
    """One thing that was looked at."""

    service: str
    check: str
    ok: bool
    detail: str


class Checkup(BaseModel):
    """All that was looked at; `ok` if nothing is wrong."""

    ok: bool
    checks: list[Check]


def examine(installation: Installation) -> Checkup:
    """Look at every service's database, and at the disk; change nothing."""
    checks: list[Check] = []
    for name, app in installation.suite(jobs_on=False).services.items():
        if name in installation.files and not installation.files[name].is_file():
            checks.append(Check(service=name, check=_("database"), ok=False, detail=_("missing")))
            continue
        try:
            checks += _of_service(name, app)
        except SQLAlchemyError as error:
            said = str(error).splitlines()[0]
            checks.append(Check(service=name, check=_("database"), ok=False, detail=said))
        app.state.db.engine.dispose()
    if installation.data.is_dir():
        checks.append(_of_disk(installation.data))
        checks += _of_certificate(Tls.of(installation.data))
    return Checkup(ok=all(check.ok for check in checks), checks=checks)


def _of_disk(folder: Path) -> Check:
    free = shutil.disk_usage(folder).free
    detail = _("{gigabytes} GB free", gigabytes=round(free / (1 << 30), 1))
    return Check(service="", check=_("disk"), ok=free > _FREE_BYTES, detail=detail)


def _of_certificate(files: Tls) -> list[Check]:
    if not files.exists:
        return []
    try:
        ends = files.server().not_valid_after_utc
    except (OSError, ValueError):
        detail = _("missing; run `cleanplate tls init`")
        return [Check(service="", check=_("certificate"), ok=False, detail=detail)]
    days = (ends - now()).days
    detail = _("until {day}, {count} {count:day|days}", day=ends.date().isoformat(), count=days)
    is_good = days >= _CERTIFICATE_DAYS
    if not is_good:
        detail += _("; run `cleanplate tls init` and start Cleanplate again")
    return [Check(service="", check=_("certificate"), ok=is_good, detail=detail)]


def _of_service(name: str, app: FastAPI) -> list[Check]:
    described, db = app.state.service, app.state.db
    current = migrate.is_current(described.package, db.engine, described.tables)
    schema = Check(
        service=name,
        check=_("schema"),
        ok=current,
        detail=_("the newest") if current else _("old; run `cleanplate migrate`"),
    )
    if not current:
        return [schema]
    with db.reading() as session:
        waiting, since = events.waiting_events(session)
        age = now() - since.replace(tzinfo=since.tzinfo or UTC) if since else timedelta()
        wrong = {
            what: count(session) if callable(count) else session.execute(text(count)).scalar_one()
            for what, count in described.invariants.items()
        }
    outbox = Check(
        service=name,
        check=_("events waiting"),
        ok=age < _OLDEST_EVENT,
        detail=_(
            "{count}, the oldest for {seconds} s", count=waiting, seconds=int(age.total_seconds())
        ),
    )
    return [schema, outbox] + [
        Check(
            service=name,
            check=what,
            ok=count == 0,
            detail=_("{count} {count:differs|differ}", count=count),
        )
        for what, count in wrong.items()
    ]
