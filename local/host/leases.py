"""Locks between hosts: leases on blobs, held for as long as a block of code runs."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from local.host.storage import Storage, StorageUnavailableError

# the shortest that Azure allows: a host that was killed blocks the next one no longer than this
SECONDS = 15
RENEW_AFTER = 5.0
RETRY_AFTER = 0.5

log = logging.getLogger("host.leases")


@asynccontextmanager
async def hold(storage: Storage, name: str, give_up: asyncio.Event) -> AsyncIterator[asyncio.Event]:
    """Hold the lease of a blob, waiting for it; yields an event that is set when it is not held.

    It is set from the beginning when waiting was given up, and later when someone else took the lease. While storage
    is away nobody else can take it, so it counts as held.
    """
    lost = asyncio.Event()
    lease = await _acquire(storage, name, give_up)
    if lease is None:
        lost.set()
        yield lost
        return
    keeper = asyncio.create_task(_keep(storage, name, lease, lost))
    try:
        yield lost
    finally:
        keeper.cancel()
        with suppress(StorageUnavailableError):
            await storage.release_lease(name, lease)


async def _acquire(storage: Storage, name: str, give_up: asyncio.Event) -> str | None:
    waited = False
    while not give_up.is_set():
        with suppress(StorageUnavailableError):
            lease = await storage.acquire_lease(name, SECONDS)
            if lease:
                return lease
            if not waited:
                waited = True
                log.info("Another host holds %s; waiting for it.", name)
        with suppress(TimeoutError):
            await asyncio.wait_for(give_up.wait(), RETRY_AFTER)
    return None


async def _keep(storage: Storage, name: str, lease: str, lost: asyncio.Event) -> None:
    while not lost.is_set():
        await asyncio.sleep(RENEW_AFTER)
        with suppress(StorageUnavailableError):
            if not await storage.renew_lease(name, lease):
                log.warning("Lost the lease of %s.", name)
                lost.set()
