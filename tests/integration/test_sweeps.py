"""The sweeps on a database and a storage account of their own, for they look at everything there is."""

import io
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit
from uuid import uuid4

import psycopg
import pytest
from azure.storage.blob import BlobServiceClient

from local.azurite import Azurite
from local.ports import free_port
from migrations.roles import with_database
from shared.actions import photos, sweeps
from shared.actions.call import Call
from shared.adapters.blobs import INCOMING, AzurePhotoStore
from shared.adapters.presence import AzurePresenceStore
from shared.domain.photo import NEVER_ARRIVED
from shared.ports import BlobName
from shared.services import Services
from shared.store import tenancy
from tests.factories import TenantMade, insert_asset, make_call, make_tenant
from tests.fixtures.photos import CONTAINERS, announced, audits_of, events_of, places_of, row_of, uploaded
from tests.fixtures.storage_proxy import storage_proxy
from tests.world import Clone, World

FINISHED = ["photos/*/full.webp", "photos/*/thumbnail.webp"]
# a photo of that height meets a fault of ours when it is finished
FAULT = """
CREATE FUNCTION meet_a_fault() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION 'a fault of ours'; END $$;
CREATE TRIGGER fault BEFORE UPDATE OF width ON photos FOR EACH ROW
WHEN (old.height = 666) EXECUTE FUNCTION meet_a_fault();
"""
A_MINUTE, A_DAY = timedelta(minutes=1, seconds=5), timedelta(hours=24, seconds=5)


@dataclass(frozen=True)
class Ahead:
    """A clock that is ahead of the machine's, as the clock will be later."""

    by: timedelta

    def now(self) -> datetime:
        return datetime.now(UTC) + self.by


@dataclass(frozen=True)
class OnTheHour:
    """A clock that stands a little before a full hour, at least so much ahead."""

    by: timedelta

    def now(self) -> datetime:
        later = datetime.now(UTC) + self.by + timedelta(hours=1)
        return later.replace(minute=0, second=0, microsecond=0) - timedelta(milliseconds=300)


@pytest.fixture(scope="module")
def account(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BlobServiceClient]:
    folder = tmp_path_factory.mktemp("azurite")
    with Azurite(folder, free_port(3), in_memory=True) as own:
        own.make_containers(*CONTAINERS)
        own.make_tables("presence")
        with BlobServiceClient.from_connection_string(own.connection_string) as client:
            yield client


@pytest.fixture(scope="module")
def admin(world: World, clone: Clone) -> Iterator[psycopg.Connection]:
    with psycopg.connect(with_database(world.admin_url, clone.name), autocommit=True) as connection:
        yield connection


@pytest.fixture
def here(services: Services, account: BlobServiceClient, admin: psycopg.Connection) -> Iterator[Services]:
    endpoint, port = f"BlobEndpoint={account.primary_endpoint}", urlsplit(account.primary_endpoint).port or 0
    key = f"AccountName={account.account_name};AccountKey={account.credential.account_key}"
    tables = f"TableEndpoint={account.primary_endpoint.replace(f':{port}', f':{port + 2}')}"
    yield replace(
        services,
        photos=AzurePhotoStore.configured(f"{key};{endpoint}", ""),
        presence=AzurePresenceStore.configured(f"{key};{tables}", ""),
    )
    admin.execute("DELETE FROM photos")
    for container in CONTAINERS:
        client = account.get_container_client(container)
        for blob in client.list_blobs():
            client.delete_blob(blob.name)


@pytest.fixture
def driver(here: Services, tenant: TenantMade) -> Call:
    return make_call(here, tenant, "driver")


def later(services: Services, by: timedelta) -> Services:
    return replace(services, clock=Ahead(by))


def test_a_photo_whose_event_was_lost_is_found(driver: Call, account: BlobServiceClient) -> None:
    name = uploaded(driver)
    assert sweeps.process_waiting_photos(driver.services) == 0
    assert row_of(driver.services, name)["state"] == "expected"
    assert sweeps.process_waiting_photos(later(driver.services, A_MINUTE)) == 1
    assert row_of(driver.services, name)["state"] == "ready"
    assert places_of(account, name) == FINISHED
    assert sweeps.process_waiting_photos(later(driver.services, A_MINUTE)) == 0


