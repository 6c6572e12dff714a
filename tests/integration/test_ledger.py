"""The ledger on a real database: what is taken in, corrected, rejected, and how long it takes."""

import secrets
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from shared.actions import ledger
from shared.actions.answer import Answer, Replayed
from shared.actions.call import Call
from shared.domain.errors import Invalid, TooLarge
from shared.domain.ledger import (
    MOST_LISTED,
    MOST_ROWS,
    IngestCostEntries,
    Ingested,
    IngestMaintenanceRecords,
    IngestRevenueEntries,
)
from shared.domain.ledger_trips import IngestTrips
from shared.services import Services
from tests.factories import TenantMade, insert_asset, make_call, make_tenant
from tests.world import Clone

BEGIN = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)


@pytest.fixture
def own(clone: Clone) -> TenantMade:
    """Answer a tenant that no other test has."""
    return make_tenant(clone.owner_url)


@pytest.fixture
def dispatcher(services: Services, own: TenantMade) -> Call:
    """Somebody who may bring rows in."""
    return make_call(services, own, "dispatcher")


@pytest.fixture
def asset(services: Services, own: TenantMade) -> int:
    """An asset with the tag V-1."""
    return insert_asset(services, own, asset_tag="V-1", asset_name="Van one")


def trip(**fields: Any) -> dict[str, Any]:
    return {
        "source": "test",
        "external_id": "1",
        "asset_tag": "V-1",
        "start_time": BEGIN.isoformat(),
        "end_time": (BEGIN + timedelta(hours=1)).isoformat(),
        "distance_miles": 12.5,
        **fields,
    }


def body(answer: Answer) -> Ingested:
    assert isinstance(answer.body, Ingested)
    return answer.body


def taken(call: Call, *rows: dict[str, Any], **more: Any) -> Ingested:
    return body(ledger.ingest_trips(call, IngestTrips(rows=rows, **more)))


def counts(found: Ingested) -> tuple[int, int, int, int, int]:
    return found.received, found.created, found.updated, found.unchanged, found.rejected_rows


def rejected(found: Ingested) -> list[tuple[int, str | None]]:
    return [(one.row, one.field) for one in found.rejected]


def rows(call: Call, table: str) -> list[dict[str, Any]]:
    statement = f"SELECT * FROM {table} WHERE tenant_id = %(tenant_id)s ORDER BY source, external_id"  # noqa: S608
    with call.services.database.read(call.principal.tenant.id) as tx:
        return [dict(row) for row in tx.all(statement)]  # type: ignore[arg-type]  # no literal


def audits(call: Call) -> list[tuple[str, str]]:
    statement = "SELECT action, resource FROM audit_log WHERE tenant_id = %(tenant_id)s AND action LIKE '%%.import'"
    with call.services.database.read(call.principal.tenant.id) as tx:
        return [(row["action"], row["resource"]) for row in tx.all(statement)]


def test_a_trip_is_taken_once_and_corrected(dispatcher: Call, asset: int) -> None:
    assert counts(taken(dispatcher, trip())) == (1, 1, 0, 0, 0)
    assert counts(taken(dispatcher, trip(asset_tag=None, asset_id=asset))) == (1, 0, 0, 1, 0)
    assert counts(taken(dispatcher, trip(distance_miles=13, idle_minutes=4))) == (1, 0, 1, 0, 0)
    (row,) = rows(dispatcher, "trips")
    assert (row["asset_id"], row["start_time"], row["distance_miles"], row["idle_minutes"]) == (asset, BEGIN, 13.0, 4.0)
    assert audits(dispatcher) == [("trip.import", "trips/1+0"), ("trip.import", "trips/0+0"), ("trip.import", "trips/0+1")]


def test_a_corrected_trip_moves_to_its_month_and_back(dispatcher: Call, asset: int) -> None:
    del asset
    taken(dispatcher, trip(), trip(external_id="2"))
    for start in (datetime(2019, 1, 31, 23, tzinfo=UTC), BEGIN):
        moved = trip(start_time=start.isoformat(), end_time=(start + timedelta(hours=2)).isoformat())
        assert counts(taken(dispatcher, moved, trip(external_id="2"))) == (2, 0, 1, 1, 0)
        found = rows(dispatcher, "trips")
        assert [row["start_time"] for row in found] == [start, BEGIN]
        keys = {(row["trip_id"], row["start_time"]) for row in rows(dispatcher, "trip_keys")}
        assert keys == {(row["id"], row["start_time"]) for row in found}


def test_months_are_made_for_late_trips(dispatcher: Call, asset: int) -> None:
    del asset
    start = datetime(2018, 7, 4, tzinfo=UTC)
    late = trip(start_time=start.isoformat(), end_time=(start + timedelta(hours=2)).isoformat())
    taken(dispatcher, late, dry_run=True)
    assert rows(dispatcher, "trips") == []
    taken(dispatcher, late)
    with dispatcher.services.database.read(dispatcher.principal.tenant.id) as tx:
        where = tx.one("SELECT tableoid::regclass::text AS name FROM trips WHERE tenant_id = %(tenant_id)s")
    assert where["name"] == "trips_2018_07"


def test_fifty_thousand_trips(dispatcher: Call, services: Services, own: TenantMade) -> None:
    for number in range(200):
        insert_asset(services, own, asset_tag=f"T-{number}")
    lines = ["source,external_id,asset_tag,start_time,end_time,distance_miles,fuel_consumed_gallons,idle_minutes"]
    for number in range(MOST_ROWS):
        start = BEGIN + timedelta(hours=3 * (number // 200), minutes=number % 200)
        end = start + timedelta(minutes=45)
        lines.append(f"bulk,{number},T-{number % 200},{start:%Y-%m-%dT%H:%M:%SZ},{end:%Y-%m-%dT%H:%M:%SZ},{number % 70}.5,1.25,3")
    content = "\n".join(lines).encode()
    for expected in ((MOST_ROWS, MOST_ROWS, 0, 0, 0), (MOST_ROWS, 0, 0, MOST_ROWS, 0)):
        began = time.perf_counter()
        assert counts(body(ledger.ingest_trips(dispatcher, IngestTrips(csv=content)))) == expected
        print(time.perf_counter() - began)
