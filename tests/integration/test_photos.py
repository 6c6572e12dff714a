"""Photos from grant to link, on a real database and real storage."""

import io
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from urllib.parse import parse_qs, urlsplit
from uuid import UUID, uuid4

import httpx
import pytest
from azure.storage.blob import BlobServiceClient
from PIL import Image

from shared.actions import custody, photos
from shared.actions.answer import Answer, Replayed
from shared.actions.call import Call
from shared.actions.photos import Outcome
from shared.adapters.blobs import INCOMING
from shared.adapters.clamav import ClamAv
from shared.domain.custody import CheckOut, Custody
from shared.domain.errors import Invalid, NotFound, PhotoRefused, Refusal
from shared.domain.model import Attachment
from shared.domain.photo import MALWARE, GrantUpload, PhotoLink, PhotoMediaType, PhotoPending, PhotoSize, Upload
from shared.ports import BlobName
from shared.services import Services
from shared.store.photos import expect_photo
from tests.factories import TenantMade, insert_asset
from tests.fixtures import clamd, images
from tests.fixtures.clocks import Later
from tests.fixtures.photos import announced, audits_of, events_of, places_of, row_of, uploaded

type Caller = Callable[..., Call]

FINISHED = ["photos/*/full.webp", "photos/*/thumbnail.webp"]


@pytest.fixture(scope="module")
def account(azurite: str) -> Iterator[BlobServiceClient]:
    with BlobServiceClient.from_connection_string(azurite) as client:
        yield client


@pytest.fixture
def driver(call: Caller) -> Call:
    return call("driver")


def granted(call: Call, **asked: PhotoMediaType) -> Upload:
    answer = photos.grant_upload(call, GrantUpload(**asked))
    assert answer.status == 201
    assert isinstance(answer.body, Upload)
    assert answer.headers["Location"] == f"/api/photos/{answer.body.upload_id}"
    assert answer.headers["Cache-Control"] == "no-store"
    return answer.body


def shown(call: Call, photo_id: UUID, size: PhotoSize = PhotoSize.FULL) -> Answer[PhotoPending]:
    return photos.show_photo(call, PhotoLink(photo_id=photo_id, size=size))


def test_a_phones_photo_goes_from_grant_to_link(driver: Call, account: BlobServiceClient) -> None:
    upload = granted(driver, content_type=PhotoMediaType.PNG)
    name = BlobName(driver.principal.tenant.id, upload.upload_id)
    assert timedelta(minutes=13) < upload.expires_at - datetime.now(UTC) <= timedelta(minutes=15)
    waiting = shown(driver, upload.upload_id)
    assert (waiting.status, waiting.body) == (202, PhotoPending(photo_id=upload.upload_id))
    assert int(waiting.headers["Retry-After"]) > 0

    content = images.encoded(images.quarters(4000, 3000), "PNG")
    sent = httpx.request(upload.method, upload.url, headers=upload.headers, content=content)
    assert sent.status_code == 201
    assert photos.process_photo(driver.services, str(name)) is Outcome.READY
    assert places_of(account, name) == FINISHED

    for size, sides in ((PhotoSize.FULL, (2560, 1920)), (PhotoSize.THUMBNAIL, (150, 150))):
        answer = shown(driver, upload.upload_id, size)
        assert (answer.status, answer.content) == (302, b"")
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        picture = Image.open(io.BytesIO(httpx.get(answer.headers["Location"]).content))
        assert (picture.format, picture.size) == ("WEBP", sides)


def test_the_row_tells_what_is_kept_and_the_event_tells_once(driver: Call, account: BlobServiceClient) -> None:
    name = uploaded(driver)
    for expected in (Outcome.READY, Outcome.CLEARED, Outcome.CLEARED):
        assert photos.process_photo(driver.services, str(name)) is expected
    full = account.get_blob_client("photos", f"{name}/full.webp").download_blob().readall()
    row = row_of(driver.services, name)
    assert (row["state"], row["reason"], row["width"], row["height"]) == ("ready", None, 400, 300)
    assert (row["byte_count"], row["sha256"]) == (len(full), sha256(full).digest())
    assert row["processed_at"] is not None
    payload = {"photo_id": str(name.photo_id), "custody_id": None, "asset_id": None}
    (told,) = events_of(driver.services, name)
    assert told == {"event_type": "PHOTO_READY", "user_id": driver.principal.user_id, "payload": payload}
    assert audits_of(driver.services, name) == []


def test_a_link_lives_at_most_five_minutes_and_is_the_same_within_a_minute(driver: Call) -> None:
    name = uploaded(driver)
    photos.process_photo(driver.services, str(name))
    links = {shown(driver, name.photo_id).headers["Location"] for _ in range(3)}
    assert len(links) <= 2  # the minute may turn meanwhile
    ends = datetime.fromisoformat(parse_qs(urlsplit(links.pop()).query)["se"][0])
    assert timedelta(minutes=3) < ends - datetime.now(UTC) <= timedelta(minutes=5)


