"""Locks between hosts: leases on blobs, held for as long as a block of code runs."""

import asyncio
import logging
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from local.host.storage import Storage, StorageUnavailableError

# the shortest that Azure allows: a host that was killed blocks the next one no longer than this
SECONDS = 15
RENEW_AFTER = 5.0
RETRY_AFTER = 0.5
# a lease that could not be renewed is given up so long before another host may take it
MARGIN = 2.0

log = logging.getLogger("host.leases")


@asynccontextmanager
async def hold(storage: Storage, name: str, give_up: asyncio.Event) -> AsyncIterator[asyncio.Event]:
    """Hold the lease of a blob, waiting for it; yields an event that is set when it is not held.

    It is set from the beginning when waiting was given up; later when someone else took the lease, and shortly before
    somebody could: what this host does not hear of storage, others may.
    """
    lost = asyncio.Event()
    lease, until = await _acquire(storage, name, give_up)
    if lease is None:
        lost.set()
        yield lost
        return
    keeper = asyncio.create_task(_keep(storage, name, lease, lost, until))
    try:
        yield lost
    finally:
        keeper.cancel()
        if not lost.is_set():
            with suppress(StorageUnavailableError):
                await storage.release_lease(name, lease)


async def _acquire(storage: Storage, name: str, give_up: asyncio.Event) -> tuple[str | None, float]:
    """Answer the lease, or None, and until when it is held by this machine's monotonic clock."""
    waited = False
    while not give_up.is_set():
        asked = time.monotonic()
        with suppress(StorageUnavailableError):
            lease = await storage.acquire_lease(name, SECONDS)
            if lease:
                return lease, asked + SECONDS
            if not waited:
                waited = True
                log.info("Another host holds %s; waiting for it.", name)
        with suppress(TimeoutError):
            await asyncio.wait_for(give_up.wait(), RETRY_AFTER)
    return None, 0.0


async def _keep(storage: Storage, name: str, lease: str, lost: asyncio.Event, until: float) -> None:
    pause = RENEW_AFTER
    while not lost.is_set():
        await asyncio.sleep(min(pause, max(0.0, until - MARGIN - time.monotonic())))
        asked = time.monotonic()
        pause = RETRY_AFTER
        try:
            async with asyncio.timeout(until - MARGIN - asked):
                renewed = await storage.renew_lease(name, lease)
        except StorageUnavailableError:
            continue
        except TimeoutError:
            renewed = False
        if renewed:
            until, pause = asked + SECONDS, RENEW_AFTER
        else:
            log.warning("Lost the lease of %s.", name)
            lost.set()
