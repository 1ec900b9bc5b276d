"""Notices to people outside Cleanplate: group bots, e-mail and push services (decision 11)."""

from cleanplate_shared.notices.channels import Channel, ChannelRefused, NotDelivered
from cleanplate_shared.notices.delivery import Delivered, Outbox, Waiting
from cleanplate_shared.notices.notice import Notice
from cleanplate_shared.notices.notifier import Notifier

__all__ = [
    "Channel",
    "ChannelRefused",
    "Delivered",
    "NotDelivered",
    "Notice",
    "Notifier",
    "Outbox",
    "Waiting",
]