def test_simultaneous_deliveries_end_as_one(driver: Call, account: BlobServiceClient) -> None:
    name = uploaded(driver)
    gate = threading.Barrier(6)

    def deliver(_: int) -> Outcome:
        gate.wait()
        return photos.process_photo(driver.services, str(name))

    with ThreadPoolExecutor(6) as pool:
        outcomes = list(pool.map(deliver, range(6)))
    assert set(outcomes) <= {Outcome.READY, Outcome.CLEARED, Outcome.GONE}
    assert row_of(driver.services, name)["state"] == "ready"
    assert len(events_of(driver.services, name)) == 1
    assert places_of(account, name) == FINISHED


def test_bytes_that_come_again_are_put_away(driver: Call, account: BlobServiceClient) -> None:
    name = uploaded(driver)
    photos.process_photo(driver.services, str(name))
    before = row_of(driver.services, name)
    driver.services.photos.put_incoming(name, io.BytesIO(images.encoded(images.quarters(64, 64))))
    assert photos.process_photo(driver.services, str(name)) is Outcome.CLEARED
    assert row_of(driver.services, name) == before
    assert places_of(account, name) == FINISHED


def test_a_refused_photo_says_why(driver: Call, account: BlobServiceClient) -> None:
    name = uploaded(driver, b"<svg xmlns='http://www.w3.org/2000/svg'/>")
    assert photos.process_photo(driver.services, str(name), "invocation-1") is Outcome.REFUSED
    assert places_of(account, name) == ["photos-quarantine/*"]
    assert events_of(driver.services, name) == []
    recorded = {"action": "photo.refused", "outcome": "refused", "user_id": driver.principal.user_id}
    assert audits_of(driver.services, name) == [{**recorded, "invocation_id": "invocation-1"}]
    with pytest.raises(PhotoRefused, match="send a JPEG, PNG or WebP photo"):
        shown(driver, name.photo_id)
    driver.services.photos.put_incoming(name, io.BytesIO(b"once more"))
    assert photos.process_photo(driver.services, str(name)) is Outcome.CLEARED
    assert places_of(account, name) == ["photos-quarantine/*"]
    assert len(audits_of(driver.services, name)) == 1


def test_malware_is_refused_before_it_is_decoded(driver: Call, account: BlobServiceClient) -> None:
    name = uploaded(driver, images.encoded(images.quarters()) + clamd.EICAR)
    clean = uploaded(driver)
    with clamd.daemon() as address:
        scanned = replace(driver.services, scanner=ClamAv(address))
        assert photos.process_photo(scanned, str(name)) is Outcome.REFUSED
        assert photos.process_photo(scanned, str(clean)) is Outcome.READY
    assert row_of(driver.services, name)["reason"] == MALWARE
    assert places_of(account, name) == ["photos-quarantine/*"]


def test_nobody_elses_photo_exists(driver: Call, call: Caller, other_tenant: TenantMade) -> None:
    name = uploaded(driver)
    photos.process_photo(driver.services, str(name))
    for photo_id in (name.photo_id, uuid4()):
        with pytest.raises(NotFound):
            shown(call("admin", tenant=other_tenant), photo_id)


def test_a_blobs_name_decides_only_which_row_is_looked_up(
    driver: Call, other_tenant: TenantMade, account: BlobServiceClient
) -> None:
    name = announced(driver)
    misplaced = BlobName(other_tenant.id, name.photo_id)
    driver.services.photos.put_incoming(misplaced, io.BytesIO(images.encoded(images.quarters())))
    assert photos.process_photo(driver.services, str(misplaced)) is Outcome.UNKNOWN
    assert places_of(account, misplaced) == ["photos-incoming/*"]
    assert row_of(driver.services, name)["state"] == "expected"
    driver.services.photos.delete_incoming(misplaced)


@pytest.mark.parametrize(
    "name",
    [
        "",
        "photo.jpg",
        "1",
        "1/",
        f"0/{UUID(int=7)}",
        f"01/{UUID(int=7)}",
        f"-1/{UUID(int=7)}",
        f"9999999999999999999/{UUID(int=7)}",
        f"1/{UUID(int=7)}/more",
        f"1/{UUID(int=0xABC)}".upper(),
        f"1/{UUID(int=7).hex}",
        f"../1/{UUID(int=7)}",
        f"photos/1/{UUID(int=7)}",
        f"1/{UUID(int=7)}\n",
        "1/\0",
    ],
)
def test_foreign_names_are_left_alone(services: Services, name: str) -> None:
    assert photos.process_photo(services, name) is Outcome.FOREIGN


def test_a_tenant_that_does_not_exist_has_no_photos(services: Services) -> None:
    assert photos.process_photo(services, f"{10**17}/{uuid4()}") is Outcome.UNKNOWN


def test_an_event_without_its_blob_changes_nothing(driver: Call) -> None:
    name = announced(driver)
    assert photos.process_photo(driver.services, str(name)) is Outcome.GONE
    assert row_of(driver.services, name)["state"] == "expected"


