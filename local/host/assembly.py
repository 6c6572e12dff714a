"""Puts a host together from an app and its settings."""

import asyncio
import logging
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from local.host import hostjson, settings
from local.host.admin import Admin
from local.host.blobs import BlobTrigger, connection_of
from local.host.cors import Cors
from local.host.functions import BLOB, HTTP, TIMER, Function, of_kind
from local.host.hostjson import HostJson
from local.host.poller import Poller, Receipts
from local.host.routing import Router
from local.host.server import HttpHost
from local.host.storage import Storage
from local.host.timers import Timer, Timers
from local.host.webhooks import BlobWebhook
from local.host.worker import Worker

log = logging.getLogger("host.start")


class Service(Protocol):
    """Something that runs beside the requests."""

    async def run(self) -> None:
        """Work until stopped, then finish what has begun."""

    def stop(self) -> None:
        """Begin nothing new."""


@dataclass(frozen=True, slots=True)
class Events:
    """How blob events are made: how often to look, and whether some come twice."""

    poll_seconds: float
    duplicate: bool


@dataclass(slots=True)
class Host:
    """A host that is ready to serve."""

    http: HttpHost
    functions: Sequence[Function]
    services: list[Service] = field(default_factory=list)
    storages: list[Storage] = field(default_factory=list)
    tasks: set[asyncio.Task[None]] = field(default_factory=set)


class Assembly:
    """Builds a host.

    Args:
        found: the app's functions.
        content: host.json.
        local: the Host part of local.settings.json.
        host_id: the name of this app's hosts in storage.
        events: how blob events are made.

    Raises:
        StartError: from any method; something in the app or its settings is not as it must be.
    """

    def __init__(
        self,
        found: Sequence[Function],
        content: Mapping[str, Any],
        local: settings.LocalHost,
        host_id: str,
        events: Events,
    ) -> None:
        self._content = content
        self._config = hostjson.read(content)
        self._local = local
        self._host_id = host_id
        self._events = events
        self._functions = [function for function in found if _is_enabled(function, self._config)]
        timeout = self._config.timeout
        self.worker = Worker(timeout.total_seconds() if timeout else None)
        self._storages: dict[tuple[tuple[str, str], ...], Storage] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def build(self) -> Host:
        """Build the host; nothing runs yet."""
        timers = {function.name: self._timer(function) for function in of_kind(self._functions, TIMER)}
        blobs = self._blob_triggers()
        services: list[Service] = [self._poller(trigger) for trigger in blobs.values()]
        if timers:
            services.append(Timers(list(timers.values()), self._host_storage(), self._host_id))
        return Host(
            http=self._http(timers, blobs),
            functions=self._functions,
            services=services,
            storages=list(self._storages.values()),
            tasks=self._tasks,
        )

    def _http(self, timers: Mapping[str, Timer], blobs: Mapping[str, BlobTrigger]) -> HttpHost:
        router = Router(of_kind(self._functions, HTTP), self._config.route_prefix)
        templates = {route.function.name: route.template.text for route in router.routes}
        admin = Admin(self._functions, templates, timers, blobs, self._host_id, self._content, self._tasks)
        return HttpHost(
            router=router,
            worker=self.worker,
            config=self._config,
            cors=Cors(self._local.cors, self._local.cors_credentials),
            body_limit=settings.body_limit(),
            own={"/admin/": admin, "/runtime/": BlobWebhook(list(blobs.values()), self._tasks)},
            homepage=not settings.homepage_is_disabled(),
        )

    def _timer(self, function: Function) -> Timer:
        return Timer.of(function, self._host_storage(), self.worker, self._host_id)

    def _blob_triggers(self) -> dict[str, BlobTrigger]:
        slots = asyncio.Semaphore(self._config.blob_parallelism)
        tries = self._config.max_dequeue_count
        return {
            function.name: BlobTrigger(function, self._storage(connection_of(function)), self.worker, slots, tries)
            for function in of_kind(self._functions, BLOB)
        }

    def _poller(self, trigger: BlobTrigger) -> Poller:
        prefix = f"blobreceipts/{self._host_id}/{trigger.function.listener_id}/"
        receipts = Receipts(self._host_storage(), prefix)
        return Poller(trigger, receipts, self._events.poll_seconds, duplicate=self._events.duplicate)

    def _host_storage(self) -> Storage:
        return self._storage(settings.connection("Storage"))

    def _storage(self, parts: Mapping[str, str]) -> Storage:
        key = tuple(sorted(parts.items()))
        if key not in self._storages:
            self._storages[key] = Storage(parts)
        return self._storages[key]


def _is_enabled(function: Function, config: HostJson) -> bool:
    if config.allowed is not None and function.name.lower() not in config.allowed:
        return False
    if settings.is_disabled(function.name):
        log.warning("Function %s is disabled by a setting.", function.name)
        return False
    return True


def host_id(data_dir: Path) -> str:
    """Answer the id under which this app's hosts keep locks and receipts, made on the first run."""
    fixed = settings.fixed_host_id()
    if fixed:
        return fixed
    data_dir.mkdir(parents=True, exist_ok=True)
    file = data_dir / "host-id"
    if not file.exists():
        file.write_text(f"local-{uuid.uuid4().hex[:16]}\n")
    return file.read_text().strip()
