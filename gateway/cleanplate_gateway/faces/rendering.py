"""Pages and fragments, in the language of whoever asked."""

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

from fastapi import Request
from jinja2 import (
    ChoiceLoader,
    Environment,
    FileSystemLoader,
    PrefixLoader,
    StrictUndefined,
    pass_context,
)
from jinja2.runtime import Context
from starlette.responses import HTMLResponse

from cleanplate_gateway import assets
from cleanplate_gateway.faces import formats
from cleanplate_gateway.sessions import LANGUAGE_COOKIE, session_in
from cleanplate_shared.i18n import Locale, Message, negotiate

_HERE = Path(__file__).parent
_IN_LANGUAGE: dict[str, Callable[..., str]] = {
    "day": formats.day_long,  # 11月20日 周五 | Fri 20 Nov
    "day_short": formats.day_short,  # 11月20日 | 20 Nov
    "dated": formats.day_dated,  # 2026年11月20日 | 20 Nov 2026
    "weekday": formats.weekday,  # 周五 | Fri
    "month": formats.month,  # 2026年11月 | Nov 2026
    "label": formats.label,  # words for a code of the contracts (meal, portion, allergen, ...)
}
_PLAIN: dict[str, Callable[..., str]] = {
    "clock": formats.clock_time,  # instant|clock(canteen.time_zone) -> 09:30
    "kg": formats.kilograms,  # 12340|kg -> 12.34 kg
    "grams": formats.grams,  # 45.2|grams -> 45.2 g
    "holiday": formats.holiday,  # 休息日（由 1月4日 调休）
    "percent": formats.percent,  # 0.123|percent -> 12.3 %
}


def locale_of(request: Request) -> Locale:
    """Return the language of a page: the one chosen, else the browser's, else Chinese."""
    chosen = request.cookies.get(LANGUAGE_COOKIE)
    if chosen == "en":
        return "en"
    return "zh" if chosen == "zh" else negotiate(request.headers.get("accept-language"))


def is_fragment(request: Request) -> bool:
    """Say whether htmx asks for a part of a page, not a browser for a page."""
    return request.headers.get("hx-request") == "true"


def render(request: Request, template: str, status: int = 200, **context: Any) -> HTMLResponse:  # noqa: ANN401
    """Return a template as an answer.

    Args:
        request: of the page; gives the language, who is signed in and the CSRF token.
        template: `<face>/<file>`, as in `faces/<face>/templates/<file>`, or a shared file's name.
        status: of the answer.
        context: what the template shows.
    """
    locale = locale_of(request)
    session = session_in(request)

    def translate(text: str, /, **params: Any) -> str:  # noqa: ANN401
        return Message(text, params).in_(locale)

    body = (
        _environment()
        .get_template(template)
        .render(
            _=translate,
            locale=locale,
            csrf=session.csrf,
            me=session.identity,
            here=_address(request),
            demo=request.app.state.demo,
            **context,
        )
    )
    headers = {"Content-Language": locale, "Cache-Control": "no-store", "Vary": "Cookie"}
    return HTMLResponse(body, status, headers)


@cache
def _environment() -> Environment:
    faces = ("phone", "tablet", "desk")
    environment = Environment(
        loader=ChoiceLoader(
            [
                PrefixLoader({f: FileSystemLoader(_HERE / f / "templates") for f in faces}),
                FileSystemLoader(_HERE / "templates"),
            ]
        ),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(_PLAIN)
    environment.filters.update({name: _in_language(f) for name, f in _IN_LANGUAGE.items()})
    environment.globals["asset"] = assets.asset
    return environment


def _in_language(write: Callable[..., str]) -> Callable[..., str]:
    @pass_context
    def filter_(context: Context, value: object) -> str:
        return write(value, context["locale"])

    return filter_


def _address(request: Request) -> str:
    """Return where the page can be opened again: for a sent form, the page it belongs to."""
    if request.method not in {"GET", "HEAD"}:
        return "/".join(request.url.path.split("/")[:3])
    query = request.url.query
    return f"{request.url.path}?{query}" if query else request.url.path
