"""A part dies in the midst of many rows: nothing is half done, and the same call sent again does it once."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import psycopg
import pytest

from shared.domain.ledger import MOST_ROWS
from tests.acceptance.island import Island, until

ASSETS = 50
BEGIN = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
# what the application's sessions do: the first trips are written, and not yet the last
_IN_THE_MIDST = """
SELECT count(*) FROM pg_stat_activity
WHERE usename = 'motorpool_app' AND state = 'active' AND query LIKE '%INSERT INTO trip_keys%'
"""
_SESSIONS = "SELECT count(*) FROM pg_stat_activity WHERE usename = 'motorpool_app' AND state <> 'idle'"
_WRITTEN = """
SELECT
    (SELECT count(*) FROM trips WHERE tenant_id = %(tenant)s),
    (SELECT count(*) FROM trip_keys WHERE tenant_id = %(tenant)s),
    (SELECT count(*) FROM audit_log WHERE tenant_id = %(tenant)s AND action = 'trip.import')
"""


@pytest.fixture
def island(tmp_path: Path) -> Iterator[Island]:
    # PostgreSQL under another user has to get through
    for path in (tmp_path, *list(tmp_path.parents)[:3]):
        path.chmod(0o755)
    with Island(tmp_path).running() as running:
        yield running


def content(assets: list[int]) -> bytes:
    lines = ["source,external_id,asset_id,start_time,end_time,distance_miles"]
    for number in range(MOST_ROWS):
        start = BEGIN + timedelta(hours=number // ASSETS)
        end = start + timedelta(minutes=45)
        lines.append(f"bulk,{number},{assets[number % ASSETS]},{start.isoformat()},{end.isoformat()},20.5")
    return "\n".join(lines).encode()


def wait_for(island: Island, statement: str, is_reached: Callable[[int], bool]) -> None:
    """Look as PostgreSQL's administrator, who sees what every session does."""
    deadline = time.monotonic() + 90
    with psycopg.connect(island.stack._postgres.admin_url, autocommit=True) as admin:
        while True:
            found = admin.execute(statement.encode()).fetchone()
            if found and is_reached(found[0]):
                return
            assert time.monotonic() < deadline
            time.sleep(0.02)


@pytest.mark.slow
@pytest.mark.parametrize("part", ["application", "database"])
def test_fifty_thousand_rows_are_taken_once_or_not_at_all(island: Island, part: str) -> None:
    sent = content(island.make_assets(ASSETS))
    token = {"Authorization": f"Bearer {island.token('dispatcher', 'dispatcher')}"}
    asked = {**token, "Idempotency-Key": "bulk", "Content-Type": "text/csv"}

    def send() -> httpx.Response:
        try:
            return httpx.post(f"{island.url}/api/trips", content=sent, headers=asked, timeout=120)
        except httpx.TransportError:
            # as a client sees it whose call was cut off
            return httpx.Response(503)

    with ThreadPoolExecutor(1) as pool:
        sending = pool.submit(send)
        wait_for(island, _IN_THE_MIDST, lambda count: count > 0)
        if part == "application":
            island.kill_application()
            # what it had begun is undone when PostgreSQL notices that nobody listens
            wait_for(island, _SESSIONS, lambda count: count == 0)
            island.start_application()
        else:
            island.kill_database()
            island.start_database()
        assert sending.result().status_code == 503
    assert island.ask(_WRITTEN) == [(0, 0, 0)]
    first = until(send, 200)
    assert (first.status_code, first.json()["created"]) == (200, MOST_ROWS), first.text[:400]
    again = send()
    assert (again.content, again.headers["idempotency-replayed"]) == (first.content, "true")
    assert island.ask(_WRITTEN) == [(MOST_ROWS, MOST_ROWS, 1)]
