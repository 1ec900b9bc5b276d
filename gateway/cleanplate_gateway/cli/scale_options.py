"""What the verbs that send weights share: where to, as whom, and what they say."""

import os
import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated, TypeVar
from uuid import UUID

import httpx
import typer
from pydantic import BaseModel, ValidationError

from cleanplate_gateway.cli.output import refuse, remark
from cleanplate_gateway.cli.texts import LOCALE, _
from cleanplate_gateway.scales.outbox import Outbox
from cleanplate_gateway.scales.sending import Account, Ledger, SignInRefused, State
from cleanplate_shared.i18n import Message, msg
from cleanplate_shared.problems import words

ModelT = TypeVar("ModelT", bound=BaseModel)
_LONGEST_FILE = 65_536
_USER, _PASSWORD = "CLEANPLATE_USER", "CLEANPLATE_PASSWORD"
_SAID = {
    State.SENT: msg("The ledger has all weights."),
    State.AWAY: msg("The server does not answer ({detail}). Weights are kept here and sent later."),
    State.SIGN_IN_REFUSED: msg(
        "The server refused the sign-in. Weights are kept here; look at CLEANPLATE_USER and"
        " CLEANPLATE_PASSWORD."
    ),
    State.REFUSED: msg("The server refused the weights ({detail}). They are kept here."),
    State.REJECTED: msg("A weight was rejected and is kept here: {detail}"),
}

Url = Annotated[
    str, typer.Option(help=_("Address of the server, such as https://192.168.1.20:8000."))
]
Canteen = Annotated[str, typer.Option(help=_("The canteen's name or id."))]
Store = Annotated[
    Path, typer.Option(help=_("File that keeps the weights until the ledger has them."))
]
Authority = Annotated[
    Path | None,
    typer.Option(
        "--ca", exists=True, dir_okay=False, help=_("The server's authority (tls/ca.crt).")
    ),
]


def account(url: str, authority: Path | None) -> Account:
    """Return who sends; user name and password come from the environment."""
    user, password = os.environ.get(_USER), os.environ.get(_PASSWORD)
    if not user or not password:
        refuse(
            _(
                "Set {user} and {password} to the sign-in of a cook of the canteen.",
                user=_USER,
                password=_PASSWORD,
            )
        )
    return Account(url.rstrip("/"), user, password, authority)


def opened(file: Path) -> Outbox:
    """Open the file of weights; what was rejected before is told again."""
    outbox = Outbox(file)
    if rejected := outbox.rejected():
        remark(
            _(
                "{file} keeps {count} {count:weight|weights} that the ledger rejected.",
                count=len(rejected),
                file=file,
            )
        )
    return outbox


def canteen_id(outbox: Outbox, sender: Account, wanted: str) -> UUID:
    """Return a canteen's id; once known, the server need not be there."""
    try:
        return UUID(wanted)
    except ValueError:
        pass
    name = f"canteen {wanted}"
    try:
        ledger = Ledger(sender)
        found = ledger.canteens()
        ledger.close()
    except (httpx.HTTPError, SignInRefused) as error:
        if known := outbox.fact(name):
            return UUID(known)
        refuse(_("The server cannot be asked for the canteen ({reason}).", reason=error))
    if wanted not in found:
        refuse(
            _(
                "There is no canteen {name}; there are: {names}.",
                name=wanted,
                names=", ".join(found),
            )
        )
    outbox.remember(name, str(found[wanted]))
    return found[wanted]


def tell(state: State, detail: str) -> None:
    """Say how sending stands."""
    remark(Message(_SAID[state].text, {"detail": detail}).in_(LOCALE))


def described(
    name_or_file: str,
    known: Mapping[str, str],
    parse: Callable[[str], ModelT],
    kinds: Mapping[str, Message],
) -> ModelT:
    """Return what a file of ours or one's own describes; refuse by field what cannot be used."""
    file = Path(name_or_file)
    try:
        if name_or_file in known:
            return parse(known[name_or_file])
        if not file.is_file():
            names = ", ".join(known)
            refuse(_("{name} is neither a file nor one of: {names}.", name=file, names=names))
        with file.open("rb") as content:
            return parse(content.read(_LONGEST_FILE).decode("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        refuse(_("{file} is not TOML in UTF-8: {reason}", file=file, reason=error))
    except ValidationError as error:
        refuse(problems(error, str(file), kinds))


def problems(error: ValidationError, where: str, kinds: Mapping[str, Message]) -> str:
    """Return what is wrong with each field, in words."""
    lines = [_("In {file}:", file=where)]
    for found in error.errors():
        field = ".".join(str(part) for part in found["loc"]) or "patterns"
        message = kinds.get(found["type"])
        said = Message(message.text, found.get("ctx") or {}) if message else words(dict(found))
        lines.append(f"  {field}: {said.in_(LOCALE)}")
    return "\n".join(lines)
