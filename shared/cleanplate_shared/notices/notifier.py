"""The notification port: what a service needs to keep channels and send to them."""

from cleanplate_shared.clock import Clock, now
from cleanplate_shared.notices import apprised, feishu
from cleanplate_shared.notices.channels import Channel, NotDelivered
from cleanplate_shared.notices.delivery import Delivered, Outbox, deliver_due
from cleanplate_shared.notices.notice import Notice
from cleanplate_shared.notices.sealing import Sealer
from cleanplate_shared.notices.wire import Networks, NotTakenError


class Notifier:
    """Sends notices, with the key and the networks of one installation.

    Args:
        key: the setting `notice_key`.
        networks: the setting `notice_networks`.
        clock: the time, for signatures and delivery.
    """

    def __init__(self, key: str, networks: Networks, clock: Clock = now) -> None:
        self._sealer = Sealer(key)
        self._networks = networks
        self._clock = clock

    def seal(self, channel: Channel) -> str:
        """Return a channel's address as it may be stored, at most 800 characters.

        Raises:
            ChannelRefused: the installation has no key.
        """
        return self._sealer.seal(channel)

    def open(self, sealed: str) -> Channel:
        """Return a stored channel.

        Raises:
            ChannelRefused: stored with another key.
        """
        return self._sealer.open(sealed)

    def send(self, channel: Channel, notice: Notice) -> None:
        """Send a notice now; takes at most some seconds for a web channel.

        Raises:
            NotDelivered: with a reason that may be shown.
        """
        try:
            if channel.scheme == feishu.SCHEME:
                feishu.Bot.of(channel.url).send(notice, self._networks, self._clock)
            else:
                apprised.send(channel.url, notice, self._networks)
        except NotTakenError as error:
            raise NotDelivered(error.reason) from None

    def deliver_due(self, outbox: Outbox) -> Delivered:
        """Send one batch of a service's notices that are due; for a job.

        See `delivery.deliver_due`; it is called again while a batch was full, if need be.
        """
        return deliver_due(outbox, self._send_sealed, self._clock)

    def _send_sealed(self, sealed: str, notice: Notice) -> None:
        self.send(self.open(sealed), notice)
