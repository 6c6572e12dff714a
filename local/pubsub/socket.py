"""One WebSocket of a client: frames are written whole and at once, and the transport's buffer is the queue."""

import asyncio
import contextlib

from aiohttp import web

CLOSE_SECONDS = 3.0
# what may wait in memory for a client that does not read
MOST_WAITING_BYTES = 16 * 1024 * 1024
REASON_BYTES = 123


class Socket:
    """The sending side of a client's WebSocket.

    Args:
        response: the prepared WebSocket; it keeps the receiving side, pings and pongs.
        transport: below it.
    """

    __slots__ = ("_closing", "_response", "_transport")

    def __init__(self, response: web.WebSocketResponse, transport: asyncio.Transport) -> None:
        self._response = response
        self._transport = transport
        self._closing: asyncio.Task[None] | None = None

    def write(self, frame: bytes) -> bool:
        """Send a frame, or let it wait behind earlier ones; answer whether the client keeps up."""
        if self._closing is not None or self._transport.is_closing():
            return True
        # aiohttp writes its own frames (pong, close) whole to the same transport, so nothing interleaves
        self._transport.write(frame)
        return self._transport.get_write_buffer_size() <= MOST_WAITING_BYTES

    def close(self, code: int, reason: str = "") -> None:
        """Begin to close; nothing is sent any more, and a client that does not answer is cut off."""
        if self._closing is None:
            self._closing = asyncio.create_task(self._close(code, reason))

    def abort(self) -> None:
        """Cut it off: another socket has taken its place."""
        self._transport.abort()

    async def closed(self) -> None:
        """Wait until closing, if it has begun, is over."""
        if self._closing is not None:
            await self._closing

    async def _close(self, code: int, reason: str) -> None:
        with contextlib.suppress(TimeoutError, ConnectionError, RuntimeError):
            async with asyncio.timeout(CLOSE_SECONDS):
                await self._response.close(code=code, message=_cut(reason))
        if self._transport.get_write_buffer_size():
            self._transport.abort()


def _cut(reason: str) -> bytes:
    """Answer as much of the reason as a close frame holds, in whole characters."""
    return reason.encode()[:REASON_BYTES].decode(errors="ignore").encode()
