"""Malware scan by a ClamAV daemon, over its socket protocol.

Source of the protocol: clamd(8), command INSTREAM: length-prefixed chunks up, one line ended by NUL down.
"""

import socket
import struct
import time
from urllib.parse import urlsplit

from shared.domain.errors import DependencyDown

PORT = 3310
CONNECT_SECONDS = 2
SCAN_SECONDS = 20
CHUNK_BYTES = 64 * 1024
REPLY_MAX = 4096


class ClamAv:
    """Scans bytes with the daemon at an address.

    Args:
        address: `host:port`; 3310 where no port is named. Raises ValueError if it is no address.
    """

    def __init__(self, address: str) -> None:
        self._host, self._port = _host_and_port(address)

    def find_threat(self, content: bytes) -> str | None:
        """Answer the name of what was found, or None; raise DependencyDown if the daemon cannot tell."""
        chunks = (content[start : start + CHUNK_BYTES] for start in range(0, len(content), CHUNK_BYTES))
        verdict = self._ask(b"zINSTREAM\0", *(struct.pack(">I", len(chunk)) + chunk for chunk in chunks), bytes(4))
        if verdict == "stream: OK":
            return None
        name = verdict.removeprefix("stream: ").removesuffix(" FOUND")
        if not name or verdict != f"stream: {name} FOUND":
            raise DependencyDown("malware scanner")
        return name

    def ping(self) -> None:
        """Return if the daemon answers; raise DependencyDown."""
        if self._ask(b"zPING\0") != "PONG":
            raise DependencyDown("malware scanner")

    def _ask(self, *parts: bytes) -> str:
        deadline = time.monotonic() + SCAN_SECONDS
        try:
            with socket.create_connection((self._host, self._port), CONNECT_SECONDS) as connection:
                for part in parts:
                    connection.settimeout(_remaining(deadline))
                    connection.sendall(part)
                return _reply(connection, deadline)
        except OSError as error:
            raise DependencyDown("malware scanner") from error


def _host_and_port(address: str) -> tuple[str, int]:
    try:
        parts = urlsplit(f"//{address}")
        host, port = parts.hostname, parts.port
    except ValueError:
        host = port = None
    if host is None:
        raise ValueError(f"CLAMAV_ADDRESS is to be host:port, as 127.0.0.1:{PORT}; it is {address!r}.")
    return host, port or PORT


def _reply(connection: socket.socket, deadline: float) -> str:
    """Read up to the NUL that ends a reply; raise OSError if it does not come, DependencyDown if it never ends."""
    received = b""
    while not received.endswith(b"\0"):
        connection.settimeout(_remaining(deadline))
        part = connection.recv(REPLY_MAX)
        if not part or len(received) + len(part) > REPLY_MAX:
            raise DependencyDown("malware scanner")
        received += part
    return received[:-1].decode("utf-8", "replace")


def _remaining(deadline: float) -> float:
    seconds = deadline - time.monotonic()
    if seconds <= 0:
        raise TimeoutError("the scan took too long")
    return seconds
