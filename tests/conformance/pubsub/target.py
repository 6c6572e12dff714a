"""The server under test: an emulator of this run, or any server that a connection string names."""

import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from local.ports import free_port, is_listening
from local.processes import ROOT, Child

UNDER_TEST = "MOTORPOOL_PUBSUB_UNDER_TEST"
# where the emulator's code is, for those who put faults into a copy
CODE = "MOTORPOOL_PUBSUB_CODE"
ACCESS_KEY = "a key of the conformance suite, of more than 32 bytes"


@dataclass(frozen=True)
class Target:
    """Where a server listens and what opens it.

    Attributes:
        endpoint: as `http://host:port`.
        key: the access key.
        handler_port: where it looks for event handlers, if it does.
    """

    endpoint: str
    key: str
    handler_port: int | None = None

    @classmethod
    def read(cls, connection_string: str) -> "Target":
        """Take a connection string apart."""
        parts = dict(part.split("=", 1) for part in connection_string.split(";") if part)
        named = {name.lower(): value for name, value in parts.items()}
        endpoint = named["endpoint"].rstrip("/") + (f":{named['port']}" if "port" in named else "")
        return cls(endpoint, named["accesskey"])

    @property
    def connection_string(self) -> str:
        """Answer what the official clients are given."""
        return f"Endpoint={self.endpoint};AccessKey={self.key};Version=1.0;"

    @property
    def port(self) -> int:
        """Answer its port."""
        parts = urlsplit(self.endpoint)
        return parts.port or (443 if parts.scheme == "https" else 80)


def foreign() -> Target | None:
    """Answer the server that the environment names instead of an own emulator."""
    named = os.environ.get(UNDER_TEST)
    return Target.read(named) if named else None


@contextmanager
def emulator(folder: Path, options: Sequence[str] = (), handler_port: int | None = None) -> Iterator[Target]:
    """Run an emulator of our own; yield where it is."""
    port = free_port()
    command = [sys.executable, "-P", "-m", "local.pubsub", "--port", str(port), "--access-key", ACCESS_KEY, *options]
    environment = {**os.environ, "PYTHONPATH": os.environ.get(CODE, str(ROOT))}
    with Child("the Web PubSub emulator", command, folder / f"pubsub-{port}.log", env=environment) as child:
        child.wait_until(lambda: is_listening(port), seconds=30)
        yield Target(f"http://127.0.0.1:{port}", ACCESS_KEY, handler_port)
