"""The photo store on real storage: what it keeps, what its links allow, how soon it gives up."""

import io
import secrets
import socket
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import httpx
import pytest
from azure.storage.blob import BlobServiceClient

from local.azurite import ACCOUNT, ACCOUNT_KEY, Azurite
from local.ports import free_port
from shared.adapters.blobs import BLOCK_BYTES, FINISHED, INCOMING, QUARANTINE, SCAN_TAG, AzurePhotoStore
from shared.domain.errors import DependencyDown
from shared.ports import BlobName, Grant, Verdict

SOON = timedelta(minutes=5)


@pytest.fixture(scope="module")
def store(azurite: str) -> AzurePhotoStore:
    return AzurePhotoStore.configured(azurite, "")


@pytest.fixture(scope="module")
def account(azurite: str) -> Iterator[BlobServiceClient]:
    with BlobServiceClient.from_connection_string(azurite) as client:
        yield client


@pytest.fixture
def name() -> BlobName:
    return BlobName(2_000_000_000 + secrets.randbelow(1_000_000_000), uuid4())


def put(grant: Grant, content: bytes, **headers: str) -> httpx.Response:
    return httpx.request(grant.method, grant.url, headers={**grant.headers, **headers}, content=content)


def test_raw_bytes_are_kept_replaced_read_and_deleted(store: AzurePhotoStore, name: BlobName) -> None:
    assert store.read_incoming(name, 100) is None
    store.put_incoming(name, io.BytesIO(b"first"))
    store.put_incoming(name, io.BytesIO(b"second"))
    assert store.read_incoming(name, 100) == b"second"
    assert store.read_incoming(name, 3) == b"seco"
    store.delete_incoming(name)
    store.delete_incoming(name)
    assert store.read_incoming(name, 100) is None


def test_an_empty_blob_is_not_a_missing_one(store: AzurePhotoStore, name: BlobName) -> None:
    store.put_incoming(name, io.BytesIO(b""))
    assert store.read_incoming(name, 100) == b""


def test_large_bytes_travel_in_blocks(store: AzurePhotoStore, account: BlobServiceClient, name: BlobName) -> None:
    content = secrets.token_bytes(2 * BLOCK_BYTES + 1)
    store.put_incoming(name, io.BytesIO(content))
    committed, uncommitted = account.get_blob_client(INCOMING, str(name)).get_block_list("all")
    assert [block.size for block in committed] == [BLOCK_BYTES, BLOCK_BYTES, 1]
    assert uncommitted == []
    assert store.read_incoming(name, len(content)) == content
    assert store.read_incoming(name, BLOCK_BYTES + 7) == content[: BLOCK_BYTES + 8]


def test_only_the_bytes_that_were_seen_are_deleted(store: AzurePhotoStore, name: BlobName) -> None:
    store.put_incoming(name, io.BytesIO(b"first"))
    (seen,) = [one for one in store.list_incoming(datetime.now(UTC) + SOON) if one.name == str(name)]
    store.put_incoming(name, io.BytesIO(b"first"))
    store.delete_incoming(name, seen.etag)
    assert store.read_incoming(name, 100) == b"first"
    (seen,) = [one for one in store.list_incoming(datetime.now(UTC) + SOON) if one.name == str(name)]
    for _ in range(2):
        store.delete_incoming(name, seen.etag)
        assert store.read_incoming(name, 100) is None


def test_many_threads_share_it(store: AzurePhotoStore) -> None:
    names = [BlobName(3_000_000_000 + secrets.randbelow(10**9), uuid4()) for _ in range(24)]
    with ThreadPoolExecutor(12) as pool:
        list(pool.map(lambda one: store.put_incoming(one, io.BytesIO(str(one).encode())), names))
        found = list(pool.map(lambda one: store.read_incoming(one, 100), names))
    assert found == [str(one).encode() for one in names]


def test_a_finished_photo_is_shown_by_its_link(store: AzurePhotoStore, name: BlobName) -> None:
    store.put_finished(name, b"full pixels", b"few pixels")
    full = httpx.get(store.read_url(name, "full", datetime.now(UTC) + SOON))
    few = httpx.get(store.read_url(name, "thumbnail", datetime.now(UTC) + SOON))
    assert (full.content, few.content) == (b"full pixels", b"few pixels")
    for shown in (full, few):
        assert shown.headers["content-type"] == "image/webp"
        assert shown.headers["content-disposition"] == "inline"
        assert shown.headers["cache-control"] == "private, max-age=31536000, immutable"


