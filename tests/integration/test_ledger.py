"""The ledger on a real database: what is taken in, corrected and rejected."""

import secrets
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


def body(answer: Answer[Ingested]) -> Ingested:
    assert isinstance(answer.body, Ingested)
    return answer.body


def taken(call: Call, *rows: dict[str, Any], **more: Any) -> Ingested:
    return body(ledger.ingest_trips(call, IngestTrips(rows=rows, **more)))


def counts(found: Ingested) -> tuple[int, int, int, int, int]:
    return found.received, found.created, found.updated, found.unchanged, found.rejected_rows


def rejected(found: Ingested) -> list[tuple[int, str | None]]:
    return [(one.row, one.field) for one in found.rejected]


def rows(call: Call, table: str, order: str = "source, external_id") -> list[dict[str, Any]]:
    statement = f"SELECT * FROM {table} WHERE tenant_id = %(tenant_id)s ORDER BY {order}"  # noqa: S608
    with call.services.database.read(call.principal.tenant.id) as tx:
        return [dict(row) for row in tx.all(statement)]


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
    assert audits(dispatcher) == [
        ("trip.import", "trips/1+0"),
        ("trip.import", "trips/0+0"),
        ("trip.import", "trips/0+1"),
    ]


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


def test_every_noun_is_taken_in_once_and_corrected(dispatcher: Call, asset: int) -> None:
    named = {"source": "test", "external_id": "1", "asset_id": asset}
    work = {**named, "performed_on": "2026-03-02", "category": "brakes", "total_cost": "250.00", "downtime_hours": 4}
    cost = {**named, "category": "fuel", "amount": "61.20", "incurred_on": "2026-03-02", "quantity": 17, "unit": "gal"}
    revenue = {**named, "amount": 120, "earned_on": "2026-03-02"}
    maintenance, costs, revenues = (
        ledger.ingest_maintenance_records,
        ledger.ingest_cost_entries,
        ledger.ingest_revenue_entries,
    )
    for change, expected in (
        ({}, (1, 1, 0, 0, 0)),
        ({}, (1, 0, 0, 1, 0)),
        ({"asset_id": None, "asset_tag": "V-1"}, (1, 0, 0, 1, 0)),
    ):
        assert counts(body(maintenance(dispatcher, IngestMaintenanceRecords(rows=({**work, **change},))))) == expected
        assert counts(body(costs(dispatcher, IngestCostEntries(rows=({**cost, **change},))))) == expected
        assert counts(body(revenues(dispatcher, IngestRevenueEntries(rows=({**revenue, **change},))))) == expected
    changed = (1, 0, 1, 0, 0)
    work, cost, revenue = {**work, "total_cost": "260.00"}, {**cost, "amount": "-1"}, {**revenue, "amount": "121.00"}
    assert counts(body(maintenance(dispatcher, IngestMaintenanceRecords(rows=(work,))))) == changed
    assert counts(body(costs(dispatcher, IngestCostEntries(rows=(cost,))))) == changed
    assert counts(body(revenues(dispatcher, IngestRevenueEntries(rows=(revenue,))))) == changed
    assert [str(row["total_cost"]) for row in rows(dispatcher, "maintenance_records")] == ["260.00"]
    assert [str(row["amount"]) for row in rows(dispatcher, "cost_entries")] == ["-1.00"]
    assert [str(row["amount"]) for row in rows(dispatcher, "revenue_entries")] == ["121.00"]


def test_a_cost_of_one_day_is_a_period_of_one_day(dispatcher: Call, asset: int) -> None:
    named = {"source": "test", "asset_id": asset, "category": "insurance", "amount": "365.00"}
    day = {**named, "external_id": "1", "incurred_on": "2026-03-02"}
    year = {**named, "external_id": "2", "period_start": "2026-01-01", "period_end": "2026-12-31"}
    ledger.ingest_cost_entries(dispatcher, IngestCostEntries(rows=(day, year)))
    found = [(str(row["period_start"]), str(row["period_end"])) for row in rows(dispatcher, "cost_entries")]
    assert found == [("2026-03-02", "2026-03-02"), ("2026-01-01", "2026-12-31")]


