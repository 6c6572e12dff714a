"""Locks between hosts: who cannot renew one gives it up before anybody else can have it."""

import asyncio
import contextlib
import threading
import time
import uuid

import pytest

from local.host import leases
from local.host.storage import Storage
from tests.fixtures.storage_proxy import storage_proxy

pytestmark = pytest.mark.slow


def test_a_lease_whose_renewal_is_not_answered_is_given_up_before_another_host_can_have_it(azurite: str) -> None:
    name, answering = f"locks/{uuid.uuid4().hex}", threading.Event()
    answering.set()
    with (
        storage_proxy(azurite) as proxy,
        contextlib.closing(Storage({"": proxy.connection_string})) as cut_off,
        contextlib.closing(Storage({"": azurite})) as other,
    ):
        proxy.before = lambda _: answering.wait(60)

        async def lose() -> None:
            async with leases.hold(cut_off, name, asyncio.Event()) as lost:
                held_since = time.monotonic()
                answering.clear()
                try:
                    await asyncio.wait_for(lost.wait(), leases.SECONDS)
                    assert time.monotonic() - held_since < leases.SECONDS - leases.MARGIN + 0.5
                    assert await other.acquire_lease(name, leases.SECONDS) is None
                finally:
                    answering.set()

        asyncio.run(lose())


def test_a_lease_is_kept_by_renewing_it(azurite: str) -> None:
    name = f"locks/{uuid.uuid4().hex}"

    async def keep() -> None:
        with contextlib.closing(Storage({"": azurite})) as one, contextlib.closing(Storage({"": azurite})) as other:
            async with leases.hold(one, name, asyncio.Event()) as lost:
                await asyncio.sleep(leases.SECONDS + 1)
                assert not lost.is_set()
                assert await other.acquire_lease(name, leases.SECONDS) is None
            assert await other.acquire_lease(name, leases.SECONDS) is not None

    asyncio.run(keep())
