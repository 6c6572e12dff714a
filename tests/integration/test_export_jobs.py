"""Exports in the background: handed over whole or not at all, to their owner, also after a maker was killed."""

import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from azure.storage.blob import BlobServiceClient

from local.processes import ROOT
from shared.actions import exports
from shared.actions.call import Call
from shared.adapters.exports import EXPORTS, AzureExportStore
from shared.domain.errors import DependencyDown, Forbidden, NotFound
from shared.domain.export import ATTEMPTS_MAX, LEASE, WORN_OUT, ExportJob, ExportState, FindExport
from shared.domain.report import Report, ReportFormat
from shared.services import Services
from shared.store import exports as store
from tests.factories import TenantMade, insert_asset
from tests.fixtures.clocks import Later
from tests.fixtures.exports import add_trips, make_fleet
from tests.fixtures.storage_proxy import storage_proxy
from tests.world import Clone, World

MANY = 60_000
MAKER = """
import sys
from shared import wiring
from shared.actions import exports
exports.BEAT_SECONDS = 0
exports.run_jobs(wiring.services())
"""


@pytest.fixture(scope="module", autouse=True)
def fleet(services: Services, tenant: TenantMade) -> None:
    make_fleet(services, tenant, names=("Van",))


@pytest.fixture
def environment(world: World, clone: Clone) -> dict[str, str]:
    """Answer what a process of its own is to know of this file's database."""
    return world.environment(clone, 7071)


@pytest.fixture(scope="module")
def account(azurite: str) -> Iterator[BlobServiceClient]:
    with BlobServiceClient.from_connection_string(azurite) as client:
        yield client


def queued(call: Call, kind: ReportFormat = ReportFormat.CSV, **filters: Any) -> UUID:
    """Queue a job without anybody beginning it."""
    job = ExportJob(
        id=uuid4(),
        report=Report.TRIPS,
        format=kind,
        filters=filters,
        expires_at=call.services.clock.now() + timedelta(days=7),
    )
    with call.transaction() as work:
        return store.insert_job(work, job, call.principal.user_id, call.principal.role).id


def found(call: Call, export_id: UUID) -> ExportJob:
    body = exports.find_export(call, FindExport(export_id=export_id)).body
    assert isinstance(body, ExportJob)
    return body


def set_job(call: Call, export_id: UUID, change: str) -> None:
    with call.services.database.transaction(call.principal.tenant.id) as (tx, _):
        tx.run(f"UPDATE export_jobs SET {change} WHERE tenant_id = %(tenant_id)s AND id = %(id)s", id=export_id)  # noqa: S608


def files_of(account: BlobServiceClient, call: Call, export_id: UUID) -> list[str]:
    prefix = f"{call.principal.tenant.id}/{export_id}/"
    return [blob.name for blob in account.get_container_client(EXPORTS).list_blobs(name_starts_with=prefix)]


def test_the_whole_way_over_http(client: Callable[..., httpx.Client]) -> None:
    driver = client("driver")
    answer = driver.get("/api/assets/analytics/export", params={"report": "trips", "background": "true", "bom": "true"})
    assert answer.status_code == 202, answer.text
    assert answer.headers["location"] == f"/api/exports/{answer.json()['id']}"
    deadline = time.monotonic() + 60
    while (state := driver.get(answer.headers["location"]).json())["state"] != "done":
        assert state["state"] in {"queued", "running"}
        assert time.monotonic() < deadline, state
        time.sleep(0.2)
    assert (state["progress"], state["rows"]) == (100, 3)
    file = httpx.get(state["url"])
    assert file.content == b"\xef\xbb\xbf" + driver.get("/api/assets/analytics/export?report=trips").content
    assert file.headers["content-disposition"].startswith("attachment")
    assert client("driver", oid="driver-2").get(answer.headers["location"]).status_code == 404


def test_a_maker_that_is_killed_leaves_nothing_and_the_job_is_taken_up_anew(
    call: Callable[..., Call], tenant: TenantMade, environment: dict[str, str], account: BlobServiceClient, azurite: str
) -> None:
    driver = call("driver")
    asset_id = insert_asset(driver.services, tenant, asset_name="Bus")
    add_trips(driver.services, tenant, asset_id, MANY, datetime.now(UTC) - timedelta(days=300))
    since = str((datetime.now(UTC) - timedelta(days=310)).date())
    export_id = queued(driver, ReportFormat.XLSX, date_from=since, asset_id=asset_id)
    killed = threading.Event()
    with storage_proxy(azurite) as proxy:
        # however fast it writes, it hands nothing over before it is killed
        proxy.before = lambda _: killed.wait(60) and False
        storage = {"PHOTO_STORAGE": proxy.connection_string}
        with subprocess.Popen([sys.executable, "-c", MAKER], cwd=ROOT, env={**environment, **storage}) as maker:
            try:
                _await_progress(driver, export_id)
            finally:
                maker.kill()
                maker.wait()
                killed.set()
    state = found(driver, export_id)
    assert (state.state, state.url, files_of(account, driver, export_id)) == (ExportState.RUNNING, None, [])
    assert exports.run_jobs(driver.services) == 0, "its lease has not run out"
    set_job(driver, export_id, "lease_until = now() - interval '1 second', format = 'csv'")
    assert exports.run_jobs(driver.services) == 1
    state = found(driver, export_id)
    assert (state.state, state.rows) == (ExportState.DONE, MANY)
    assert state.url is not None
    assert httpx.get(state.url).content.count(b"\r\n") == MANY + 1


