"""Tags of answers (RFC 9110, 8.8.3): not sent again to who has them, not changed unseen."""

import hashlib
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Header, Response

from cleanplate_shared.errors import Outdated
from cleanplate_shared.i18n import msg

# What a reader may keep and must ask about each time; what one sees depends on who one is.
OWN = {"Cache-Control": "private, no-cache", "Vary": "Authorization"}
NOT_MODIFIED: dict[int | str, dict[str, Any]] = {
    304: {"description": "Nothing changed since `If-None-Match`"}
}
IfNoneMatch = Annotated[
    str | None, Header(max_length=2000, description="tags of the answers that the reader has")
]
IfMatch = Annotated[
    str | None,
    Header(max_length=2000, description="the tag of what is to be replaced; without it, anything"),
]


@dataclass(frozen=True)
class Tagged:
    """Bytes to answer, and the strong tag that tells them from any others."""

    content: bytes
    tag: str


def tagged(content: bytes) -> Tagged:
    """Return bytes with a tag made of all of them."""
    return Tagged(content, f'"{hashlib.sha256(content).hexdigest()[:32]}"')


def is_known(tag: str, if_none_match: str) -> bool:
    """Say whether a tag is among those that a reader has.

    A proxy that packs an answer makes its tag weak (`W/`); the reader has it all the same.
    """
    known = {one.strip().removeprefix("W/") for one in if_none_match.split(",")}
    return tag in known or "*" in known


def check_current(present: Tagged, if_match: str | None) -> None:
    """Refuse to replace what the caller has not seen (RFC 9110, 13.1.1).

    Raises:
        Outdated: the caller says what it read, and that is not what is there.
    """
    if if_match is not None and not is_known(present.tag, if_match):
        raise Outdated(msg("Look at it again, then change it."))


def respond(
    said: Tagged,
    if_none_match: str | None,
    media_type: str = "application/json",
    **headers: str,
) -> Response:
    """Answer the bytes, or 304 to who has them.

    Args:
        said: the answer and its tag.
        if_none_match: as the reader sent it.
        media_type: of the bytes.
        headers: more than `OWN`, or instead of it; Cache_Control is written Cache-Control.
    """
    sent = OWN | {name.replace("_", "-"): value for name, value in headers.items()}
    sent["ETag"] = said.tag
    if if_none_match is not None and is_known(said.tag, if_none_match):
        return Response(status_code=304, headers=sent)
    return Response(said.content, headers=sent, media_type=media_type)
