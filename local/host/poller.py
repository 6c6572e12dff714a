"""In the place of Event Grid: looks for new blobs and delivers them, at least once.

Event Grid cannot reach this machine, so the container is listed again and again. What was delivered is remembered in
receipt blobs, written after the function has ended, so that nothing is lost by stopping the host at any moment.
"""

import asyncio
import itertools
import logging
from collections.abc import Iterable
from contextlib import suppress

from local.host.blobs import BlobTrigger
from local.host.storage import HOSTS_CONTAINER, BlobVersion, Storage, StorageUnavailableError

log = logging.getLogger("host.poller")


class Receipts:
    """Which versions of blobs a function has had, kept in the host's account.

    Args:
        storage: the host's account.
        prefix: where in the hosts' container, with its trailing slash.
    """

    def __init__(self, storage: Storage, prefix: str) -> None:
        self._storage = storage
        self._prefix = prefix

    async def load(self) -> set[BlobVersion]:
        """Answer all that are remembered."""
        blobs = await self._storage.list_blobs(HOSTS_CONTAINER, self._prefix)
        return {self._version(blob.name) for blob in blobs}

    async def add(self, version: BlobVersion) -> None:
        """Remember one."""
        await self._storage.write_text(self._name(version), "")

    async def remove(self, version: BlobVersion) -> None:
        """Forget one."""
        await self._storage.delete(self._name(version))

    def _name(self, version: BlobVersion) -> str:
        return f'{self._prefix}"{version.etag}"/{version.container}/{version.name}'

    def _version(self, name: str) -> BlobVersion:
        etag, container, blob = name.removeprefix(self._prefix).split("/", 2)
        return BlobVersion(container, blob, etag.strip('"'))


class Poller:
    """Delivers the new blobs of one function's container, overwritten ones again.

    Args:
        trigger: what takes an event.
        receipts: what was delivered before.
        seconds: between two looks.
        duplicate: deliver every second event twice at the same time, as Event Grid may.
    """

    def __init__(self, trigger: BlobTrigger, receipts: Receipts, seconds: float, *, duplicate: bool) -> None:
        self._trigger = trigger
        self._receipts = receipts
        self._seconds = seconds
        self._copies = itertools.cycle((1, 2) if duplicate else (1,))
        self._known: set[BlobVersion] = set()
        self._under_way: dict[asyncio.Task[None], BlobVersion] = {}
        self._stopping = asyncio.Event()

    async def run(self) -> None:
        """Look and deliver until stopped, then finish the deliveries that have begun."""
        await self._load()
        while not self._stopping.is_set():
            with suppress(StorageUnavailableError):
                await self._look()
            await self._sleep()
        if self._under_way:
            await asyncio.wait(self._under_way)

    def stop(self) -> None:
        """Look no more."""
        self._stopping.set()

    async def _load(self) -> None:
        while not self._stopping.is_set():
            try:
                self._known = await self._receipts.load()
            except StorageUnavailableError:
                await self._sleep()
            else:
                return

    async def _look(self) -> None:
        path = self._trigger.path
        present = await self._trigger.storage.list_blobs(path.container, path.prefix)
        for version in present:
            if version not in self._known:
                self._known.add(version)
                self._start(version)
        await self._forget(self._known.difference(present))

    def _start(self, version: BlobVersion) -> None:
        task = asyncio.create_task(self._deliver(version, next(self._copies)))
        self._under_way[task] = version
        task.add_done_callback(self._end)

    async def _deliver(self, version: BlobVersion, copies: int) -> None:
        # both copies end before the receipt is written, or before the failure of either counts
        outcomes = await asyncio.gather(
            *(self._trigger.deliver(version) for _ in range(copies)), return_exceptions=True
        )
        for outcome in outcomes:
            if outcome is not None:
                raise outcome
        await self._receipts.add(version)

    def _end(self, task: "asyncio.Task[None]") -> None:
        version = self._under_way.pop(task)
        if task.cancelled():
            return
        error = task.exception()
        if error is not None:
            # found anew by the next look
            self._known.discard(version)
        if error is not None and not isinstance(error, StorageUnavailableError):
            log.error("Delivering %s/%s failed.", version.container, version.name, exc_info=error)

    async def _forget(self, gone: Iterable[BlobVersion]) -> None:
        """Drop what is remembered of versions that are no more; no version ever comes back."""
        busy = set(self._under_way.values())
        for version in [version for version in gone if version not in busy]:
            await self._receipts.remove(version)
            self._known.discard(version)

    async def _sleep(self) -> None:
        with suppress(TimeoutError):
            await asyncio.wait_for(self._stopping.wait(), self._seconds)
