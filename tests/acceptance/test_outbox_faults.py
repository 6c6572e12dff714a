"""What was committed is told in the end, in order: without Web PubSub, and after a crash before the telling."""

import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from local.pubsub.server import PubSubServer
from shared.adapters.fanout import AzureFanout
from tests.acceptance.island import Island
from tests.fixtures.listening import listening

# the sweep comes once a minute
SWEPT_SECONDS = 90


@pytest.fixture(scope="module")
def island(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Island]:
    folder = tmp_path_factory.mktemp("island")
    # PostgreSQL under another user has to get through
    for path in (folder, *list(folder.parents)[:2]):
        path.chmod(0o755)
    made = Island(Path(folder))
    stack = made.stack
    # clients come and go here while the application is away, so it is not asked about them
    stack.pubsub = PubSubServer(folder, stack.plan.ports.pubsub, stack.keepsakes.web_pubsub_access_key)
    with made.running():
        yield made


@pytest.fixture(scope="module")
def fanout(island: Island) -> AzureFanout:
    found = island.stack.settings
    return AzureFanout.configured(found["WEB_PUBSUB_CONNECTION_STRING"], "", found["WEB_PUBSUB_HUB"])


@pytest.fixture
def driver(island: Island, request: pytest.FixtureRequest) -> Iterator[httpx.Client]:
    with island.client(f"driver-of-{request.node.name[:40]}") as client:
        yield client


def check_out(driver: httpx.Client, assets: list[int]) -> None:
    for asset in assets:
        answer = driver.post(f"/api/assets/{asset}/checkout", json={})
        assert answer.status_code == 201, answer.text


def unsent(island: Island) -> list[int]:
    found = island.ask(
        "SELECT seq FROM websocket_events WHERE tenant_id = %(tenant)s AND published_at IS NULL ORDER BY seq"
    )
    return [row[0] for row in found]


def last_seq(island: Island) -> int:
    rows = island.ask("SELECT event_seq FROM tenant_counters WHERE tenant_id = %(tenant)s")
    return int(rows[0][0]) if rows else 0


def wait_until_sent(island: Island, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while left := unsent(island):
        assert time.monotonic() < deadline, left
        time.sleep(0.2)


def test_without_web_pubsub_everything_goes_on_and_is_told_after(
    island: Island, driver: httpx.Client, fanout: AzureFanout
) -> None:
    assets = island.make_assets(8)
    before = last_seq(island)
    with listening(fanout, island.tenant.id) as heard:
        check_out(driver, assets[:2])
        heard.wait_for(before + 2)
    island.stack.pubsub.stop()
    try:
        check_out(driver, assets[2:7])
        assert unsent(island) == list(range(before + 3, before + 8))
        ready = driver.get("/api/health/ready")
        down = [one["name"] for one in ready.json()["dependencies"] if one["status"] == "down"]
        assert (ready.status_code, down) == (503, ["web_pubsub"])
    finally:
        island.stack.pubsub.start()
    wait_until_sent(island, 15)
    with listening(fanout, island.tenant.id) as heard:
        check_out(driver, assets[7:])
        heard.wait_for(before + 8)
    assert heard.seqs == [before + 8]
    # who was cut off meanwhile asks
    page = driver.get("/api/events", params={"after_seq": before + 2}).json()
    assert [event["seq"] for event in page["items"]] == list(range(before + 3, before + 9))


def test_what_a_crash_left_between_commit_and_telling_is_swept(
    island: Island, driver: httpx.Client, fanout: AzureFanout
) -> None:
    assets = island.make_assets(6)
    before = last_seq(island)
    island.stack.pubsub.stop()
    try:
        check_out(driver, assets[:5])
        island.kill_application()
    finally:
        island.stack.pubsub.start()
    assert unsent(island) == list(range(before + 1, before + 6))
    with listening(fanout, island.tenant.id) as heard:
        island.start_application()
        # nobody writes, so nobody wakes the relay
        heard.wait_for(before + 5, SWEPT_SECONDS)
        assert heard.seqs == list(range(before + 1, before + 6))
        wait_until_sent(island, 5)
        check_out(driver, assets[5:])
        heard.wait_for(before + 6)
    assert heard.seqs == list(range(before + 1, before + 7))
