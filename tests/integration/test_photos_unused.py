"""Finished uploads that nobody uses, and check-outs that use them at the last moment."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import pytest
from azure.storage.blob import BlobServiceClient

from shared.actions import custody, photos, sweeps
from shared.actions.call import Call
from shared.adapters.blobs import AzurePhotoStore
from shared.domain.custody import CheckOut, Custody
from shared.domain.errors import DependencyDown, Invalid, NotFound, PhotoRefused
from shared.domain.photo import NEVER_USED, PhotoLink
from shared.ports import BlobName
from shared.services import Services
from tests.factories import TenantMade, insert_asset
from tests.fixtures.photos import announced, places_of, row_of, uploaded
from tests.fixtures.storage_proxy import storage_proxy

FINISHED = ["photos/*/full.webp", "photos/*/thumbnail.webp"]


@dataclass(frozen=True)
class Tomorrow:
    """A clock that is a day and a little ahead."""

    by: timedelta = timedelta(hours=24, seconds=5)

    def now(self) -> datetime:
        return datetime.now(UTC) + self.by


@pytest.fixture(scope="module")
def account(azurite: str) -> Iterator[BlobServiceClient]:
    with BlobServiceClient.from_connection_string(azurite) as client:
        yield client


@pytest.fixture
def driver(call: Callable[..., Call]) -> Call:
    return call("driver", oid=f"driver-{threading.get_native_id()}-{datetime.now(UTC).timestamp()}")


def finished(driver: Call, content: bytes | None = None) -> BlobName:
    name = uploaded(driver, content)
    photos.process_photo(driver.services, str(name))
    return name


def check_out(driver: Call, tenant: TenantMade, name: BlobName) -> Custody:
    asset_id = insert_asset(driver.services, tenant)
    command = CheckOut(asset_id=asset_id, photo_upload_ids=(name.photo_id,))
    body = custody.check_out_asset(driver, command).body
    assert isinstance(body, Custody)
    return body


def sweep(services: Services) -> int:
    return sweeps.forget_unused_uploads(replace(services, clock=Tomorrow()))


def test_what_nobody_used_within_a_day_is_gone(
    driver: Call, services: Services, tenant: TenantMade, account: BlobServiceClient
) -> None:
    unused, used, expected = finished(driver), finished(driver), announced(driver)
    check_out(driver, tenant, used)
    young = replace(services, clock=Tomorrow(timedelta(hours=23)))
    assert sweeps.forget_unused_uploads(young) == 0
    assert [sweep(services), sweep(services)] == [1, 0]
    assert (row_of(services, unused), places_of(account, unused)) == ({}, [])
    assert (row_of(services, used)["state"], places_of(account, used)) == ("ready", FINISHED)
    assert row_of(services, expected)["state"] == "expected"
    with pytest.raises(NotFound):
        photos.show_photo(driver, PhotoLink(photo_id=unused.photo_id))


def test_what_was_refused_leaves_its_bytes_in_quarantine(
    driver: Call, services: Services, account: BlobServiceClient
) -> None:
    name = finished(driver, b"no image")
    assert sweep(services) == 1
    assert (row_of(services, name), places_of(account, name)) == ({}, ["photos-quarantine/*"])


def test_the_day_begins_when_the_photo_is_finished(driver: Call, services: Services) -> None:
    name = finished(driver)
    with services.database.transaction(name.tenant_id) as (tx, _):
        tx.run(
            "UPDATE photos SET created_at = now() - interval '3 days' WHERE tenant_id = %(tenant_id)s AND id = %(id)s",
            id=name.photo_id,
        )
    assert sweeps.forget_unused_uploads(services) == 0
    assert row_of(services, name)["state"] == "ready"
    assert sweep(services) == 1


def test_a_sweep_that_is_cut_off_closes_the_upload_first_and_is_made_good(
    driver: Call, services: Services, tenant: TenantMade, azurite: str, account: BlobServiceClient
) -> None:
    name = finished(driver)
    with storage_proxy(azurite) as proxy:
        # the first rendition goes, the second stays
        proxy.before = lambda number: number < 1
        through = replace(services, photos=AzurePhotoStore.configured(proxy.connection_string, ""))
        with pytest.raises(DependencyDown):
            sweep(through)
    assert places_of(account, name) == FINISHED[1:]
    with pytest.raises(Invalid, match="refused"):
        check_out(driver, tenant, name)
    with pytest.raises(PhotoRefused, match=NEVER_USED):
        photos.show_photo(driver, PhotoLink(photo_id=name.photo_id))
    assert sweep(services) == 1
    assert (row_of(services, name), places_of(account, name)) == ({}, [])


def test_a_check_out_that_is_not_committed_yet_keeps_its_photo(
    driver: Call, services: Services, account: BlobServiceClient, tenant: TenantMade
) -> None:
    name = finished(driver)
    opened = check_out(driver, tenant, finished(driver))
    with ThreadPoolExecutor(1) as pool:
        with services.database.transaction(name.tenant_id) as (tx, _):
            # as attach_photos() does
            tx.run(
                "UPDATE photos SET custody_id = %(custody_id)s, moment = 'checkout'"
                " WHERE tenant_id = %(tenant_id)s AND id = %(id)s",
                custody_id=opened.id,
                id=name.photo_id,
            )
            swept = pool.submit(sweep, services)
            _await_waiting(services)
        assert swept.result() == 0
    assert (row_of(services, name)["state"], places_of(account, name)) == ("ready", FINISHED)


def test_sweep_and_check_out_race_to_one_of_two_ends(
    driver: Call, services: Services, tenant: TenantMade, account: BlobServiceClient
) -> None:
    for _ in range(8):
        name = finished(driver)
        gate = threading.Barrier(2)

        def swept(gate: threading.Barrier = gate) -> int:
            gate.wait()
            return sweep(services)

        def taken(gate: threading.Barrier = gate, name: BlobName = name) -> bool:
            gate.wait()
            try:
                check_out(driver, tenant, name)
            except Invalid:
                return False
            return True

        with ThreadPoolExecutor(2) as pool:
            runs = pool.submit(swept), pool.submit(taken)
            count, is_taken = runs[0].result(), runs[1].result()
        assert count == (not is_taken)
        assert places_of(account, name) == (FINISHED if is_taken else [])
        assert (row_of(services, name) == {}) is not is_taken


def _await_waiting(services: Services) -> None:
    """Return when somebody waits for a row."""
    deadline = datetime.now(UTC) + timedelta(seconds=4)
    while not services.database.recall("SELECT 1 FROM pg_locks WHERE NOT granted", {}):
        assert datetime.now(UTC) < deadline
