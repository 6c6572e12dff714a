"""TCP ports on this machine: which are free, and what moves those that are not."""

import errno
import secrets
import socket
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from itertools import accumulate
from typing import Self

LOOPBACK = "127.0.0.1"
LOOPBACK_6 = "::1"
# lower ones are for root only
LOWEST = 1024
HIGHEST = 65535
# below the ports that Linux gives to outgoing connections, which would come and go
FREE = range(20000, 32000)


class PortInUseError(RuntimeError):
    """Another program listens where ours should; the message names the setting that moves ours."""


def _port(setting: str, default: int, count: int = 1) -> int:
    value: int = field(default=default, metadata={"setting": setting, "count": count})
    return value


@dataclass(frozen=True)
class Ports:
    """Where the servers of one machine listen; each is moved by its setting."""

    app: int = _port("MOTORPOOL_PORT", 7071)
    pubsub: int = _port("MOTORPOOL_PUBSUB_PORT", 8080)
    identity: int = _port("MOTORPOOL_IDENTITY_PORT", 7073)
    storage: int = _port("MOTORPOOL_STORAGE_PORT", 10000, count=3)
    smtp: int = _port("MOTORPOOL_SMTP_PORT", 1025)
    postgres: int = _port("MOTORPOOL_POSTGRES_PORT", 5433)

    @classmethod
    def read(cls, environment: Mapping[str, str]) -> Self:
        """Read the settings that move ports.

        Raises:
            ValueError: one of them is no port.
        """
        moved = {}
        for item in fields(cls):
            setting = item.metadata["setting"]
            text = environment.get(setting, "")
            if text and not (text.isascii() and text.isdigit() and LOWEST <= int(text) <= HIGHEST):
                raise ValueError(f"{setting}={text} is no port: give a number from {LOWEST} to {HIGHEST}.")
            if text:
                moved[item.name] = int(text)
        return cls(**moved)

    @classmethod
    def free(cls) -> Self:
        """Answer ports that nobody uses at this moment, for tests."""
        sizes = {item.name: int(item.metadata["count"]) for item in fields(cls)}
        first = free_port(sum(sizes.values()))
        starts = accumulate(sizes.values(), initial=first)
        return cls(**dict(zip(sizes, starts, strict=False)))

    def settings(self, *names: str) -> list[tuple[str, int]]:
        """Answer each port of the named servers with the setting that moves it."""
        asked = [item for item in fields(self) if item.name in names]
        return [
            (item.metadata["setting"], getattr(self, item.name) + i)
            for item in asked
            for i in range(item.metadata["count"])
        ]


def free_port(count: int = 1) -> int:
    """Answer the first of `count` successive ports that nobody listens on at this moment."""
    while True:
        first = FREE.start + secrets.randbelow(len(FREE) - count)
        if all(is_free(port) for port in range(first, first + count)):
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


def require_free(ports: Iterable[tuple[str, int]], patience_seconds: float = 5.0) -> None:
    """Check that every port can be listened on; what an earlier run still holds gets a moment.

    Args:
        ports: the setting that moves a port, and the port.
        patience_seconds: how long that moment is.

    Raises:
        PortInUseError: naming all that cannot.
    """
    wanted = list(ports)
    deadline = time.monotonic() + patience_seconds
    while taken := [f"  {port} (set {setting} to move it)" for setting, port in wanted if not is_free(port)]:
        if time.monotonic() < deadline:
            time.sleep(0.1)
            continue
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
