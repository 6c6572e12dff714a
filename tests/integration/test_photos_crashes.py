"""Processing that is killed, cut off or locked out at each of its steps, and then run again."""

import io
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import pytest
from azure.storage.blob import BlobServiceClient

from local.processes import ROOT
from shared.actions import photos
from shared.actions.call import Call
from shared.actions.photos import Outcome
from shared.adapters.blobs import AzurePhotoStore
from shared.adapters.clamav import ClamAv
from shared.domain.errors import DependencyDown
from shared.domain.photo import ATTEMPTS_MAX, UNREADABLE
from shared.ports import BlobName
from shared.services import Services
from tests.fixtures import clamd
from tests.fixtures.photos import audits_of, events_of, places_of, row_of, uploaded
from tests.fixtures.storage_proxy import StorageProxy, storage_proxy
from tests.world import Clone, World

FINISHED = ["photos/*/full.webp", "photos/*/thumbnail.webp"]
# as the application asks for them: read, full, thumbnail, delete; and read, copy, look at the copy, delete
STEPS = {"ready": 4, "refused": 4}
WORKER = """
import sys
from shared import wiring
from shared.actions import photos
print(photos.process_photo(wiring.services(), sys.argv[1]))
"""


@pytest.fixture(scope="module")
def account(azurite: str) -> Iterator[BlobServiceClient]:
    with BlobServiceClient.from_connection_string(azurite) as client:
        yield client


@pytest.fixture
def proxy(azurite: str) -> Iterator[StorageProxy]:
    with storage_proxy(azurite) as running:
        yield running


@pytest.fixture
def driver(call: Callable[..., Call]) -> Call:
    return call("driver")


@dataclass(frozen=True)
class Scene:
    """Somebody at work, what storage holds, and the proxy before it."""

    driver: Call
    account: BlobServiceClient
    proxy: StorageProxy


@pytest.fixture
def scene(driver: Call, account: BlobServiceClient, proxy: StorageProxy) -> Scene:
    return Scene(driver, account, proxy)


@pytest.fixture
def through_proxy(services: Services, proxy: StorageProxy) -> Services:
    return replace(services, photos=AzurePhotoStore.configured(proxy.connection_string, ""))


def sent(driver: Call, end: str) -> BlobName:
    return uploaded(driver, None if end == "ready" else b"no image")


def assert_ended_once(services: Services, account: BlobServiceClient, name: BlobName, end: str) -> None:
    assert row_of(services, name)["state"] == end
    assert len(events_of(services, name)) == (end == "ready")
    assert len(audits_of(services, name)) == (end == "refused")
    assert places_of(account, name) == (FINISHED if end == "ready" else ["photos-quarantine/*"])


@pytest.mark.parametrize("end", STEPS)
def test_the_steps_are_as_many_as_the_tests_below_cut(
    driver: Call, through_proxy: Services, proxy: StorageProxy, end: str
) -> None:
    name = sent(driver, end)
    photos.process_photo(through_proxy, str(name))
    assert len(proxy.seen) == STEPS[end], proxy.seen


@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize(("end", "step"), [(end, step) for end, steps in STEPS.items() for step in range(steps)])
def test_a_worker_killed_at_any_step_leaves_nothing_that_is_not_made_good(
    scene: Scene, world: World, clone: Clone, end: str, step: int, moment: str
) -> None:
    driver, name = scene.driver, sent(scene.driver, end)
    environment = {**world.environment(clone, 7071), "PHOTO_STORAGE": scene.proxy.connection_string}
    killed = threading.Event()
    with subprocess.Popen([sys.executable, "-c", WORKER, str(name)], cwd=ROOT, env=environment) as worker:

        def kill(number: int) -> bool:
            if number == step:
                os.kill(worker.pid, signal.SIGKILL)
                killed.set()
            return number != step

        setattr(scene.proxy, moment, kill)
        assert worker.wait(60) == -signal.SIGKILL
    assert killed.is_set()
    photos.process_photo(driver.services, str(name))
    assert_ended_once(driver.services, scene.account, name, end)
    assert photos.process_photo(driver.services, str(name)) is Outcome.CLEARED
    assert_ended_once(driver.services, scene.account, name, end)