def _await_progress(call: Call, export_id: UUID) -> None:
    deadline = time.monotonic() + 60
    while found(call, export_id).progress < 1:
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_a_large_file_may_take_longer_than_what_people_wait_for(call: Callable[..., Call]) -> None:
    driver = call("driver")
    wanted = {"asset_id": None, "asset_type": None, "since": datetime.now(UTC), "until": datetime.now(UTC)}
    for read in (store.stream_rows, partial(store.copy_rows, write=lambda _: None)):
        with driver.read() as tx:
            read(tx, "trips", wanted)
            for name in ("statement_timeout", "idle_in_transaction_session_timeout"):
                assert tx.one("SELECT current_setting(%(name)s) AS patience", name=name)["patience"] == "9min"


def test_who_lost_the_lease_hands_nothing_over(call: Callable[..., Call], account: BlobServiceClient) -> None:
    driver = call("driver")
    export_id = queued(driver)
    with driver.services.database.transaction(driver.principal.tenant.id) as (tx, _):
        slow = store.take_job(tx, LEASE)
    assert slow is not None
    set_job(driver, export_id, "lease_until = now() - interval '1 second'")
    assert exports.run_jobs(driver.services) == 1
    assert not exports._made(driver.services, slow)
    assert found(driver, export_id).state is ExportState.DONE
    assert files_of(account, driver, export_id) == [f"{driver.principal.tenant.id}/{export_id}/2.csv"]


def test_storage_that_is_away_is_tried_again(call: Callable[..., Call], azurite: str) -> None:
    driver = call("driver")
    export_id = queued(driver)
    with storage_proxy(azurite) as proxy:
        proxy.before = lambda _: False
        away = AzureExportStore.configured(proxy.connection_string, "")
        with pytest.raises(DependencyDown):
            exports.run_jobs(replace(driver.services, exports=away))
    assert found(driver, export_id).state is ExportState.RUNNING
    set_job(driver, export_id, "lease_until = now() - interval '1 second'")
    assert exports.run_jobs(driver.services) == 1


def test_what_kills_its_maker_again_and_again_is_given_up(call: Callable[..., Call]) -> None:
    driver = call("driver")
    export_id = queued(driver)
    set_job(driver, export_id, f"state = 'running', attempts = {ATTEMPTS_MAX}, lease_until = now()")
    assert exports.run_jobs(driver.services) == 0
    state = found(driver, export_id)
    assert (state.state, state.reason, state.url) == (ExportState.FAILED, WORN_OUT, None)


def test_what_cannot_be_made_says_why(call: Callable[..., Call]) -> None:
    driver = call("driver")
    export_id = queued(driver, min_days=3)
    assert exports.run_jobs(driver.services) == 0
    state = found(driver, export_id)
    assert state.state is ExportState.FAILED
    assert state.reason


def test_only_the_owner_with_the_role_still_may_have_it(call: Callable[..., Call], other_tenant: TenantMade) -> None:
    manager = call("manager")
    export_id = queued(manager)
    set_job(manager, export_id, "report = 'roi', state = 'done', blob = 'x'")
    assert found(manager, export_id).url
    with pytest.raises(NotFound):
        found(call("admin"), export_id)
    with pytest.raises(NotFound):
        found(call("manager", tenant=other_tenant), export_id)
    demoted = replace(manager, principal=replace(manager.principal, role=call("driver").principal.role))
    with pytest.raises(Forbidden):
        found(demoted, export_id)


def test_files_are_kept_for_a_week(call: Callable[..., Call], account: BlobServiceClient) -> None:
    driver = call("driver", oid="driver-week")
    export_id = queued(driver)
    assert exports.run_jobs(driver.services) == 1
    exports.forget_exports(replace(driver.services, clock=Later(timedelta(days=6, hours=23))))
    assert len(files_of(account, driver, export_id)) == 1
    # every test shares the storage: only this job's own file may be taken for old
    ours = replace(driver.services, clock=Later(timedelta(days=7, minutes=1)))
    assert exports.forget_exports(ours) >= 1
    assert files_of(account, driver, export_id) == []
    with pytest.raises(NotFound):
        found(driver, export_id)
