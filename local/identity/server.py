"""Runs the identity stand-in and the mail catcher as a process, as `local.stack` and tests do."""

import json
import sys
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

from local.ports import is_listening
from local.processes import Child

READY_SECONDS = 30


class IdentityServer:
    """The issuer on `http://localhost:PORT` and the mail server beside it; they stop with this program.

    Args:
        directory: for keys, mail and the log; made if missing.
        port: of the issuer and of the mail's pages.
        smtp_port: of the mail server.
        environment: of the process; this one's own when not given.
    """

    def __init__(
        self, directory: Path, port: int, smtp_port: int, environment: Mapping[str, str] | None = None
    ) -> None:
        self.directory = directory.absolute()
        self.issuer = f"http://localhost:{port}"
        self.log = self.directory / "identity.log"
        self._ports = (port, smtp_port)
        self._environment = environment
        self._child: Child | None = None

    @property
    def child(self) -> Child:
        """Answer the running process.

        Raises:
            RuntimeError: it was not started.
        """
        if self._child is None:
            raise RuntimeError("The identity stand-in is not running: call start() first.")
        return self._child

    def start(self) -> None:
        """Run it, return when it answers; a second call does nothing.

        Raises:
            ChildFailedError: it did not come up; the message holds the end of its log.
        """
        if self._child is not None and self._child.exit_code is None:
            return
        self.stop()
        port, smtp_port = map(str, self._ports)
        command = [sys.executable, "-m", "local.identity", "--port", port, "--smtp-port", smtp_port]
        command += ["--data", str(self.directory)]
        self._child = Child("Identity and mail", command, self.log, env=self._environment)
        try:
            self._child.wait_until(lambda: all(map(is_listening, self._ports)), READY_SECONDS)
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """End it; keys and mail stay."""
        if self._child is not None:
            self._child.stop()
            self._child = None

    def token(self, tid: str, oid: str, **order: Any) -> str:
        """Answer an access token of anyone; see `local.identity.tokens.TokenOrder` for what can be ordered."""
        body = json.dumps({"tid": tid, "oid": oid, **order}).encode()
        request = urllib.request.Request(f"{self.issuer}/local/token", body)  # noqa: S310  our own issuer's address
        with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310  as above
            return str(json.load(answer)["access_token"])

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
