"""Many clients of the live board in a process of their own: raw sockets that note when which event came.

Reads a line of JSON from its input, the URLs to connect to; says `ready`; and at the end of its input answers a line
of JSON: for each connection the pairs of an event's number and the moment of the machine's monotonic clock.
"""

import asyncio
import json
import sys
import time
from collections.abc import Iterator
from typing import Any

import aiohttp

PROTOCOL = "json.webpubsub.azure.v1"
AT_ONCE = 50


def main() -> None:
    """Connect, listen, report."""
    asyncio.run(_listen(json.loads(sys.stdin.readline())))


async def _listen(urls: list[str]) -> None:
    heard: list[list[tuple[int, float]]] = [[] for _ in urls]
    connecting = asyncio.Semaphore(AT_ONCE)
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as http:

        async def connect(url: str) -> aiohttp.ClientWebSocketResponse:
            async with connecting:
                return await http.ws_connect(url, protocols=[PROTOCOL], max_msg_size=0, autoclose=True)

        sockets = await asyncio.gather(*(connect(url) for url in urls))
        ears = [asyncio.create_task(_hear(socket, to)) for socket, to in zip(sockets, heard, strict=True)]
        print("ready", flush=True)
        await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
        for ear in ears:
            ear.cancel()
    print(json.dumps(heard), flush=True)


async def _hear(socket: aiohttp.ClientWebSocketResponse, heard: list[tuple[int, float]]) -> None:
    async for message in socket:
        now = time.monotonic()
        heard += [(number, now) for number in _numbers(json.loads(message.data))]


def _numbers(frame: dict[str, Any]) -> Iterator[int]:
    if frame["type"] == "message":
        yield from (event["data"]["number"] for event in frame["data"]["events"])


if __name__ == "__main__":
    main()
