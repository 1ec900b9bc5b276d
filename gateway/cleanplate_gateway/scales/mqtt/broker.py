"""A broker that may be away: a session that it keeps for us, acknowledged by hand."""

import queue
import ssl
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from enum import Enum, auto
from pathlib import Path
from typing import Any

from paho.mqtt.client import Client, MQTTMessage, MQTTv311
from paho.mqtt.enums import CallbackAPIVersion

_KEEP_ALIVE_SECONDS = 30
_LONGEST_REST = 30
_MOST_AT_ONCE = 200
_PATIENCE_SECONDS = 1.0


@dataclass(frozen=True)
class Broker:
    """Where the broker is, and who asks it.

    Attributes:
        client_id: under which the broker keeps our session.
        authority: the authority to trust; None: no TLS.
    """

    host: str
    port: int
    client_id: str
    user_name: str | None = None
    password: str | None = None
    authority: Path | None = None


class Change(Enum):
    """What became of the connection."""

    CONNECTED = auto()
    AWAY = auto()
    REFUSED = auto()


@dataclass(frozen=True)
class Delivery:
    """One message, with its number if it is to be acknowledged.

    `connection` counts connections: a broker may use a number again.
    """

    topic: str
    payload: bytes
    number: int | None
    connection: int


class Subscription:
    """What a broker delivers on one topic with QoS 1, until it is closed.

    A message is acknowledged when `acknowledge` was called for it, not before; until then the
    broker delivers it again to the next connection.
    """

    def __init__(self, broker: Broker, topic: str) -> None:
        self._broker = broker
        self._topic = topic
        self._connection = 0
        self._told: Change | None = None
        self._queue: queue.SimpleQueue[Delivery | Change] = queue.SimpleQueue()
        self._client = client = Client(
            CallbackAPIVersion.VERSION2,
            broker.client_id,
            clean_session=False,
            protocol=MQTTv311,
            manual_ack=True,
        )
        if broker.user_name:
            client.username_pw_set(broker.user_name, broker.password)
        if broker.authority:
            client.tls_set_context(ssl.create_default_context(cafile=broker.authority))
        client.reconnect_delay_set(1, _LONGEST_REST)
        client.on_connect = self._connected
        client.on_connect_fail = self._failed
        client.on_disconnect = self._disconnected
        client.on_message = self._delivered

    def __enter__(self) -> "Subscription":
        """Begin to connect; a broker that is away is waited for."""
        self._client.connect_async(self._broker.host, self._broker.port, _KEEP_ALIVE_SECONDS)
        self._client.loop_start()
        return self

    def __exit__(self, *_: object) -> None:
        """End the connection; the broker keeps the session."""
        self._client.disconnect()
        self._client.loop_stop()

    def events(self) -> Iterator[list[Delivery] | Change]:
        """Yield what was delivered, in groups, and changes; an empty group when nothing came."""
        while True:
            group: list[Delivery] = []
            one = self._next(_PATIENCE_SECONDS)
            while isinstance(one, Delivery):
                group.append(one)
                one = self._next(0) if len(group) < _MOST_AT_ONCE else None
            yield group
            if one is not None:
                yield one

    def acknowledge(self, group: list[Delivery]) -> None:
        """Tell the broker that it need not deliver these again."""
        for one in group:
            if one.number is not None and one.connection == self._connection:
                self._client.ack(one.number, 1)

    def _next(self, seconds: float) -> Delivery | Change | None:
        with suppress(queue.Empty):
            return self._queue.get(block=seconds > 0, timeout=seconds)
        return None

    def _connected(self, _client: Client, _data: Any, _flags: Any, code: Any, _more: Any) -> None:  # noqa: ANN401
        if code.is_failure:
            self._tell(Change.REFUSED)
            return
        self._connection += 1
        self._client.subscribe(self._topic, qos=1)
        self._tell(Change.CONNECTED)

    def _failed(self, _client: Client, _data: Any) -> None:  # noqa: ANN401
        self._tell(Change.AWAY)

    def _disconnected(self, *_: Any) -> None:  # noqa: ANN401
        if self._told is not Change.REFUSED:
            self._tell(Change.AWAY)

    def _delivered(self, _client: Client, _data: Any, message: MQTTMessage) -> None:  # noqa: ANN401
        number = message.mid if message.qos else None
        payload = bytes(message.payload)
        self._queue.put(Delivery(message.topic, payload, number, self._connection))

    def _tell(self, change: Change) -> None:
        known, self._told = self._told, change
        if change is not known:
            self._queue.put(change)