@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize(("end", "step"), [(end, step) for end, steps in STEPS.items() for step in range(steps)])
def test_storage_that_goes_away_at_any_step_is_a_dependency_that_is_down(
    scene: Scene, through_proxy: Services, end: str, step: int, moment: str
) -> None:
    name = sent(scene.driver, end)
    setattr(scene.proxy, moment, lambda number: number < step)
    with pytest.raises(DependencyDown, match="photo storage"):
        photos.process_photo(through_proxy, str(name))
    row = row_of(through_proxy, name)
    assert row["state"] == end or row["attempts"] == 0
    scene.proxy.before = scene.proxy.after = lambda _: True
    photos.process_photo(through_proxy, str(name))
    assert_ended_once(through_proxy, scene.account, name, end)


def test_a_database_that_is_locked_out_between_the_steps_is_made_good(driver: Call, account: BlobServiceClient) -> None:
    name = uploaded(driver)
    with driver.services.database.transaction(name.tenant_id) as (tx, _):
        tx.run("INSERT INTO tenant_counters (tenant_id) VALUES (%(tenant_id)s) ON CONFLICT DO NOTHING")
    with driver.services.database.transaction(name.tenant_id) as (tx, _):
        tx.run("SELECT 1 FROM tenant_counters WHERE tenant_id = %(tenant_id)s FOR UPDATE")
        with pytest.raises(DependencyDown, match="database"):
            photos.process_photo(driver.services, str(name))
    row = row_of(driver.services, name)
    assert (row["state"], row["attempts"]) == ("expected", 0)
    assert places_of(account, name) == ["photos-incoming/*", *FINISHED]
    assert photos.process_photo(driver.services, str(name)) is Outcome.READY
    assert_ended_once(driver.services, account, name, "ready")


def test_a_scanner_that_is_away_delays_and_never_refuses(driver: Call, account: BlobServiceClient) -> None:
    name = uploaded(driver)
    with clamd.daemon(lambda connection: connection.close()) as address:
        unscanned = replace(driver.services, scanner=ClamAv(address))
        for _ in range(ATTEMPTS_MAX + 2):
            with pytest.raises(DependencyDown, match="malware scanner"):
                photos.process_photo(unscanned, str(name))
    assert row_of(driver.services, name)["attempts"] == 0
    assert photos.process_photo(driver.services, str(name)) is Outcome.READY
    assert_ended_once(driver.services, account, name, "ready")


def test_a_photo_that_kills_its_workers_is_refused_in_the_end(driver: Call, account: BlobServiceClient) -> None:
    name = uploaded(driver)
    with driver.services.database.transaction(name.tenant_id) as (tx, _):
        # what so many killed workers would have counted
        tx.run(
            "UPDATE photos SET attempts = %(most)s WHERE tenant_id = %(tenant_id)s AND id = %(id)s",
            most=ATTEMPTS_MAX,
            id=name.photo_id,
        )
    assert photos.process_photo(driver.services, str(name)) is Outcome.REFUSED
    assert row_of(driver.services, name)["reason"] == UNREADABLE
    assert_ended_once(driver.services, account, name, "refused")


def test_a_retried_upload_while_it_is_processed_ends_the_same(
    driver: Call, account: BlobServiceClient, through_proxy: Services, proxy: StorageProxy
) -> None:
    name = uploaded(driver)
    content = driver.services.photos.read_incoming(name, 10**6) or b""

    def upload_again(number: int) -> bool:
        if number == 1:
            driver.services.photos.put_incoming(name, io.BytesIO(content))
        return True

    proxy.before = upload_again
    assert photos.process_photo(through_proxy, str(name)) is Outcome.READY
    assert_ended_once(driver.services, account, name, "ready")
