"""Runs the emulator of Web PubSub as a process, as `local.stack` and tests do."""

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from local.ports import LOOPBACK
from local.processes import Child
from local.servers import Server

# how the line begins that the emulator writes when it does
LISTENS = "Web PubSub emulator on"


class PubSubServer(Server):
    """The emulator on `http://127.0.0.1:PORT`; it stops with this program.

    Args:
        directory: for the log; made if missing.
        port: where it listens.
        access_key: signs and checks all tokens; 32 bytes or more.
        handlers: hub, or `*` for all others, and the address of its event handler.
        options: further words of its command line; see `python -m local.pubsub --help`.
    """

    NAME = "The Web PubSub emulator"

    def __init__(
        self,
        directory: Path,
        port: int,
        access_key: str,
        handlers: Mapping[str, str] | None = None,
        options: Sequence[str] = (),
    ) -> None:
        super().__init__()
        self.endpoint = f"http://{LOOPBACK}:{port}"
        self.connection_string = f"Endpoint={self.endpoint};AccessKey={access_key};Version=1.0;"
        self.log = directory.absolute() / "pubsub.log"
        # in one word each, because a key may begin with a dash
        self._arguments = [f"--port={port}", f"--access-key={access_key}"]
        self._arguments += [f"--event-handler={hub}={address}" for hub, address in (handlers or {}).items()]
        self._arguments += options

    def _launch(self) -> Child:
        command = [sys.executable, "-m", "local.pubsub", *self._arguments]
        return Child(self.NAME, command, self.log)

    def _answers(self) -> bool:
        # not whether the port answers: another program may have it
        return LISTENS in self.child.unread()
