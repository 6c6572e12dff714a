"""Photos where Defender for Storage scans what is uploaded: its tags are set here as it sets them."""

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import pytest
from azure.storage.blob import BlobServiceClient

from local.azurite import Azurite
from local.ports import free_port
from shared.actions import photos, sweeps
from shared.actions.call import Call
from shared.actions.photos import Outcome
from shared.adapters.blobs import INCOMING, SCAN_TAG, AzurePhotoStore
from shared.adapters.clamav import ClamAv
from shared.domain.photo import ATTEMPTS_MAX, MALWARE, NEVER_SCANNED
from shared.ports import BlobName
from shared.services import Services
from tests.factories import TenantMade, make_call
from tests.fixtures import clamd, images
from tests.fixtures.photos import CONTAINERS, announced, audits_of, events_of, places_of, row_of, uploaded

FINISHED = ["photos/*/full.webp", "photos/*/thumbnail.webp"]
LATE = "photos wait for the malware scan; see docs/decisions/0009"


@dataclass(frozen=True)
class Ahead:
    """A clock that is ahead of the machine's."""

    by: timedelta

    def now(self) -> datetime:
        return datetime.now(UTC) + self.by


@pytest.fixture(scope="module")
def account(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BlobServiceClient]:
    folder = tmp_path_factory.mktemp("azurite")
    with Azurite(folder, free_port(3), in_memory=True) as own:
        own.make_containers(*CONTAINERS)
        with BlobServiceClient.from_connection_string(own.connection_string) as client:
            yield client


@pytest.fixture
def guarded(services: Services, account: BlobServiceClient) -> Iterator[Services]:
    """Answer services that wait for Defender's verdicts, on storage of this file's own, for sweeps see it all."""
    key = f"AccountName={account.account_name};AccountKey={account.credential.account_key}"
    store = AzurePhotoStore.configured(f"{key};BlobEndpoint={account.primary_endpoint}", "")
    yield replace(services, photos=store, settings=replace(services.settings, defender_scan=True))
    incoming = account.get_container_client(INCOMING)
    for blob in incoming.list_blobs():
        incoming.delete_blob(blob.name)


@pytest.fixture
def driver(guarded: Services, tenant: TenantMade) -> Call:
    return make_call(guarded, tenant, "driver")


@pytest.fixture
def scanned(account: BlobServiceClient) -> Callable[[BlobName, str], None]:
    """Answer what tags raw bytes as Defender does."""

    def tag(name: BlobName, result: str) -> None:
        tags = {SCAN_TAG: result, "Malware Scanning scan time UTC": f"{datetime.now(UTC):%Y-%m-%d %H:%M:%SZ}"}
        account.get_blob_client(INCOMING, str(name)).set_blob_tags(tags)

    return tag


def later(services: Services, **by: float) -> Services:
    return replace(services, clock=Ahead(timedelta(**by)))


type Scanned = Callable[[BlobName, str], None]


def test_nothing_is_done_before_the_verdict(driver: Call, account: BlobServiceClient, scanned: Scanned) -> None:
    name = uploaded(driver)
    # more often than a photo may fail: waiting is no fault of its own
    for _ in range(ATTEMPTS_MAX + 2):
        assert photos.process_photo(driver.services, str(name)) is Outcome.UNSCANNED
    row = row_of(driver.services, name)
    assert (row["state"], row["attempts"], places_of(account, name)) == ("expected", 0, ["photos-incoming/*"])
    scanned(name, "No threats found")
    assert photos.process_photo(driver.services, str(name)) is Outcome.READY
    assert places_of(account, name) == FINISHED
    assert len(events_of(driver.services, name)) == 1


def test_malware_is_refused_and_kept_apart(driver: Call, account: BlobServiceClient, scanned: Scanned) -> None:
    name = uploaded(driver)
    scanned(name, "Malicious")
    assert photos.process_photo(driver.services, str(name), "invocation-7") is Outcome.REFUSED
    row = row_of(driver.services, name)
    assert (row["state"], row["reason"]) == ("refused", MALWARE)
    assert places_of(account, name) == ["photos-quarantine/*"]
    kept = account.get_blob_client("photos-quarantine", str(name)).get_blob_properties()
    assert kept.metadata == {"reason": MALWARE}
    assert [one["invocation_id"] for one in audits_of(driver.services, name)] == ["invocation-7"]
    assert events_of(driver.services, name) == []


@pytest.mark.parametrize("result", ["Not scanned", "SAM259203: Scan failed - internal service error"])
def test_a_scan_that_failed_is_not_a_clean_one(driver: Call, scanned: Scanned, result: str) -> None:
    name = uploaded(driver)
    scanned(name, result)
    assert photos.process_photo(driver.services, str(name)) is Outcome.UNSCANNED
    assert row_of(driver.services, name)["state"] == "expected"


def test_both_scans_have_to_find_nothing(driver: Call, scanned: Scanned) -> None:
    name = uploaded(driver, images.encoded(images.quarters()) + clamd.EICAR)
    scanned(name, "No threats found")
    with clamd.daemon() as address:
        assert photos.process_photo(replace(driver.services, scanner=ClamAv(address)), str(name)) is Outcome.REFUSED


def test_a_photo_that_has_not_come_is_waited_for(driver: Call) -> None:
    name = announced(driver)
    assert photos.process_photo(driver.services, str(name)) is Outcome.UNSCANNED
    assert row_of(driver.services, name)["state"] == "expected"


def test_where_nothing_is_scanned_no_tag_is_asked_for(services: Services, driver: Call) -> None:
    name = uploaded(driver)
    plain = replace(driver.services, settings=services.settings)
    assert photos.process_photo(plain, str(name)) is Outcome.READY


def test_the_sweep_finishes_what_has_its_verdict(driver: Call, scanned: Scanned) -> None:
    clean, evil, waits = uploaded(driver), uploaded(driver), uploaded(driver)
    assert sweeps.process_waiting_photos(later(driver.services, minutes=2)) == 0
    scanned(clean, "No threats found")
    scanned(evil, "Malicious")
    assert sweeps.process_waiting_photos(later(driver.services, minutes=3)) == 2
    states = [row_of(driver.services, name)["state"] for name in (clean, evil, waits)]
    assert states == ["ready", "refused", "expected"]


def test_a_verdict_that_is_late_is_told_and_one_that_never_comes_ends_it(
    driver: Call, account: BlobServiceClient, caplog: pytest.LogCaptureFixture
) -> None:
    names = [uploaded(driver) for _ in range(2)]
    with caplog.at_level(logging.WARNING, "motorpool.sweeps"):
        assert sweeps.process_waiting_photos(later(driver.services, minutes=29)) == 0
        assert caplog.records == []
        for hours in (0.6, 23.9):
            assert sweeps.process_waiting_photos(later(driver.services, hours=hours)) == 0
    assert [(record.getMessage(), vars(record)["count"]) for record in caplog.records] == [(LATE, 2)] * 2
    for count in (2, 0):
        assert sweeps.process_waiting_photos(later(driver.services, hours=24.1)) == count
    for name in names:
        row = row_of(driver.services, name)
        assert (row["state"], row["reason"]) == ("refused", NEVER_SCANNED)
        assert places_of(account, name) == ["photos-quarantine/*"]
        assert len(audits_of(driver.services, name)) == 1
