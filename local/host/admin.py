"""/admin: the host's own endpoints, for whoever sits at this machine."""

import asyncio
import json
import logging
import time
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from local.host import responses, settings
from local.host.blobs import BlobTrigger
from local.host.functions import BLOB, TIMER, Function
from local.host.responses import Answer
from local.host.server import OwnRequest
from local.host.storage import StorageUnavailableError
from local.host.timers import Timer

# the host whose behaviour is followed
VERSION = "4.1037.0"
LOOPBACK_NAMES = frozenset({"localhost", "127.0.0.1", "[::1]"})

log = logging.getLogger("host.admin")


@dataclass(slots=True)
class Admin:
    """Answers what is below /admin/.

    Args:
        functions: all that are loaded.
        templates: of the HTTP functions' routes, by name.
        timers: to run one at once, by name.
        blobs: to run one for a blob, by name.
        host_id: the name of this app's hosts in storage.
        config: host.json, as it is in effect.
        tasks: keeps runs alive until they end.
    """

    functions: Sequence[Function]
    templates: Mapping[str, str]
    timers: Mapping[str, Timer]
    blobs: Mapping[str, BlobTrigger]
    host_id: str
    config: Mapping[str, Any]
    tasks: "set[asyncio.Task[None]]"
    _started: float = field(default_factory=time.monotonic)

    async def __call__(self, request: OwnRequest) -> Answer:
        """Answer one request, unless a page from elsewhere makes the browser send it."""
        origin = request.headers.get("origin", "http://localhost").partition("://")[2]
        if not {_host_name(request.headers.get("host", "")), _host_name(origin)} <= LOOPBACK_NAMES:
            return responses.empty(403)
        parts = request.path.strip("/").split("/")[1:]
        handler = self._handlers().get((request.method, parts[0].lower() if parts else ""))
        return await handler(parts[1:], request) if handler else responses.empty(404)

    def _handlers(self) -> Mapping[tuple[str, str], Callable[[list[str], OwnRequest], Awaitable[Answer]]]:
        return {
            ("GET", "functions"): self._show_functions,
            ("POST", "functions"): self._run_function,
            ("GET", "host"): self._show_host,
            ("POST", "host"): self._ping,
        }

    async def _show_functions(self, path: list[str], request: OwnRequest) -> Answer:
        base = f"http://{request.headers.get('host', 'localhost')}"
        if not path:
            return responses.as_json([self._describe(function, base) for function in self.functions])
        function = self._find(path[0])
        if function is None or path[1:] not in ([], ["status"]):
            return responses.empty(404)
        return responses.as_json({"errors": None} if path[1:] else self._describe(function, base))

    async def _run_function(self, path: list[str], request: OwnRequest) -> Answer:
        function = self._find(path[0]) if len(path) == 1 else None
        if function is None:
            return responses.empty(404)
        try:
            body = json.loads(request.body or b"null")
        except ValueError:
            return responses.empty(400)
        if not isinstance(body, dict):
            return responses.empty(400)
        return self._start(function, body.get("input"))

    def _start(self, function: Function, given: object) -> Answer:
        run = self._run_of(function, given)
        if run is None:
            return responses.empty(400)
        task = asyncio.create_task(_shielded(function, run))
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)
        return responses.empty(202)

    def _run_of(self, function: Function, given: object) -> Coroutine[Any, Any, None] | None:
        if function.kind == TIMER:
            return self.timers[function.name].run_now()
        container, _, name = str(given or "").partition("/")
        if function.kind == BLOB and name:
            return self.blobs[function.name].run_once(container, name)
        return None

    async def _show_host(self, path: list[str], request: OwnRequest) -> Answer:
        match [part.lower() for part in path]:
            case ["status"]:
                return responses.as_json(self._status())
            case ["config"]:
                return responses.as_json(self.config)
        return await self._ping(path, request)

    async def _ping(self, path: list[str], _: OwnRequest) -> Answer:
        return responses.empty(200 if [part.lower() for part in path] == ["ping"] else 404)

    def _status(self) -> dict[str, Any]:
        return {
            "id": self.host_id,
            "state": "Running",
            "version": VERSION,
            "versionDetails": f"{VERSION} (local host)",
            "processUptime": int((time.monotonic() - self._started) * 1000),
        }

    def _describe(self, function: Function, base: str) -> dict[str, Any]:
        template = self.templates.get(function.name)
        return {
            "name": function.name,
            "script_href": None,
            "href": f"{base}/admin/functions/{function.name}",
            "invoke_url_template": f"{base}/{template}" if template is not None else None,
            "language": "python",
            "config": {
                "name": function.name,
                "scriptFile": function.script_file,
                "language": "python",
                "bindings": list(function.bindings),
            },
            "isDisabled": settings.is_disabled(function.name),
            "isDirect": False,
            "isProxy": False,
        }

    def _find(self, name: str) -> Function | None:
        return next((found for found in self.functions if found.name.lower() == name.lower()), None)


async def _shielded(function: Function, run: Coroutine[Any, Any, None]) -> None:
    try:
        await run
    except StorageUnavailableError as error:
        log.error("%s was not run: %s", function.name, error)  # noqa: TRY400  an outage has no traceback of ours


def _host_name(header: str) -> str:
    name, colon, port = header.lower().rpartition(":")
    return name if colon and port.isdigit() else header.lower()