def test_a_finished_photo_is_deleted_whole(store: AzurePhotoStore, account: BlobServiceClient, name: BlobName) -> None:
    other = BlobName(name.tenant_id, uuid4())
    for one in (name, other):
        store.put_finished(one, b"full", b"few")
    for _ in range(2):
        store.delete_finished(name)
        left = account.get_container_client(FINISHED).list_blob_names(name_starts_with=f"{name.tenant_id}/")
        assert list(left) == [f"{other}/full.webp", f"{other}/thumbnail.webp"]


@pytest.mark.parametrize(
    ("result", "verdict"),
    [
        ("No threats found", Verdict.CLEAN),
        ("Malicious", Verdict.MALICIOUS),
        ("Not scanned", None),
        ("SAM259206: Scan aborted - monthly cap reached", None),
        ("no threats found", None),
    ],
)
def test_a_scan_says_what_it_says_by_a_tag(
    store: AzurePhotoStore, account: BlobServiceClient, name: BlobName, result: str, verdict: Verdict | None
) -> None:
    assert store.find_verdict(name) is None
    store.put_incoming(name, io.BytesIO(b"pixels"))
    assert store.find_verdict(name) is None
    tags = {SCAN_TAG: result, "Malware Scanning scan time UTC": "2026-01-31 12:00:00Z"}
    account.get_blob_client(INCOMING, str(name)).set_blob_tags(tags)
    assert store.find_verdict(name) is verdict


def test_a_verdict_is_on_the_bytes_that_were_scanned(
    store: AzurePhotoStore, account: BlobServiceClient, name: BlobName
) -> None:
    store.put_incoming(name, io.BytesIO(b"pixels"))
    account.get_blob_client(INCOMING, str(name)).set_blob_tags({SCAN_TAG: "No threats found"})
    store.put_incoming(name, io.BytesIO(b"others"))
    assert store.find_verdict(name) is None


def test_a_link_to_a_photo_does_one_thing_for_a_while(store: AzurePhotoStore, name: BlobName) -> None:
    other = BlobName(name.tenant_id, uuid4())
    for one in (name, other):
        store.put_finished(one, b"full", b"few")
    link = store.read_url(name, "full", datetime.now(UTC) + SOON)
    assert httpx.get(link.replace(str(name.photo_id), str(other.photo_id))).status_code == 403
    assert httpx.get(link.replace("full.webp", "thumbnail.webp")).status_code == 403
    assert httpx.get(link.partition("?")[0]).status_code in {403, 404}
    assert httpx.delete(link).status_code == 403
    assert httpx.put(link, content=b"x", headers={"x-ms-blob-type": "BlockBlob"}).status_code == 403
    assert httpx.get(store.read_url(name, "full", datetime.now(UTC) - timedelta(seconds=1))).status_code == 403


def test_a_grant_creates_one_blob_and_never_overwrites(store: AzurePhotoStore, name: BlobName) -> None:
    grant = store.grant_upload(name, "image/jpeg", datetime.now(UTC) + SOON)
    assert grant.method == "PUT"
    assert grant.headers == {"x-ms-blob-type": "BlockBlob", "Content-Type": "image/jpeg"}
    assert put(grant, b"pixels").status_code == 201
    assert put(grant, b"others").status_code in {403, 409}
    assert store.read_incoming(name, 100) == b"pixels"
    assert httpx.get(grant.url).status_code == 403
    assert httpx.delete(grant.url).status_code == 403
    elsewhere = grant.url.replace(str(name.photo_id), str(uuid4()))
    assert httpx.put(elsewhere, headers=grant.headers, content=b"x").status_code == 403


def test_who_uploads_cannot_say_what_the_scan_says(store: AzurePhotoStore, name: BlobName) -> None:
    until = datetime.now(UTC) + SOON
    grant = store.grant_upload(name, "image/jpeg", until)
    # without `t`, Azure also refuses tags that come with the bytes; Azurite does not go so far
    assert httpx.URL(grant.url).params["sp"] == "c"
    assert put(grant, b"pixels").status_code == 201
    tags = f"<Tags><TagSet><Tag><Key>{SCAN_TAG}</Key><Value>No threats found</Value></Tag></TagSet></Tags>"
    assert httpx.put(f"{grant.url}&comp=tags", content=tags.encode()).status_code == 403
    assert store.find_verdict(name) is None


