"""Runs the identity stand-in and the mail catcher as a process, as `local.stack` and tests do."""

import json
import sys
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from local.ports import is_listening
from local.processes import Child
from local.servers import Server


class IdentityServer(Server):
    """The issuer on `http://localhost:PORT` and the mail server beside it; they stop with this program.

    Args:
        directory: for keys, mail and the log; made if missing.
        port: of the issuer and of the mail's pages.
        smtp_port: of the mail server.
        environment: of the process; this one's own when not given.
    """

    NAME = "Identity and mail"

    def __init__(
        self, directory: Path, port: int, smtp_port: int, environment: Mapping[str, str] | None = None
    ) -> None:
        super().__init__()
        self.directory = directory.absolute()
        self.issuer = f"http://localhost:{port}"
        self.log = self.directory / "identity.log"
        self._ports = (port, smtp_port)
        self._environment = environment

    def token(self, tid: str, oid: str, **order: Any) -> str:
        """Answer an access token of anyone; see `local.identity.tokens.TokenOrder` for what can be ordered."""
        body = json.dumps({"tid": tid, "oid": oid, **order}).encode()
        request = urllib.request.Request(f"{self.issuer}/local/token", body)  # noqa: S310  our own issuer's address
        with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310  as above
            return str(json.load(answer)["access_token"])

    def _launch(self) -> Child:
        port, smtp_port = map(str, self._ports)
        command = [sys.executable, "-m", "local.identity", "--port", port, "--smtp-port", smtp_port]
        command += ["--data", str(self.directory)]
        return Child(self.NAME, command, self.log, env=self._environment)

    def _answers(self) -> bool:
        return all(map(is_listening, self._ports))
