"""Channel addresses at rest: whoever has a copy of a database cannot write to a channel."""

import base64
import hashlib
import hmac

from cryptography.fernet import Fernet, InvalidToken

from cleanplate_shared.i18n import msg
from cleanplate_shared.notices.channels import Channel, ChannelRefused

_SHORTEST_KEY = 32
_PURPOSE = b"cleanplate notice channels"


class Sealer:
    """Closes addresses for the database, and opens them to send.

    Args:
        key: at least 32 random characters, kept elsewhere than the database.
    """

    def __init__(self, key: str) -> None:
        self._fernet = None
        if len(key) >= _SHORTEST_KEY:
            derived = hmac.digest(key.encode(), _PURPOSE, hashlib.sha256)
            self._fernet = Fernet(base64.urlsafe_b64encode(derived))

    def seal(self, channel: Channel) -> str:
        """Return a channel's address closed, at most 800 characters; different each time.

        Raises:
            ChannelRefused: the installation has no key.
        """
        return self._key().encrypt(channel.url.encode()).decode()

    def open(self, sealed: str) -> Channel:
        """Return the channel that was sealed.

        Raises:
            ChannelRefused: sealed with another key, or no key.
        """
        try:
            return Channel(self._key().decrypt(sealed.encode()).decode())
        except (InvalidToken, UnicodeError):
            raise ChannelRefused(
                msg("It was stored with another key; enter the address once more.")
            ) from None

    def _key(self) -> Fernet:
        if self._fernet is None:
            raise ChannelRefused(
                msg(
                    "This installation has no key to store addresses with; set NOTICE_KEY to "
                    "at least {least} random characters.",
                    least=_SHORTEST_KEY,
                )
            )
        return self._fernet