def test_money_that_moved_is_told_once_and_without_the_money(dispatcher: Call, asset: int) -> None:
    cost = {"source": "test", "asset_id": asset, "category": "insurance", "amount": "365.00", "external_id": "1"}
    for _ in range(2):
        year = {**cost, "period_start": "2026-01-01", "period_end": "2026-12-31"}
        ledger.ingest_cost_entries(dispatcher, IngestCostEntries(rows=(year,)))
    (told,) = rows(dispatcher, "websocket_events", "seq")
    assert (told["event_type"], told["resource_id"]) == ("METRICS_UPDATED", "costs")
    assert told["payload"] == {"from": "2026-01-01", "to": "2026-12-31", "asset_count": 1}


def test_a_trial_leaves_nothing(dispatcher: Call, asset: int) -> None:
    del asset
    taken(dispatcher, trip())
    tried = taken(
        dispatcher, trip(distance_miles=1), trip(external_id="2"), trip(external_id="3", source=""), dry_run=True
    )
    assert (counts(tried), tried.dry_run) == ((3, 1, 1, 0, 1), True)
    (row,) = rows(dispatcher, "trips")
    assert row["distance_miles"] == 12.5
    assert len(rows(dispatcher, "trip_keys")) == len(audits(dispatcher)) == 1


def test_rows_name_their_asset_by_id_or_tag_and_do_not_contradict_themselves(
    dispatcher: Call, asset: int, services: Services, own: TenantMade, clone: Clone
) -> None:
    other = insert_asset(services, own, asset_tag="V-2")
    theirs = insert_asset(services, make_tenant(clone.owner_url), asset_tag="V-3")
    found = taken(
        dispatcher,
        trip(asset_id=asset),
        trip(external_id="2", asset_id=other),
        trip(external_id="3", asset_tag="V-3"),
        trip(external_id="4", asset_tag=None, asset_id=theirs),
        trip(external_id="5", asset_tag=None),
        trip(external_id="6", asset_id=theirs),
    )
    assert counts(found) == (6, 1, 0, 0, 5)
    assert rejected(found) == [(2, "asset_tag"), (3, "asset_tag"), (4, "asset_id"), (5, "asset_id"), (6, "asset_id")]


def test_a_row_names_every_fault_at_once(dispatcher: Call, asset: int) -> None:
    backwards = {"end_time": (BEGIN - timedelta(hours=1)).isoformat()}
    found = taken(
        dispatcher,
        trip(asset_tag="V-9", idle_minutes="often", **backwards),
        trip(external_id="2", asset_tag="V-9", asset_id=2**40, source="custody", start_time="soon", colour="red"),
        trip(external_id=None, asset_tag=None, distance_miles=3001, idle_minutes=62),
        trip(external_id="4"),
        trip(external_id="5", asset_tag=["V-1"], asset_id=asset, end_time=None),
        trip(external_id="6", asset_tag=["V-1"], asset_id=2**40),
    )
    assert counts(found) == (6, 1, 0, 0, 5)
    assert found.rejected_count == len(found.rejected) == 16
    assert rejected(found) == [
        *((1, name) for name in ("idle_minutes", "end_time", "asset_tag")),
        *((2, name) for name in ("colour", "start_time", "source", "asset_id", "asset_tag")),
        *((3, name) for name in ("external_id", "asset_id", "distance_miles", "idle_minutes")),
        *((5, name) for name in ("asset_tag", "end_time")),
        *((6, name) for name in ("asset_tag", "asset_id")),
    ]
    assert [row["external_id"] for row in rows(dispatcher, "trips")] == ["4"]