def test_a_photo_whose_event_came_before_its_row_is_found(driver: Call, account: BlobServiceClient) -> None:
    name = BlobName(driver.principal.tenant.id, uuid4())
    driver.services.photos.put_incoming(name, io.BytesIO(b"no image"))
    assert photos.process_photo(driver.services, str(name)) is photos.Outcome.UNKNOWN
    assert sweeps.process_waiting_photos(later(driver.services, A_MINUTE)) == 0
    with driver.services.database.transaction(name.tenant_id) as (tx, _):
        tx.run(
            "INSERT INTO photos (tenant_id, id, user_id) VALUES (%(tenant_id)s, %(id)s, %(user_id)s)",
            id=name.photo_id,
            user_id=driver.principal.user_id,
        )
    assert sweeps.process_waiting_photos(later(driver.services, A_MINUTE)) == 1
    assert places_of(account, name) == ["photos-quarantine/*"]


def test_raw_bytes_beside_a_finished_row_are_put_where_they_belong(driver: Call, account: BlobServiceClient) -> None:
    ready, refused = uploaded(driver), uploaded(driver, b"no image")
    for name in (ready, refused):
        photos.process_photo(driver.services, str(name))
        driver.services.photos.put_incoming(name, io.BytesIO(b"again"))
    assert sweeps.process_waiting_photos(later(driver.services, A_MINUTE)) == 2
    assert places_of(account, ready) == FINISHED
    assert places_of(account, refused) == ["photos-quarantine/*"]


def test_orphans_go_after_a_day_and_foreign_names_stay(driver: Call, account: BlobServiceClient) -> None:
    orphan = BlobName(driver.principal.tenant.id, uuid4())
    driver.services.photos.put_incoming(orphan, io.BytesIO(b"of a refused check-out"))
    account.get_blob_client(INCOMING, "somebody/elses.txt").upload_blob(b"x")
    sweeps.process_waiting_photos(later(driver.services, timedelta(hours=23)))
    assert places_of(account, orphan) == ["photos-incoming/*"]
    sweeps.process_waiting_photos(later(driver.services, A_DAY))
    assert [blob.name for blob in account.get_container_client(INCOMING).list_blobs()] == ["somebody/elses.txt"]


def test_bytes_of_a_repeated_request_are_no_orphan(here: Services, driver: Call, account: BlobServiceClient) -> None:
    name = BlobName(driver.principal.tenant.id, uuid4())
    here.photos.put_incoming(name, io.BytesIO(b"of a check-out that broke off"))
    key = f"AccountName={account.account_name};AccountKey={account.credential.account_key}"
    with storage_proxy(f"{key};BlobEndpoint={account.primary_endpoint}") as proxy:

        def repeat(number: int) -> bool:
            if proxy.seen[number].startswith("DELETE"):
                here.photos.put_incoming(name, io.BytesIO(b"of a check-out that broke off"))
            return True

        proxy.before = repeat
        through = replace(here, photos=AzurePhotoStore.configured(proxy.connection_string, ""))
        sweeps.process_waiting_photos(later(through, A_DAY))
        assert [one.split()[0] for one in proxy.seen] == ["GET", "DELETE"]
    assert places_of(account, name) == ["photos-incoming/*"]


def test_uploads_that_never_came_are_forgotten_after_a_day(driver: Call) -> None:
    never, waits, done = announced(driver), uploaded(driver), uploaded(driver)
    photos.process_photo(driver.services, str(done))
    assert sweeps.forget_abandoned_uploads(later(driver.services, timedelta(hours=23))) == 0
    assert sweeps.forget_abandoned_uploads(later(driver.services, A_DAY)) == 1
    assert row_of(driver.services, never) == {}
    # what has arrived is evidence, however long the processing was down
    assert row_of(driver.services, waits)["state"] == "expected"
    assert row_of(driver.services, done)["state"] == "ready"
    assert sweeps.process_waiting_photos(later(driver.services, A_DAY)) == 1
    assert row_of(driver.services, waits)["state"] == "ready"


def test_a_custody_does_not_wait_for_ever_for_a_photo(driver: Call, here: Services, tenant: TenantMade) -> None:
    name = announced(driver)
    asset_id = insert_asset(here, tenant)
    with here.database.transaction(tenant.id) as (tx, _):
        tx.run(
            "UPDATE photos SET state = 'pending', asset_id = %(asset_id)s"
            " WHERE tenant_id = %(tenant_id)s AND id = %(id)s",
            asset_id=asset_id,
            id=name.photo_id,
        )
    for count in (1, 0):
        assert sweeps.forget_abandoned_uploads(later(here, A_DAY)) == count
    row = row_of(here, name)
    assert (row["state"], row["reason"]) == ("refused", NEVER_ARRIVED)
    assert len(audits_of(here, name)) == 1
    assert events_of(here, name) == []


