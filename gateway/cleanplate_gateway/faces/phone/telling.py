"""How the diner's other pages answer a form: go back to the page, or say there why not."""

from collections.abc import Awaitable, Callable, Mapping
from urllib.parse import urlencode

from fastapi import Request
from starlette.responses import RedirectResponse, Response

from cleanplate_gateway.faces.client import Refused
from cleanplate_gateway.faces.rendering import is_fragment

Show = Callable[[Mapping[str, str], Refused | None], Awaitable[Response]]


async def told(
    request: Request, sending: Awaitable[Mapping[str, object]], address: str, show: Show
) -> Response:
    """Send what a form asks for, and answer it.

    Args:
        request: of the form.
        sending: does it, and returns what the page is to say about it.
        address: of the page.
        show: answers with the page; it is given what to say, and what was refused.
    """
    try:
        said = {name: str(value) for name, value in (await sending).items() if value is not None}
    except Refused as refused:
        return await show({}, refused)
    if is_fragment(request):
        return await show(said, None)
    return RedirectResponse(f"{address}?{urlencode(said)}", 303)