def test_what_cannot_be_read_is_not_missing_too(dispatcher: Call, asset: int) -> None:
    cost = {"source": "test", "asset_id": asset, "category": "fuel", "amount": "1", "incurred_on": "2026-03-02"}
    period = {"incurred_on": None, "period_start": "2026-01-31", "period_end": "2026-01-01"}
    wrong: tuple[dict[str, Any], ...] = (
        {"incurred_on": "soon"},
        {"incurred_on": "soon", "period_start": "2026-01-01", "unit": "gal"},
        {"quantity": "much", "unit": "gal"},
        {**period, "period_start": "soon"},
        {**period, "amount": "much"},
        {"external_id": None, "category": None, "asset_id": None},
    )
    sent = tuple({**cost, "external_id": str(number), **one} for number, one in enumerate(wrong))
    found = body(ledger.ingest_cost_entries(dispatcher, IngestCostEntries(rows=sent)))
    assert rejected(found) == [
        (1, "incurred_on"),
        *((2, name) for name in ("incurred_on", "incurred_on", "quantity")),
        (3, "quantity"),
        (4, "period_start"),
        *((5, name) for name in ("amount", "period_end")),
        *((6, name) for name in ("external_id", "category", "asset_id")),
    ]


def test_no_id_is_missing_that_would_be_made(dispatcher: Call, asset: int) -> None:
    del asset
    lines = ("deviceName,startTime,endTime,distance", "V-9,soon,2026-03-02T09:00:00.000+00:00,1609.344")
    command = IngestTrips.model_validate({"csv": "\n".join(lines).encode(), "format": "traccar"})
    assert rejected(body(ledger.ingest_trips(dispatcher, command))) == [(1, "start_time"), (1, "asset_tag")]


def test_another_tenants_rows_are_others(dispatcher: Call, asset: int, services: Services, clone: Clone) -> None:
    del asset
    elsewhere = make_tenant(clone.owner_url)
    insert_asset(services, elsewhere, asset_tag="V-1")
    for call in (dispatcher, make_call(services, elsewhere, "dispatcher")):
        assert counts(taken(call, trip())) == (1, 1, 0, 0, 0)
    assert counts(taken(dispatcher, trip(distance_miles=1))) == (1, 0, 1, 0, 0)
    (row,) = rows(make_call(services, elsewhere, "dispatcher"), "trips")
    assert row["distance_miles"] == 12.5


def test_a_driver_is_who_tokens_name(dispatcher: Call, asset: int) -> None:
    del asset
    found = taken(dispatcher, trip(driver_oid="dispatcher-1"), trip(external_id="2", driver_oid="nobody"))
    assert [(one.row, one.field, one.was, one.to) for one in found.repaired] == [(2, "driver_oid", "nobody", None)]
    assert [row["user_id"] for row in rows(dispatcher, "trips")] == [dispatcher.principal.user_id, None]


def test_of_two_rows_of_one_name_the_later_is_taken(dispatcher: Call, asset: int) -> None:
    found = taken(
        dispatcher, trip(), trip(asset_tag=None, asset_id=asset), trip(distance_miles=1), trip(external_id="2")
    )
    assert counts(found) == (4, 2, 0, 1, 1)
    assert rejected(found) == [(2, "external_id")]
    assert [row["distance_miles"] for row in rows(dispatcher, "trips")] == [1.0, 12.5]


def test_ten_calls_at_once_take_each_row_once(dispatcher: Call, asset: int) -> None:
    del asset
    sent = [
        trip(external_id=str(number), start_time="2015-05-05T08:00:00Z", end_time="2015-05-05T09:00:00Z")
        for number in range(300)
    ]

    def send(order: int) -> tuple[int, int, int, int, int]:
        return counts(taken(dispatcher, *sent[::order]))

    with ThreadPoolExecutor(10) as pool:
        made = list(pool.map(send, [1, -1] * 5))
    assert sorted(made) == [(300, 0, 0, 300, 0)] * 9 + [(300, 300, 0, 0, 0)]
    assert len(rows(dispatcher, "trips")) == len(rows(dispatcher, "trip_keys")) == 300


