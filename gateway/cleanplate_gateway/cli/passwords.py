"""`cleanplate password`: the way back in for somebody who lost theirs."""

import asyncio
from typing import Annotated, Any

import typer

from cleanplate_gateway.cli.importing import problem_lines
from cleanplate_gateway.cli.options import Data, Json, with_data
from cleanplate_gateway.cli.output import refuse, remark, say, say_json
from cleanplate_gateway.cli.texts import LOCALE, _
from cleanplate_gateway.installation import Installation, Opened


def password(
    user: Annotated[str, typer.Argument(help=_("The user name."))],
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Give a person a password for once; their sign-ins end.

    Whoever may read and write the data may do this; nobody can over the network.
    """
    installation = with_data(Installation.at(data))
    given = asyncio.run(_give(installation, user))
    if as_json:
        say_json({"user_name": user, "one_time_password": given})
        return
    say(_("{user}   one-time password: {password}", user=user, password=given))
    remark(_("It is shown only now, and must be changed at the first sign-in."))
    remark(_("Whoever can read and write {folder} can do this.", folder=installation.data))


async def _give(installation: Installation, user: str) -> str:
    async with installation.opened(LOCALE) as opened:
        person = await _find(opened, user)
        if person is None:
            refuse(_("Nobody signs in as {user}.", user=user))
        path = f"/api/v1/directory/people/{person}/one-time-password"
        answer = await opened.post(path, None)
        if answer.is_error:
            refuse(problem_lines(answer))
        await opened.suite.settle()
        return str(answer.json()["one_time_password"])


async def _find(opened: Opened, user: str) -> str | None:
    """Return the id of the person with this user name; the search finds more than the exact one."""
    cursor: str | None = ""
    while cursor is not None:
        query = {"q": user, "limit": "200"} | ({"cursor": cursor} if cursor else {})
        answer = await opened.get("/api/v1/directory/people", **query)
        if answer.is_error:
            refuse(problem_lines(answer))
        body: dict[str, Any] = answer.json()
        for person in body["items"]:
            if person["user_name"] == user:
                return str(person["id"])
        cursor = body["next"]
    return None
