"""TCP ports on this machine: which are free, and what moves those that are not."""

import errno
import socket
from collections.abc import Mapping

LOOPBACK = "127.0.0.1"
LOOPBACK_6 = "::1"


class PortInUseError(RuntimeError):
    """Another program listens where ours should; the message names the setting that moves ours."""


def free_port(count: int = 1) -> int:
    """Answer the first of `count` successive ports that nobody listens on at this moment."""
    while True:
        with socket.socket() as probe:
            probe.bind((LOOPBACK, 0))
            first = int(probe.getsockname()[1])
        if first + count <= 2**16 and all(is_free(port) for port in range(first, first + count)):
            return first


def is_free(port: int) -> bool:
    """Say whether a server could listen on the port."""
    with socket.socket() as probe:
        # as servers do: connections of an ended server that linger in TIME_WAIT are no obstacle
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError as error:
            if error.errno in {errno.EADDRINUSE, errno.EACCES}:
                return False
            raise
        return True


def is_listening(port: int) -> bool:
    """Say whether a server accepts connections on the port."""
    with socket.socket() as probe:
        probe.settimeout(1.0)
        return probe.connect_ex((LOOPBACK, port)) == 0


def require_free(ports: Mapping[str, int]) -> None:
    """Check that every port can be listened on.

    Args:
        ports: port by the name of the setting that moves it.

    Raises:
        PortInUseError: naming all that cannot.
    """
    taken = [f"  {port} (set {setting} to move it)" for setting, port in ports.items() if not is_free(port)]
    if taken:
        raise PortInUseError("Another program uses these ports of 127.0.0.1:\n" + "\n".join(taken))


def loopback_sockets(port: int) -> list[socket.socket]:
    """Answer bound sockets for the port on 127.0.0.1 and, where there is one, on ::1.

    `localhost` means either, and browsers differ in which they try.

    Raises:
        OSError: another program has the port.
    """
    sockets = [socket.create_server((LOOPBACK, port), backlog=256)]
    try:
        sockets.append(socket.create_server((LOOPBACK_6, port), family=socket.AF_INET6, backlog=256))
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            sockets[0].close()
            raise
    return sockets
