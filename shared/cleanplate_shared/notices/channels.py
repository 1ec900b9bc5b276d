"""The address of a channel: checked when it is typed, hidden wherever it is shown."""

import re
from dataclasses import dataclass, field
from urllib.parse import parse_qs, urlsplit

from cleanplate_shared.errors import Unavailable, Unprocessable
from cleanplate_shared.i18n import msg
from cleanplate_shared.notices import apprised, feishu

LONGEST = 500
_TAIL = 4
_TAIL_FROM = 12  # of a shorter token, four characters are too much
_SCHEMES = (feishu.SCHEME, *apprised.SCHEMES)
_PRINTABLE = re.compile(r"[!-~]+")
_WEBHOOKS = {  # as the three group bots show them, to be pasted as they are
    "qyapi.weixin.qq.com/cgi-bin/webhook/send": ("wecombot", "key"),
    "oapi.dingtalk.com/robot/send": ("dingtalk", "access_token"),
    "open.feishu.cn/open-apis/bot/v2/hook": (feishu.SCHEME, None),
}


class ChannelRefused(Unprocessable, title=msg("This channel address cannot be used")):
    """The address of a channel is not one, or not of a kind that is allowed."""


class NotDelivered(Unavailable, title=msg("The notice was not delivered")):
    """A channel did not take a notice; the reason holds nothing secret."""


@dataclass(frozen=True)
class Channel:
    """Where notices go. The address is a secret: whoever has it can write there.

    Attributes:
        url: the whole address, never to be shown or logged.
    """

    url: str = field(repr=False)

    @classmethod
    def of(cls, text: str) -> "Channel":
        """Return the channel at an address that somebody typed or pasted.

        Raises:
            ChannelRefused: with what is wrong and what to write instead.
        """
        url = text.strip()
        if len(url) > LONGEST:
            raise ChannelRefused(msg("The address is longer than {most} characters.", most=LONGEST))
        if not _PRINTABLE.fullmatch(url):
            raise ChannelRefused(
                msg("The address is empty, or has spaces or other characters; write them as %XX.")
            )
        channel = cls(_from_webhook(url))
        channel._check()
        return channel

    @property
    def scheme(self) -> str:
        """Return the kind of channel, such as wecombot."""
        return self.url.partition("://")[0].lower()

    @property
    def masked(self) -> str:
        """Return enough to tell channels apart, and nothing to write there with."""
        target = self.url.partition("://")[2].partition("?")[0].rpartition("@")[2]
        token = target.rstrip("/").rpartition("/")[2]
        tail = token[-_TAIL:] if len(token) >= _TAIL_FROM else ""
        return f"{self.scheme}://****{tail}"

    def __str__(self) -> str:  # noqa: D105
        return self.masked

    def _check(self) -> None:
        if self.scheme not in _SCHEMES:
            raise ChannelRefused(
                msg("An address starts with one of {schemes}.", schemes=", ".join(_SCHEMES))
            )
        try:
            if self.scheme == feishu.SCHEME:
                feishu.Bot.of(self.url)
            else:
                apprised.check(self.url)
        except apprised.UnknownOptionsError as error:
            raise ChannelRefused(
                msg("{scheme} has no option {names} here.", scheme=self.scheme, names=str(error))
            ) from None
        except ValueError:  # without its cause, which may quote the address
            raise ChannelRefused(
                msg(
                    "The address is not complete. It has the form {form}.",
                    form=feishu.FORM if self.scheme == feishu.SCHEME else apprised.form(self.url),
                )
            ) from None


def _from_webhook(url: str) -> str:
    try:
        parts = urlsplit(url)
        query = parse_qs(parts.query)
    except ValueError:
        return url
    if parts.scheme != "https":
        return url
    for place, (scheme, key) in _WEBHOOKS.items():
        host_and_path = f"{parts.netloc}{parts.path}".rstrip("/")
        token = query.get(key, [""])[0] if key else host_and_path.rpartition("/")[2]
        if token and host_and_path in (place, f"{place}/{token}"):
            secret = query.get("secret", [""])[0]
            return f"{scheme}://{token}" + (f"?secret={secret}" if secret else "")
    return url