def test_a_grant_ends(store: AzurePhotoStore, name: BlobName) -> None:
    grant = store.grant_upload(name, "image/jpeg", datetime.now(UTC) - timedelta(seconds=1))
    assert put(grant, b"pixels").status_code == 403
    assert store.read_incoming(name, 100) is None


def test_quarantine_moves_with_the_reason(store: AzurePhotoStore, account: BlobServiceClient, name: BlobName) -> None:
    content = secrets.token_bytes(BLOCK_BYTES * 2)
    store.put_incoming(name, io.BytesIO(content))
    store.quarantine(name, "Größe ist\nzu viel; sorry")
    store.quarantine(name, "again")
    moved = account.get_blob_client(QUARANTINE, str(name)).download_blob()
    assert moved.readall() == content
    assert moved.properties.metadata == {"reason": "Gr??e ist?zu viel; sorry"}
    assert store.read_incoming(name, 1) is None


def test_quarantine_of_what_came_again_ends_the_same(store: AzurePhotoStore, name: BlobName) -> None:
    for _ in range(2):
        store.put_incoming(name, io.BytesIO(b"evil"))
        store.quarantine(name, "evil")
        assert store.read_incoming(name, 1) is None


def test_what_waits_is_listed_by_age(store: AzurePhotoStore, name: BlobName) -> None:
    store.put_incoming(name, io.BytesIO(b"pixels"))
    now = datetime.now(UTC)
    waiting = {one.name: one.since for one in store.list_incoming(now + timedelta(seconds=2))}
    assert abs(waiting[str(name)] - now) < timedelta(minutes=1)
    assert str(name) not in {one.name for one in store.list_incoming(now - timedelta(minutes=1))}


def test_it_answers_a_ping(store: AzurePhotoStore) -> None:
    store.ping()


def test_nothing_is_connected_before_the_first_use() -> None:
    AzurePhotoStore.configured("not even a connection string", "")


def at(port: int) -> AzurePhotoStore:
    endpoint = f"http://127.0.0.1:{port}/{ACCOUNT}"
    return AzurePhotoStore.configured(f"AccountName={ACCOUNT};AccountKey={ACCOUNT_KEY};BlobEndpoint={endpoint}", "")


def everything(store: AzurePhotoStore, name: BlobName) -> Iterator[Callable[[], object]]:
    yield lambda: store.put_incoming(name, io.BytesIO(b"x"))
    yield lambda: store.read_incoming(name, 1)
    yield lambda: store.put_finished(name, b"x", b"x")
    yield lambda: store.delete_finished(name)
    yield lambda: store.find_verdict(name)
    yield lambda: store.quarantine(name, "x")
    yield lambda: store.delete_incoming(name)
    yield lambda: store.delete_incoming(name, '"0x1"')
    yield lambda: list(store.list_incoming(datetime.now(UTC)))
    yield store.ping


def test_storage_that_is_away_is_said_soon(name: BlobName) -> None:
    for act in everything(at(free_port()), name):
        began = time.monotonic()
        with pytest.raises(DependencyDown, match="photo storage"):
            act()
        assert time.monotonic() - began < 30


def test_a_missing_container_is_no_missing_photo(tmp_path: Path, name: BlobName) -> None:
    with Azurite(tmp_path, free_port(3), in_memory=True) as bare:
        for act in everything(AzurePhotoStore.configured(bare.connection_string, ""), name):
            with pytest.raises(DependencyDown):
                act()


@pytest.mark.slow
def test_storage_that_is_silent_is_not_waited_for(name: BlobName) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        began = time.monotonic()
        with pytest.raises(DependencyDown):
            at(silent.getsockname()[1]).read_incoming(name, 1)
    assert time.monotonic() - began < 45


def test_links_are_made_without_asking_the_storage(name: BlobName) -> None:
    store = at(free_port())
    assert store.read_url(name, "full", datetime.now(UTC) + SOON).startswith("http://127.0.0.1:")
    assert f"/{FINISHED}/{name}/full.webp?" in store.read_url(name, "full", datetime.now(UTC) + SOON)
