"""The addresses the host listens on."""

import errno
import socket
import sys

from local.host.errors import StartError
from local.ports import LOOPBACK, LOOPBACK_6

BACKLOG = 2048
# this machine has no IPv6
NO_IPV6 = {errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT}


def listen(port: int) -> list[socket.socket]:
    """Listen on 127.0.0.1 and, where there is IPv6, on ::1, to which `localhost` may lead just as well.

    Clients may connect from now on and wait for the app to be loaded.

    Args:
        port: 0 picks a free one.

    Raises:
        StartError: the port is taken.
    """
    first = _listen(socket.AF_INET, LOOPBACK, port)
    try:
        return [first, _listen(socket.AF_INET6, LOOPBACK_6, port_of(first))]
    except OSError as error:
        if error.errno in NO_IPV6:
            return [first]
        first.close()
        raise
    except StartError:
        first.close()
        raise


def port_of(listener: socket.socket) -> int:
    """Answer the port that a socket listens on."""
    return int(listener.getsockname()[1])


def _listen(family: socket.AddressFamily, address: str, port: int) -> socket.socket:
    # asyncio turns Nagle's delay off (40 ms a request) only where the protocol is named
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        if sys.platform != "win32":
            # connections of a host that has just ended linger for a minute and are no obstacle
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((address, port))
        listener.listen(BACKLOG)
    except OSError as error:
        listener.close()
        if error.errno in {errno.EADDRINUSE, errno.EACCES}:
            raise StartError(
                f"Port {port} of {address} is in use by another program. "
                "Set MOTORPOOL_PORT or pass --port to move the host."
            ) from error
        raise
    return listener