def test_old_idempotency_keys_are_forgotten_in_every_tenant(here: Services, clone: Clone) -> None:
    for made in (make_tenant(clone.owner_url), make_tenant(clone.owner_url, "Globex")):
        call = make_call(here, made, "driver")
        with here.database.transaction(made.id) as (tx, _):
            for key, age in (("young", "29 days"), ("old", "31 days")):
                tx.run(
                    "INSERT INTO idempotency_keys (tenant_id, user_id, route, key, fingerprint, created_at)"
                    " VALUES (%(tenant_id)s, %(user_id)s, 'r', %(key)s, '', now() - %(age)s::interval)",
                    user_id=call.principal.user_id,
                    key=key,
                    age=age,
                )
    assert sweeps.forget_idempotency_keys(here) == 2
    assert sweeps.forget_idempotency_keys(here) == 0


def test_two_instances_at_once_do_no_harm(driver: Call, account: BlobServiceClient, admin: psycopg.Connection) -> None:
    names = [uploaded(driver, content) for content in (None, None, b"no image", None)]
    never = announced(driver)
    admin.execute("UPDATE photos SET created_at = created_at - interval '1 day' WHERE id = %s", [never.photo_id])

    def run(_: int) -> dict[str, int]:
        return sweeps.run_due(replace(driver.services, clock=OnTheHour(A_MINUTE)))

    with ThreadPoolExecutor(3) as pool:
        assert all(done.keys() == {sweep.name for sweep in sweeps.SWEEPS} for done in pool.map(run, range(3)))
    assert row_of(driver.services, never) == {}
    for name in names:
        told, recorded = events_of(driver.services, name), audits_of(driver.services, name)
        assert len(told) + len(recorded) == 1
        assert places_of(account, name) == (FINISHED if told else ["photos-quarantine/*"])


def test_a_photo_that_cannot_be_processed_does_not_stand_in_the_way(driver: Call, admin: psycopg.Connection) -> None:
    names = sorted((uploaded(driver) for _ in range(3)), key=str)
    admin.execute(FAULT)
    with driver.services.database.transaction(names[0].tenant_id) as (tx, _):
        tx.run("UPDATE photos SET height = 666 WHERE tenant_id = %(tenant_id)s AND id = %(id)s", id=names[0].photo_id)
    try:
        assert sweeps.process_waiting_photos(later(driver.services, A_MINUTE)) == 2
        assert [row_of(driver.services, name)["state"] for name in names] == ["expected", "ready", "ready"]
        assert row_of(driver.services, names[0])["attempts"] == 1
    finally:
        admin.execute("DROP TRIGGER fault ON photos; DROP FUNCTION meet_a_fault()")
    assert sweeps.process_waiting_photos(later(driver.services, A_MINUTE)) == 1


def test_one_failing_sweep_does_not_stop_the_others(
    driver: Call, here: Services, caplog: pytest.LogCaptureFixture
) -> None:
    never = announced(driver)
    gone = AzurePhotoStore.configured(
        f"AccountName=a;AccountKey=a2V5;BlobEndpoint=http://127.0.0.1:{free_port()}/a", ""
    )
    with caplog.at_level("WARNING", "motorpool"):
        done = sweeps.run_due(replace(here, photos=gone, clock=OnTheHour(A_DAY)))
    assert done.keys() == {one.name for one in sweeps.SWEEPS} - {"process_waiting_photos", "forget_abandoned_uploads"}
    assert [record.getMessage() for record in caplog.records].count("sweep postponed") == 2
    assert row_of(here, never)["state"] == "expected"
    assert sweeps.forget_abandoned_uploads(later(here, A_DAY)) == 1


def test_most_minutes_have_the_short_sweeps_only(here: Services) -> None:
    names = [sorted(sweeps.run_due(replace(here, clock=At(minute)))) for minute in (1, 59)]
    assert names == [["end_stale_presence", "process_waiting_photos", "reckon_dirty_days", "send_unsent_events"]] * 2


@dataclass(frozen=True)
class At:
    """A clock that stands at a minute."""

    minute: int

    def now(self) -> datetime:
        return datetime(2026, 1, 31, 12, self.minute, 0, 250, tzinfo=UTC)


def test_every_tenant_is_swept_whatever_the_planner_knows(
    services: Services, tenant: TenantMade, other_tenant: TenantMade, owner_url: str
) -> None:
    with psycopg.connect(owner_url, autocommit=True) as owner:
        owner.execute("ANALYZE tenants")
    assert {tenant.id, other_tenant.id} <= {*tenancy.list_tenant_ids(services.database)}
