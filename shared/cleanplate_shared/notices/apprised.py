"""The channels that apprise knows: what is allowed of it, and its requests over our own wire.

apprise builds the requests. It does not read the answers of WeCom, DingTalk and Bark, which are
200 also for a refusal, and it reads as much as comes, from wherever; so its plugins are given our
own `requests`.
"""

import logging
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from typing import Any

from cleanplate_shared.i18n import msg
from cleanplate_shared.notices.notice import Notice
from cleanplate_shared.notices.wire import (
    WAIT_SECONDS,
    Answer,
    Networks,
    NotTakenError,
    accepted,
    allowed,
    post,
)

# It logs addresses, some of them secret, and what it is answered.
logging.getLogger("apprise").addFilter(lambda _: False)  # `disabled` is undone by logging.config


class UnknownOptionsError(Exception):
    """An address has options that are not allowed; says which."""


@dataclass(frozen=True)
class _Kind:
    module: str
    plugin: str
    form: str
    options: frozenset[str] = frozenset()
    yes: tuple[str, int | str] | None = None  # the field of the answer that says it was taken
    targets: tuple[str, ...] = ()  # where a plugin keeps whom to tell; one must not be empty


def _ntfy(scheme: str) -> _Kind:
    form = f"{scheme}://HOST/TOPIC"
    options = frozenset({"priority", "tags"})
    return _Kind("ntfy", "NotifyNtfy", form, options, ("event", "message"), ("topics",))


def _mail(scheme: str) -> _Kind:
    form = f"{scheme}://USER:PASSWORD@HOST?smtp=HOST&from=ADDRESS&to=ADDRESS"
    options = frozenset({"smtp", "from", "to", "name", "mode", "user", "pass"})
    return _Kind("email.base", "NotifyEmail", form, options, targets=("targets",))


def _bark(scheme: str) -> _Kind:
    form = f"{scheme}://HOST/KEY"
    return _Kind("bark", "NotifyBark", form, frozenset({"group", "sound"}), ("code", 200))


_KINDS = {
    "wecombot": _Kind("wecombot", "NotifyWeComBot", "wecombot://KEY", yes=("errcode", 0)),
    "dingtalk": _Kind(
        "dingtalk",
        "NotifyDingTalk",
        "dingtalk://TOKEN?secret=SECRET",
        frozenset({"secret"}),
        ("errcode", 0),
    ),
    "mailto": _mail("mailto"),
    "mailtos": _mail("mailtos"),
    "ntfy": _ntfy("ntfy"),
    "ntfys": _ntfy("ntfys"),
    "bark": _bark("bark"),
    "barks": _bark("barks"),
    "pushplus": _Kind(
        "pushplus", "NotifyPushplus", "pushplus://TOKEN", frozenset({"topic"}), ("code", 200)
    ),
    "wxpusher": _Kind(
        "wxpusher",
        "NotifyWxPusher",
        "wxpusher://TOKEN/UID",
        yes=("code", 1000),
        targets=("_users", "_topics"),
    ),
}
SCHEMES = tuple(_KINDS)


def form(url: str) -> str:
    """Return how an address of this kind is written."""
    return _kind(url).form


def check(url: str) -> None:
    """Make sure that an address of one of SCHEMES can be sent to; ask nobody.

    Raises:
        UnknownOptionsError: it has options that are not allowed.
        ValueError: it is not complete.
    """
    _plugin(url)


def send(url: str, notice: Notice, networks: Networks) -> None:
    """Send a notice to an address that `check` has let pass.

    Raises:
        NotTakenError: it did not arrive.
    """
    plugin, kind = _plugin(url), _kind(url)
    if kind.yes is None:  # apprise itself connects to the mail server
        allowed(plugin.smtp_host, plugin.port or 0, networks)
    token = _sending.set(_Sending(kind, networks))
    try:
        taken = plugin.notify(title=notice.title, body=notice.text, body_format="text")
    finally:
        _sending.reset(token)
    if not taken:
        raise NotTakenError(msg("It cannot be reached, or does not take the notice."))


@dataclass(frozen=True)
class _Sending:
    kind: _Kind
    networks: Networks


_sending: ContextVar[_Sending] = ContextVar("sending")


@dataclass(frozen=True)
class _Response:
    status_code: int
    content: bytes


class _Requests:
    """What a plugin knows as `requests`: no more than it needs, over our wire."""

    def __init__(self, library: Any) -> None:  # noqa: ANN401
        self.codes = library.codes
        self.RequestException = library.RequestException
        self._request = library.Request

    def post(self, url: str, **call: Any) -> _Response:  # noqa: ANN401
        """Send, and raise NotTakenError unless the answer says that it was taken."""
        parts = {name: call.get(name) for name in ("data", "headers", "params", "auth")}
        request = self._request("POST", url, **parts).prepare()
        body = request.body.encode() if isinstance(request.body, str) else request.body
        headers = {key: str(value) for key, value in request.headers.items()}
        headers.pop("Content-Length", None)
        now = _sending.get()
        answer: Answer = post(request.url, headers, body or b"", now.networks)
        if now.kind.yes:
            accepted(answer, *now.kind.yes)
        return _Response(answer.status, answer.body)


def _kind(url: str) -> _Kind:
    return _KINDS[url.partition("://")[0].lower()]


@cache
def _class(kind: _Kind) -> Any:  # noqa: ANN401
    """Import a plugin, which takes a quarter of a second, when it is first needed."""
    module: Any = import_module(f"apprise.plugins.{kind.module}")
    if kind.yes and not isinstance(module.requests, _Requests):
        module.requests = _Requests(module.requests)
    return getattr(module, kind.plugin)


@cache
def _asset() -> Any:  # noqa: ANN401
    name = "Cleanplate"
    return import_module("apprise").AppriseAsset(
        app_id=name, app_desc=name, app_url="", http_redirects=False, pgp_autogen=False
    )


def _plugin(url: str) -> Any:  # noqa: ANN401
    kind = _kind(url)
    plugin = _class(kind)
    parsed: dict[str, Any] | None = plugin.parse_url(url)
    if not parsed:
        raise ValueError(kind.form)
    if unknown := parsed["qsd"].keys() - kind.options:
        raise UnknownOptionsError(", ".join(sorted(unknown)))
    try:
        made = plugin(**parsed, asset=_asset())
    except (TypeError, import_module("apprise.exception").AppriseException):
        raise ValueError(kind.form) from None
    if kind.targets and not any(getattr(made, name) for name in kind.targets):
        raise ValueError(kind.form)
    made.include_image = False
    made.request_rate_per_sec = 0
    made.socket_connect_timeout = made.socket_read_timeout = WAIT_SECONDS
    return made
