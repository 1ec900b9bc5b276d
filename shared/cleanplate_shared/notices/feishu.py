"""Feishu group bots with a signing secret, which apprise does not sign for."""

import base64
import hashlib
import hmac
import json
import re
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, urlsplit

from cleanplate_shared.clock import Clock
from cleanplate_shared.notices.notice import Notice
from cleanplate_shared.notices.wire import Networks, accepted, post

SCHEME = "feishu"
FORM = "feishu://TOKEN?secret=SECRET"
_HOOK = "https://open.feishu.cn/open-apis/bot/v2/hook/"
_TOKEN = re.compile(r"[A-Za-z0-9_-]{8,100}")


@dataclass(frozen=True)
class Bot:
    """A bot of one group.

    Attributes:
        token: the last part of its webhook address.
        secret: what its requests are signed with; empty if the bot wants no signature.
    """

    token: str = field(repr=False)
    secret: str = field(repr=False)

    @classmethod
    def of(cls, url: str) -> "Bot":
        """Return the bot at `feishu://TOKEN?secret=SECRET`.

        Raises:
            ValueError: it has another form.
        """
        parts = urlsplit(url)
        options = dict(parse_qsl(parts.query, strict_parsing=True)) if parts.query else {}
        plain = not parts.path.strip("/") and not parts.fragment and options.keys() <= {"secret"}
        if not plain or not _TOKEN.fullmatch(parts.netloc):
            raise ValueError(FORM)
        return cls(parts.netloc, options.get("secret", ""))

    def send(self, notice: Notice, networks: Networks, clock: Clock) -> None:
        """Send a notice.

        Raises:
            NotTakenError: it did not arrive.
        """
        said = f"{notice.title}\n{notice.text}".replace("<at", "＜at")  # nobody calls all by a name
        body: dict[str, object] = {"msg_type": "text", "content": {"text": said}}
        if self.secret:
            timestamp = str(int(clock().timestamp()))
            body |= {"timestamp": timestamp, "sign": signature(timestamp, self.secret)}
        headers = {"Content-Type": "application/json; charset=utf-8"}
        answer = post(_HOOK + self.token, headers, json.dumps(body).encode(), networks)
        accepted(answer, "code", 0)


def signature(timestamp: str, secret: str) -> str:
    """Return the signature that Feishu asks for.

    Args:
        timestamp: seconds since 1970, not more than an hour off.
        secret: of the bot.

    Source: Feishu's guide to custom bots: HMAC-SHA256 of nothing under timestamp, newline, secret.
    """
    key = f"{timestamp}\n{secret}".encode()
    return base64.b64encode(hmac.digest(key, b"", hashlib.sha256)).decode()
