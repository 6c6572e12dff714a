"""Bare WebSockets, for what the official clients cannot say."""

import json
from collections.abc import Sequence
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

import aiohttp

RELIABLE = "json.reliable.webpubsub.azure.v1"
PLAIN = "json.webpubsub.azure.v1"
# far more than anything takes here, far less than the SDKs' own patience
PATIENCE = 60.0


class Raw:
    """A bare WebSocket, for what the official clients cannot say.

    Args:
        url: of the client, with its token.
        protocol: the subprotocol to ask for, if any.
        headers: of the handshake.
    """

    def __init__(self, url: str, protocol: str | Sequence[str] | None, headers: dict[str, str] | None = None) -> None:
        self._url = url
        self._protocols = [protocol] if isinstance(protocol, str) else list(protocol or ())
        self._headers = headers
        self._session: aiohttp.ClientSession | None = None
        self._socket: aiohttp.ClientWebSocketResponse | None = None
        self.greeting: dict[str, Any] = {}

    @property
    def id(self) -> str:
        """Answer its connection id."""
        return str(self.greeting["connectionId"])

    @property
    def socket(self) -> aiohttp.ClientWebSocketResponse:
        """Answer the socket itself."""
        assert self._socket is not None
        return self._socket

    def recovery(self, base: str | None = None, **changed: str) -> str:
        """Answer the URL at which this connection is taken up again."""
        found = {
            "awps_connection_id": self.id,
            "awps_reconnection_token": str(self.greeting["reconnectionToken"]),
            **changed,
        }
        parts = urlsplit(base or self._url)
        return parts._replace(query="&".join(f"{name}={value}" for name, value in found.items())).geturl()

    async def send(self, kind: str, **frame: Any) -> None:
        """Send a frame."""
        await self.socket.send_str(json.dumps({"type": kind, **frame}))

    async def ask(self, kind: str, ack_id: int, **frame: Any) -> dict[str, Any]:
        """Send a frame that wants an answer, and answer that; messages before it are an error."""
        await self.send(kind, ackId=ack_id, **frame)
        answer = await self.next()
        assert answer["type"] == "ack", answer
        assert answer["ackId"] == ack_id
        return answer

    async def next(self) -> dict[str, Any]:
        """Answer the next frame."""
        message = await self.socket.receive(timeout=PATIENCE)
        assert message.type is aiohttp.WSMsgType.TEXT, f"{message.type!r} {message.data!r} {message.extra!r}"
        frame: dict[str, Any] = json.loads(message.data)
        return frame

    async def closed(self) -> tuple[int | None, list[dict[str, Any]]]:
        """Wait for the end; answer the close code and the frames that came before."""
        frames: list[dict[str, Any]] = []
        while True:
            message = await self.socket.receive(timeout=PATIENCE)
            if message.type is aiohttp.WSMsgType.TEXT:
                frames.append(json.loads(message.data))
            elif message.type is not aiohttp.WSMsgType.BINARY:
                return self.socket.close_code, frames

    async def open(self) -> Self:
        """Connect, without waiting for a first frame."""
        self._session = aiohttp.ClientSession()
        try:
            self._socket = await self._session.ws_connect(
                self._url, protocols=self._protocols, headers=self._headers, max_msg_size=0
            )
        except BaseException:
            await self._session.close()
            raise
        return self

    async def close(self) -> None:
        """Close with a close frame."""
        if self._socket is not None:
            await self._socket.close()
        if self._session is not None:
            await self._session.close()

    def break_off(self) -> None:
        """Cut the connection without a word."""
        transport = self.socket.get_extra_info("socket")
        assert transport is not None
        response = self.socket._response
        assert response.connection is not None
        assert response.connection.transport is not None
        response.connection.transport.abort()

    async def __aenter__(self) -> Self:
        await self.open()
        if self._protocols:
            self.greeting = await self.next()
            assert self.greeting["type"] == "system"
            assert self.greeting["event"] == "connected"
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()


async def refusal(url: str, protocol: str | None = RELIABLE, **headers: str) -> int:
    """Answer the HTTP status with which a handshake is refused; 101 if it is not."""
    raw = Raw(url, protocol, headers)
    try:
        await raw.open()
    except aiohttp.WSServerHandshakeError as error:
        return error.status
    await raw.close()
    return 101


async def refused_recovery(url: str) -> int | None:
    """Answer the close code of a recovery that is refused after the upgrade."""
    raw = Raw(url, RELIABLE)
    await raw.open()
    try:
        code, frames = await raw.closed()
    finally:
        await raw.close()
    assert frames == []
    return code