def test_bytes_that_come_before_their_row_wait_for_it(driver: Call, caplog: pytest.LogCaptureFixture) -> None:
    name = BlobName(driver.principal.tenant.id, uuid4())
    driver.services.photos.put_incoming(name, io.BytesIO(images.encoded(images.quarters())))
    with ThreadPoolExecutor(1) as pool, caplog.at_level("INFO", "motorpool.photos"):
        with driver.transaction() as work:
            expect_photo(work, name.photo_id, driver.principal.user_id)
            arrived = pool.submit(photos.process_arrival, driver.services, str(name))
            while "raw bytes without a row" not in caplog.text:
                assert not arrived.done()
        assert arrived.result() is Outcome.READY


def test_nobody_waits_for_the_row_of_bytes_that_were_left_behind(
    driver: Call, caplog: pytest.LogCaptureFixture
) -> None:
    name = BlobName(driver.principal.tenant.id, uuid4())
    driver.services.photos.put_incoming(name, io.BytesIO(b"left behind"))
    later = replace(driver.services, clock=Later(photos.JUST_NOW))
    with caplog.at_level("INFO", "motorpool.photos"):
        assert photos.process_arrival(later, str(name)) is Outcome.UNKNOWN
    assert caplog.text.count("raw bytes without a row") == 1


def test_nobody_waits_for_the_row_of_bytes_that_are_gone(driver: Call) -> None:
    assert photos.process_arrival(driver.services, f"{driver.principal.tenant.id}/{uuid4()}") is Outcome.UNKNOWN


def test_a_repeated_grant_is_the_first_one(call: Caller) -> None:
    key = str(uuid4())
    first = photos.grant_upload(call("driver", key=key), GrantUpload())
    with pytest.raises(Replayed) as again:
        photos.grant_upload(call("driver", key=key), GrantUpload())
    assert again.value.answer.content == first.content


def check_out(call: Call, tenant: TenantMade, *uploads: UUID) -> Custody:
    asset_id = insert_asset(call.services, tenant)
    body = custody.check_out_asset(call, CheckOut(asset_id=asset_id, photo_upload_ids=uploads)).body
    assert isinstance(body, Custody)
    return body


def test_only_a_final_refusal_takes_the_raw_bytes_away(
    call: Caller, tenant: TenantMade, account: BlobServiceClient
) -> None:
    driver = call("driver", oid="driver-without-luck", key=str(uuid4()))
    raw = images.encoded(images.quarters(64, 64))

    def left(status: str, odometer_miles: float) -> int:
        asset_id = insert_asset(driver.services, tenant, status=status, odometer_miles=1000)
        photo = Attachment(io.BytesIO(raw), len(raw))
        with pytest.raises(Refusal):
            custody.check_out_asset(driver, CheckOut(asset_id=asset_id, photo=(photo,), odometer_miles=odometer_miles))
        incoming = account.get_container_client(INCOMING)
        return len(list(incoming.list_blobs(name_starts_with=f"{tenant.id}/")))

    before = len(list(account.get_container_client(INCOMING).list_blobs(name_starts_with=f"{tenant.id}/")))
    # the same request may be under way a second time and be let in: its bytes have the same names
    assert left("available", odometer_miles=10) == before + 1
    assert left("retired", odometer_miles=2000) == before


def test_an_upload_is_used_before_or_after_it_is_processed(call: Caller, tenant: TenantMade) -> None:
    driver = call("driver", oid="driver-of-uploads")
    early, late = uploaded(driver), uploaded(driver)
    photos.process_photo(driver.services, str(early))
    opened = check_out(driver, tenant, early.photo_id, late.photo_id)
    assert [(one.photo_id, one.state.value) for one in opened.photos] == [
        (early.photo_id, "ready"),
        (late.photo_id, "pending"),
    ]
    assert photos.process_photo(driver.services, str(late)) is Outcome.READY
    (told,) = events_of(driver.services, late)
    expected = {"photo_id": str(late.photo_id), "custody_id": opened.id, "asset_id": opened.asset_id}
    assert told["payload"] == expected


def test_a_refused_upload_cannot_be_used(call: Caller, tenant: TenantMade) -> None:
    driver = call("driver", oid="driver-of-rubbish")
    name = uploaded(driver, b"rubbish")
    photos.process_photo(driver.services, str(name))
    with pytest.raises(Invalid, match="refused"):
        check_out(driver, tenant, name.photo_id)


def test_processing_and_check_out_race_to_the_same_end(call: Caller, tenant: TenantMade) -> None:
    driver = call("driver", oid="driver-in-a-hurry")
    for _ in range(5):
        name = uploaded(driver)
        with ThreadPoolExecutor(2) as pool:
            processed = pool.submit(photos.process_photo, driver.services, str(name))
            opened = pool.submit(check_out, driver, tenant, name.photo_id)
            assert processed.result() is Outcome.READY
        row = row_of(driver.services, name)
        assert (row["state"], row["custody_id"]) == ("ready", opened.result().id)
        assert len(events_of(driver.services, name)) == 1
