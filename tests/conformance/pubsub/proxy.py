"""A TCP proxy that does to connections what networks do: cuts, refuses, swallows bytes, falls silent."""

import asyncio
import socket
import struct
from collections.abc import Iterator
from contextlib import suppress
from typing import Self

# with no time to linger, closing a socket sends RST instead of FIN
NO_LINGER = struct.pack("ii", 1, 0)


class ChaosProxy:
    """Listens on a port of its own and forwards to another one, as well as it is told to.

    Args:
        port: of the server on 127.0.0.1.

    Attributes:
        refuses: whether new connections are reset at once.
        accepted: how many connections came.
    """

    def __init__(self, port: int) -> None:
        self.refuses = False
        self.accepted = 0
        self._port = port
        self._lines: set[_Line] = set()
        self._server: asyncio.Server | None = None
        self._swallowing = (False, False)

    @property
    def port(self) -> int:
        """Answer where it listens."""
        assert self._server is not None
        return int(self._server.sockets[0].getsockname()[1])

    def cut(self, *, reset: bool = False) -> None:
        """End every connection, by FIN or by RST."""
        for line in self._open():
            line.end(reset=reset)

    def swallow(self, *, to_server: bool = False, to_client: bool = False) -> None:
        """Lose every byte of a direction from now on, of connections there are and of those to come."""
        self._swallowing = (to_server, to_client)

    def freeze(self) -> None:
        """Keep the connections there are, but forward nothing on them any more: half-open ones."""
        for line in self._open():
            line.frozen = True

    def lose(self, to_server: bytes = b"", to_client: bytes = b"") -> bool:
        """Say whether bytes of a direction are lost."""
        return bool((to_server and self._swallowing[0]) or (to_client and self._swallowing[1]))

    def _open(self) -> Iterator["_Line"]:
        yield from list(self._lines)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.accepted += 1
        if self.refuses:
            _reset(writer)
            return
        to_server = await asyncio.open_connection("127.0.0.1", self._port)
        line = _Line(self, (reader, writer), to_server)
        self._lines.add(line)
        try:
            await line.run()
        finally:
            self._lines.discard(line)

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.close()
        self.cut()
        with suppress(TimeoutError):
            await asyncio.wait_for(self._server.wait_closed(), 2)


type _End = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class _Line:
    """One connection of a client, and the one to the server that belongs to it."""

    def __init__(self, proxy: ChaosProxy, client: _End, server: _End) -> None:
        self.frozen = False
        self._proxy = proxy
        self._client = client
        self._server = server

    async def run(self) -> None:
        """Forward both ways until either end is gone."""
        ways = [asyncio.create_task(self._up()), asyncio.create_task(self._down())]
        _, rest = await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        for way in rest:
            way.cancel()
        await asyncio.gather(*rest, return_exceptions=True)
        self.end()

    def end(self, *, reset: bool = False) -> None:
        """Close both ends."""
        for _, writer in (self._client, self._server):
            if reset:
                _reset(writer)
            else:
                writer.close()

    async def _up(self) -> None:
        with suppress(OSError):
            while data := await self._client[0].read(65536):
                if not self.frozen and not self._proxy.lose(to_server=data):
                    self._server[1].write(data)
                    await self._server[1].drain()

    async def _down(self) -> None:
        with suppress(OSError):
            while data := await self._server[0].read(65536):
                if not self.frozen and not self._proxy.lose(to_client=data):
                    self._client[1].write(data)
                    await self._client[1].drain()
            if self.frozen:
                await asyncio.Event().wait()


def _reset(writer: asyncio.StreamWriter) -> None:
    connection = writer.get_extra_info("socket")
    if connection is not None:
        with suppress(OSError):
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, NO_LINGER)
    writer.transport.abort()
