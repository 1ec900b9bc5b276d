"""From a broker to the file on this computer, for ever."""

import time
from collections.abc import Iterator
from dataclasses import dataclass

from cleanplate_gateway.scales.findings import Finding, Outcome
from cleanplate_gateway.scales.mqtt.broker import Change, Subscription
from cleanplate_gateway.scales.mqtt.intake import Intake, Time
from cleanplate_gateway.scales.mqtt.layout import Layout, understand
from cleanplate_shared.clock import now

_CHANGES = {
    Change.CONNECTED: Outcome.CONNECTED,
    Change.AWAY: Outcome.ABSENT,
    Change.REFUSED: Outcome.IN_USE,
}


@dataclass(frozen=True)
class Told:
    """One thing to tell, and of which device; None: of the broker."""

    device: str | None
    finding: Finding


def collect(subscription: Subscription, layout: Layout, intake: Intake) -> Iterator[Told]:
    """Keep what is delivered, acknowledge it, and tell what it adds."""
    is_connected, has_complained = False, False
    for event in subscription.events():
        if isinstance(event, Change):
            is_connected = event is Change.CONNECTED
            intake.be_patient(this_moment())
            yield Told(None, Finding(_CHANGES[event]))
            continue
        heard = [understand(layout, one.topic, one.payload) for one in event]
        found = intake.take([one for one in heard if one], this_moment()) if event else []
        subscription.acknowledge(event)
        if None in heard and not has_complained:
            has_complained = True
            yield Told(None, Finding(Outcome.UNREADABLE))
        if is_connected:
            found += intake.late(this_moment())
        yield from (Told(device, finding) for device, finding in found)


def this_moment() -> Time:
    """Return now."""
    return Time(time.monotonic(), now())
