"""Runs the emulator of Web PubSub as a process, as `local.stack` and tests do."""

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Self

from local.ports import LOOPBACK
from local.processes import Child

READY_SECONDS = 30
# how the line begins that the emulator writes when it does
LISTENS = "Web PubSub emulator on"


class PubSubServer:
    """The emulator on `http://127.0.0.1:PORT`; it stops with this program.

    Args:
        directory: for the log; made if missing.
        port: where it listens.
        access_key: signs and checks all tokens; 32 bytes or more.
        handlers: hub, or `*` for all others, and the address of its event handler.
        options: further words of its command line; see `python -m local.pubsub --help`.
    """

    def __init__(
        self,
        directory: Path,
        port: int,
        access_key: str,
        handlers: Mapping[str, str] | None = None,
        options: Sequence[str] = (),
    ) -> None:
        self.endpoint = f"http://{LOOPBACK}:{port}"
        self.connection_string = f"Endpoint={self.endpoint};AccessKey={access_key};Version=1.0;"
        self.log = directory.absolute() / "pubsub.log"
        # in one word each, because a key may begin with a dash
        self._arguments = [f"--port={port}", f"--access-key={access_key}"]
        self._arguments += [f"--event-handler={hub}={address}" for hub, address in (handlers or {}).items()]
        self._arguments += options
        self._child: Child | None = None

    @property
    def child(self) -> Child:
        """Answer the running process.

        Raises:
            RuntimeError: it was not started.
        """
        if self._child is None:
            raise RuntimeError("The Web PubSub emulator is not running: call start() first.")
        return self._child

    def start(self) -> None:
        """Run it, return when it answers; a second call does nothing.

        Raises:
            ChildFailedError: it did not come up; the message holds the end of its log.
        """
        if self._child is not None and self._child.exit_code is None:
            return
        self.stop()
        command = [sys.executable, "-m", "local.pubsub", *self._arguments]
        self._child = Child("The Web PubSub emulator", command, self.log)
        try:
            self._child.wait_until(self._listens, READY_SECONDS)
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """End it; clients are told that it goes away."""
        if self._child is not None:
            self._child.stop()
            self._child = None

    def _listens(self) -> bool:
        # not whether the port answers: another program may have it
        return LISTENS in self.child.unread()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
