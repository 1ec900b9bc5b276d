"""Feeds that are read by programs: a tag, and the time of the last change (RFC 9110, 13.1)."""

from collections import OrderedDict
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime

from fastapi import Request, Response

from cleanplate_shared.etag import is_known, tagged
from cleanplate_shared.i18n import Locale

_MOST_REMEMBERED = 10_000
_MINUTES = 5


class FirstSeen:
    """When this process first made the present content of an address.

    Later than its real change, never earlier: a reader may be sent a thing twice, never miss one.
    """

    def __init__(self) -> None:
        self._seen: OrderedDict[str, tuple[str, datetime]] = OrderedDict()

    def of(self, address: str, tag: str, now: datetime) -> datetime:
        """Return the instant, in whole seconds."""
        known = self._seen.get(address)
        if known is None or known[0] != tag:
            self._seen[address] = known = (tag, now.astimezone(UTC).replace(microsecond=0))
        self._seen.move_to_end(address)
        while len(self._seen) > _MOST_REMEMBERED:
            self._seen.popitem(last=False)
        return known[1]


_first_seen = FirstSeen()


def conditional(
    request: Request, content: bytes, media_type: str, locale: Locale, *, public: bool
) -> Response:
    """Answer with content, or 304 to who has it; it may be kept for five minutes."""
    tag = tagged(content).tag
    changed_at = _first_seen.of(f"{locale} {request.url.path}", tag, request.app.state.clock())
    headers = {
        "ETag": tag,
        "Last-Modified": format_datetime(changed_at, usegmt=True),
        "Cache-Control": f"{'public' if public else 'private'}, max-age={_MINUTES * 60}",
        "Content-Language": locale,
        "Vary": "Accept-Language",
    }
    if _has_it(request, tag, changed_at):
        return Response(status_code=304, headers=headers)
    return Response(content, headers=headers, media_type=media_type)


def _has_it(request: Request, tag: str, changed_at: datetime) -> bool:
    given = request.headers.get("if-none-match")
    if given is not None:
        return is_known(tag, given)
    since = request.headers.get("if-modified-since")
    try:
        return since is not None and changed_at <= parsedate_to_datetime(since)
    except (ValueError, TypeError):
        return False