def test_a_repeated_request_is_answered_alike(services: Services, own: TenantMade, asset: int) -> None:
    del asset
    key = secrets.token_hex(8)
    taken(make_call(services, own, "dispatcher", key=key), trip())
    with pytest.raises(Replayed) as replay:
        taken(make_call(services, own, "dispatcher", key=key), trip())
    assert b'"created":1' in replay.value.answer.content


def test_assets_of_a_tracker_are_known_by_tag_or_by_a_name_that_only_one_has(
    dispatcher: Call, asset: int, services: Services, own: TenantMade
) -> None:
    for tag in ("V-2", "V-3"):
        insert_asset(services, own, asset_tag=tag, asset_name="Twin")
    times = "2026-03-02T08:00:00.000+00:00,2026-03-02T09:00:00.000+00:00,1609.344"
    lines = ["deviceName,startTime,endTime,distance", *(f"{name},{times}" for name in ("Van one", "V-2", "Twin", "?"))]
    command = IngestTrips.model_validate({"csv": "\n".join(lines).encode(), "format": "traccar"})
    found = body(ledger.ingest_trips(dispatcher, command))
    assert rejected(found) == [(3, "asset_tag"), (4, "asset_tag")]
    assert [row["asset_id"] for row in rows(dispatcher, "trips")][1] == asset
    assert counts(body(ledger.ingest_trips(dispatcher, command))) == (4, 0, 0, 2, 2)


def test_lists_are_cut_and_counts_are_not(dispatcher: Call) -> None:
    found = taken(dispatcher, *(trip(external_id=str(number), distance_miles=-1) for number in range(1_200)))
    assert counts(found) == (1_200, 0, 0, 0, 1_200)
    assert (len(found.rejected), found.rejected_count) == (MOST_LISTED, 1_200)
    assert (len(found.repaired), found.repaired_count) == (MOST_LISTED, 1_200)


def test_a_call_has_its_limits(dispatcher: Call) -> None:
    with pytest.raises(TooLarge, match="50,000 rows"):
        taken(dispatcher, *({},) * (MOST_ROWS + 1))
    with pytest.raises(Invalid):
        ledger.ingest_trips(dispatcher, IngestTrips())
    with pytest.raises(Invalid):
        taken(dispatcher, trip(), format="traccar")
    assert counts(taken(dispatcher)) == (0, 0, 0, 0, 0)


@pytest.mark.slow
def test_fifty_thousand_trips_are_taken_once_and_corrected(
    dispatcher: Call, services: Services, own: TenantMade
) -> None:
    for number in range(200):
        insert_asset(services, own, asset_tag=f"T-{number}")

    def content(miles: float, hours: int) -> bytes:
        lines = ["source,external_id,asset_tag,start_time,end_time,distance_miles"]
        for number in range(MOST_ROWS):
            start = BEGIN + timedelta(hours=hours + number // 200, minutes=number % 7)
            end = start + timedelta(minutes=45)
            lines.append(f"bulk,{number},T-{number % 200},{start.isoformat()},{end.isoformat()},{miles}")
        return "\n".join(lines).encode()

    for miles, hours, expected in (
        (20.5, 0, (MOST_ROWS, MOST_ROWS, 0, 0, 0)),
        (20.5, 0, (MOST_ROWS, 0, 0, MOST_ROWS, 0)),
        # a month later: every trip and its key move
        (21.5, 31 * 24, (MOST_ROWS, 0, MOST_ROWS, 0, 0)),
    ):
        assert counts(body(ledger.ingest_trips(dispatcher, IngestTrips(csv=content(miles, hours))))) == expected
        with services.database.read(own.id) as tx:
            found = tx.one(
                "SELECT count(*) AS trips, sum(t.distance_miles) AS miles, min(t.start_time) AS first"
                " FROM trips AS t INNER JOIN trip_keys AS k"
                " ON k.tenant_id = t.tenant_id AND k.trip_id = t.id AND k.start_time = t.start_time"
                " WHERE t.tenant_id = %(tenant_id)s"
            )
        assert (found["trips"], found["miles"]) == (MOST_ROWS, MOST_ROWS * miles)
        assert found["first"] == BEGIN + timedelta(hours=hours)
