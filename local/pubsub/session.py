"""Sessions: what the service knows of one connection, which outlives its sockets where the protocol is reliable."""

import asyncio
import enum
import secrets
from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

import orjson

from local.pubsub.backlog import Backlog
from local.pubsub.frames import text_frame
from local.pubsub.message import Message
from local.pubsub.roles import Permissions
from local.pubsub.socket import Socket

MOST_ACK_IDS = 1000


class Protocol(enum.Enum):
    """What a client speaks; the value is its name in the handshake."""

    RELIABLE = "json.reliable.webpubsub.azure.v1"
    JSON = "json.webpubsub.azure.v1"
    SIMPLE = ""


@dataclass(frozen=True)
class Identity:
    """Who a connection is, settled when it is opened.

    Attributes:
        hub: where it belongs.
        user: its user id, or None.
        protocol: what it speaks.
        connection_id: unique.
        roles: what it may do.
        groups: where it is a member from the beginning.
    """

    hub: str
    user: str | None
    protocol: Protocol
    connection_id: str = field(default_factory=lambda: secrets.token_hex(16))
    roles: Iterable[str] = ()
    groups: Iterable[str] = ()


class Session:
    """One connection, as the service sees it.

    Args:
        identity: who it is.
        overflowed: told when more waits for the client than is kept.
    """

    def __init__(self, identity: Identity, overflowed: Callable[["Session"], None]) -> None:
        self.id = identity.connection_id
        self.user = identity.user
        self.protocol = identity.protocol
        self.hub = identity.hub
        self.groups: set[str] = set()
        self.permissions = Permissions(identity.roles)
        self.ended = False
        # one frame of the client at a time, also where it has come back while the last one is still worked on
        self.turn = asyncio.Lock()
        self.socket: Socket | None = None
        self._generation = 0
        self._overflowed = overflowed
        self._acknowledged: OrderedDict[int, None] = OrderedDict()
        self._backlog = Backlog() if identity.protocol is Protocol.RELIABLE else None

    @property
    def reliable(self) -> bool:
        """Say whether the client can come back to it."""
        return self._backlog is not None

    @property
    def protocol_name(self) -> str:
        """Answer the subprotocol, as filters see it."""
        return self.protocol.value

    def deliver(self, message: Message) -> None:
        """Send a message, or keep it until the client is back."""
        backlog, socket = self._backlog, self.socket
        if backlog is not None:
            backlog.number += 1
            frame = message.numbered_frame(backlog.number)
            backlog.add(frame, message.expires_at)
            keeps_up = not backlog.overflows
        else:
            frame = message.simple_frame if self.protocol is Protocol.SIMPLE else message.plain_frame
            keeps_up = True
        if socket is not None:
            keeps_up = socket.write(frame) and keeps_up
        if not keeps_up:
            self._overflowed(self)

    def tell(self, frame: dict[str, Any]) -> None:
        """Send a frame that is no message: one that is not numbered, and is lost with the socket."""
        if self.socket is not None and self.protocol is not Protocol.SIMPLE:
            self.socket.write(text_frame(orjson.dumps(frame)))

    def attach(self, socket: Socket, return_token: str | None) -> int:
        """Take a new socket, in one step with `connected` and everything that the client has not acknowledged.

        Returns:
            A number by which the socket lets go again.
        """
        if self.socket is not None:
            self.socket.abort()
        self._generation += 1
        self.socket = socket
        connected = {"type": "system", "event": "connected", "userId": self.user, "connectionId": self.id}
        self.tell(connected | ({"reconnectionToken": return_token} if return_token else {}))
        if self._backlog is not None:
            for frame in self._backlog.frames():
                socket.write(frame)
        return self._generation

    def detach(self, generation: int) -> bool:
        """Let go of a socket that is gone; answer False if another has taken its place."""
        if generation != self._generation:
            return False
        self.socket = None
        return True

    def acknowledge_messages(self, number: int) -> None:
        """Forget the messages up to the number."""
        if self._backlog is not None:
            self._backlog.acknowledge(number)

    def has_done(self, ack_id: int) -> bool:
        """Say whether the client's frame of this id was carried out."""
        return ack_id in self._acknowledged

    def remember(self, ack_id: int) -> None:
        """Keep in mind that the client's frame of this id was carried out."""
        self._acknowledged[ack_id] = None
        if len(self._acknowledged) > MOST_ACK_IDS:
            self._acknowledged.popitem(last=False)
