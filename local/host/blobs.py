"""Blob triggers with Event Grid as their source: what happens to one event."""

import asyncio
import json
import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass

from local.host.calls import log_failure
from local.host.functions import Function
from local.host.protos import StatusResult, TypedData
from local.host.settings import connection, resolve_lookups
from local.host.storage import Blob, BlobVersion, Storage
from local.host.worker import Call, Worker

POISON_QUEUE = "webjobs-blobtrigger-poison"
# the host's own account, in settings.connection's way of naming
DEFAULT_CONNECTION = "Storage"

log = logging.getLogger("host.blobs")

_TOKEN = re.compile(r"\{([^{}]+)\}")
# stand for doubled braces meanwhile; no blob's name holds them
_OPEN, _CLOSE = "\x00", "\x01"


@dataclass(frozen=True, slots=True)
class PathPattern:
    """A trigger's path such as `photos/{event}/{name}.{ext}`; the container alone means all its blobs."""

    container: str
    prefix: str
    names: re.Pattern[str]

    @classmethod
    def parse(cls, text: str) -> "PathPattern":
        """Read a path: a token takes as much as it can, slashes too, and counts case."""
        container, _, rest = text.partition("/")
        # texts and, at every odd place, a token's name
        parts = _TOKEN.split(rest.replace("{{", _OPEN).replace("}}", _CLOSE))
        texts = [part.replace(_OPEN, "{").replace(_CLOSE, "}") for part in parts[::2]]
        names = [f"(?P<{_group(name)}>.*)" for name in parts[1::2]]
        expression = "".join(re.escape(literal) + name for literal, name in zip(texts, [*names, ""], strict=True))
        return cls(container, texts[0], re.compile(expression if rest else ".*", re.DOTALL))

    def tokens(self, name: str) -> dict[str, str]:
        """Answer the values of the tokens; none for a blob that does not fit, which is delivered all the same."""
        found = self.names.fullmatch(name)
        return {group.removeprefix("t_"): value for group, value in found.groupdict().items()} if found else {}


def _group(name: str) -> str:
    return "t_" + re.sub(r"\W", "_", name)


class BlobTrigger:
    """Delivers events to one function, with the real host's five tries and its poison queue.

    Args:
        function: with a blob trigger.
        storage: the account its connection names.
        worker: what calls it.
        slots: how many deliveries run at once, shared by all blob functions.
        tries: host.json's queues.maxDequeueCount.
    """

    def __init__(
        self, function: Function, storage: Storage, worker: Worker, slots: asyncio.Semaphore, tries: int
    ) -> None:
        self.function = function
        self.storage = storage
        self._worker = worker
        self._slots = slots
        self._tries = tries
        path = resolve_lookups(str(function.trigger["path"]), f"Function {function.name!r}")
        self.path = PathPattern.parse(path)

    async def deliver(self, version: BlobVersion) -> None:
        """Call the function for an event until it succeeds; after the last try, leave a poison message.

        The blob is read as it is now. One that is gone is no fault: the event is dropped.

        Raises:
            StorageUnavailableError: the event is to be delivered again later.
        """
        async with self._slots:
            for _ in range(self._tries):
                blob = await self.storage.read_blob(version.container, version.name)
                if blob is None or await self._invoke(version, blob):
                    return
            log.error(
                "%s failed %d times for %s/%s; see queue %s.",
                self.function.name,
                self._tries,
                version.container,
                version.name,
                POISON_QUEUE,
            )
            await self.storage.send(POISON_QUEUE, self._message(version))

    async def run_once(self, container: str, name: str) -> None:
        """Call the function for a blob, as an operator asks for it."""
        blob = await self.storage.read_blob(container, name)
        if blob is None:
            log.error("There is no blob %s/%s.", container, name)
            return
        await self._invoke(BlobVersion(container, name, ""), blob)

    async def _invoke(self, version: BlobVersion, blob: Blob) -> bool:
        call = Call(self.function, TypedData(bytes=blob.content), self._metadata(version, blob))
        answer = await self._worker.invoke(call)
        if answer.result.status == StatusResult.Success:
            return True
        log_failure(answer, call)
        return False

    def _metadata(self, version: BlobVersion, blob: Blob) -> Mapping[str, TypedData]:
        tokens = self.path.tokens(version.name) if version.container == self.path.container else {}
        return {
            "BlobTrigger": TypedData(string=f"{version.container}/{version.name}"),
            "Uri": TypedData(json=json.dumps(blob.uri)),
            "Properties": TypedData(json=json.dumps(blob.properties)),
            "Metadata": TypedData(json=json.dumps(dict(blob.metadata))),
            **{name: TypedData(string=value) for name, value in tokens.items()},
        }

    def _message(self, version: BlobVersion) -> str:
        return json.dumps(
            {
                "Type": "BlobTrigger",
                "FunctionId": self.function.listener_id,
                "BlobType": "BlockBlob",
                "ContainerName": version.container,
                "BlobName": version.name,
                "ETag": f'"{version.etag}"',
            }
        )


def connection_of(function: Function) -> dict[str, str]:
    """Answer the settings of the account whose blobs a function is called for.

    Raises:
        StartError: they are missing.
    """
    return connection(str(function.trigger.get("connection") or DEFAULT_CONNECTION))
