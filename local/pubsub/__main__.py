"""Run the emulator of Azure Web PubSub until told to stop."""

import asyncio
import errno
import logging
import signal
import sys

import aiohttp
from aiohttp import web

from local.ports import LOOPBACK, loopback_sockets
from local.pubsub.options import Options
from local.pubsub.service import Service

GRACE_SECONDS = 2.0
# clients that come back all at once
BACKLOG = 1024
# an address holds a token, with all its roles and groups
LONGEST_LINE = 64 * 1024


def main() -> int:
    """Serve; answer 0 when told to stop, 1 if another program has the port."""
    options = Options.read()
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(message)s")
    # a client that offers no subprotocol that we know is a simple one, and nothing to warn of
    logging.getLogger("aiohttp.websocket").setLevel(logging.ERROR)
    try:
        asyncio.run(_serve(options))
    except OSError as error:
        if error.errno not in {errno.EADDRINUSE, errno.EACCES}:
            raise
        print(f"Another program uses port {options.port}: give another one with --port.", file=sys.stderr)
        return 1
    return 0


async def _serve(options: Options) -> None:
    sockets = loopback_sockets(options.port)
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar(), auto_decompress=True) as client:
        service = Service(options, client)
        runner = web.ServerRunner(_server(service), shutdown_timeout=GRACE_SECONDS)
        await runner.setup()
        for socket in sockets:
            await web.SockSite(runner, socket, backlog=BACKLOG).start()
        print(f"Web PubSub emulator on ws://{LOOPBACK}:{options.port}, for any hub", flush=True)
        await stop.wait()
        await service.close()
        await runner.cleanup()


def _server(service: Service) -> web.Server:
    return web.Server(service.handle, access_log=None, max_line_size=LONGEST_LINE, max_field_size=LONGEST_LINE)


if __name__ == "__main__":
    sys.exit(main())
