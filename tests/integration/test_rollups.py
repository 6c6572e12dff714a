"""Days of assets: reckoned from trips, whatever the clocks do, and however the trips come and change."""

from datetime import date
from typing import Any

import psycopg
import pytest

from shared.actions import rollups
from shared.services import Services
from tests.factories import TenantMade, insert_asset, make_tenant
from tests.fixtures.trips import days_of, insert_trips, rows, run, trip
from tests.world import Clone

VIEW = "SELECT * FROM vw_asset_daily_utilization WHERE date BETWEEN %(first)s AND %(last)s ORDER BY asset_id, date"
COLUMNS = [
    "asset_id",
    "asset_name",
    "asset_type",
    "date",
    "trips_count",
    "total_active_minutes",
    "utilization_percentage",
    "total_miles",
    "total_fuel_gallons",
]


@pytest.fixture
def fresh(clone: Clone) -> TenantMade:
    return make_tenant(clone.owner_url, time_zone="America/New_York")


def active(services: Services, tenant: TenantMade) -> dict[tuple[int, str], tuple[float, int]]:
    """Answer minutes and trips of every day that is kept."""
    return {
        (asset_id, str(day)): (row["active_us"] / 60_000_000, row["trips_count"])
        for (asset_id, day), row in days_of(services, tenant).items()
    }


def test_trips_over_midnight_and_the_change_to_summer_time(services: Services, tenant: TenantMade) -> None:
    used, unused = (insert_asset(services, tenant, in_service_on="2026-01-01") for _ in range(2))
    insert_trips(
        services,
        tenant,
        [
            trip(used, "2026-03-07T22:00-05:00", "2026-03-08T06:00-04:00", 70),
            trip(used, "2026-03-07T23:00-05:00", "2026-03-08T01:00-05:00"),
        ],
    )
    assert rollups.catch_up(services, tenant.id) == 2
    found = rows(services, tenant, VIEW, first="2026-03-07", last="2026-03-08")
    assert [*found[0]] == COLUMNS
    told = [(row["asset_id"], str(row["date"]), row["total_active_minutes"], row["total_miles"]) for row in found]
    assert told == [
        (used, "2026-03-07", 120, 20),
        (used, "2026-03-08", 300, 50),
        (unused, "2026-03-07", 0, 0),
        (unused, "2026-03-08", 0, 0),
    ]
    assert [str(row["utilization_percentage"]) for row in found[:2]] == ["8.33", "21.74"]
    days = days_of(services, tenant)
    first, second = days[used, date(2026, 3, 7)], days[used, date(2026, 3, 8)]
    assert (first["service_minutes"], second["service_minutes"]) == (1_440, 1_380)
    assert (first["trips_count"], second["trips_count"]) == (2, 0)
    assert first["trips_without_distance"] == 1
    hours = [us // 60_000_000 for us in second["active_us_by_hour"]]
    assert hours == [60, 60, 0, 60, 60, 60] + [0] * 18


def test_the_hour_that_comes_twice_counts_twice(services: Services, fresh: TenantMade) -> None:
    asset_id = insert_asset(services, fresh)
    insert_trips(services, fresh, [trip(asset_id, "2026-11-01T00:30-04:00", "2026-11-01T02:30-05:00")])
    rollups.catch_up(services, fresh.id)
    day = days_of(services, fresh)[asset_id, date(2026, 11, 1)]
    assert [us // 60_000_000 for us in day["active_us_by_hour"][:4]] == [30, 120, 30, 0]
    assert (day["active_us"] // 60_000_000, day["service_minutes"]) == (180, 1_500)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ("DELETE FROM trips", {}),
        ("UPDATE trips SET end_time = start_time + interval '15 minutes'", {("a", "2026-05-05"): (15, 1)}),
        ("UPDATE trips SET distance_miles = 3", {("a", "2026-05-05"): (60, 1)}),
        ("UPDATE trips SET asset_id = %(other)s", {("b", "2026-05-05"): (60, 1)}),
        (
            "UPDATE trips SET start_time = start_time - interval '70 days', end_time = end_time - interval '70 days'",
            {("a", "2026-02-24"): (60, 1)},
        ),
    ],
    ids=["deleted", "shorter", "farther", "another asset", "another month"],
)
def test_changed_trips_change_their_days(
    services: Services, fresh: TenantMade, change: str, expected: dict[Any, Any]
) -> None:
    first, other = insert_asset(services, fresh), insert_asset(services, fresh)
    # by the months of trips, the last of these changes moves its row to another table
    rows(services, fresh, "SELECT ensure_trip_months('2026-02-01', '2026-05-31')")
    insert_trips(services, fresh, [trip(first, "2026-05-05T09:00-04:00", "2026-05-05T10:00-04:00", 7)])
    rollups.catch_up(services, fresh.id)
    assert active(services, fresh) == {(first, "2026-05-05"): (60, 1)}
    assert run(services, fresh, change, other=other) == 1
    rollups.catch_up(services, fresh.id)
    assert active(services, fresh) == {
        ({"a": first, "b": other}[name], day): told for (name, day), told in expected.items()
    }
    fleet = rows(services, fresh, "SELECT sum(active_us) AS us, sum(active_assets) AS n FROM fleet_daily")
    assert (fleet[0]["us"] or 0) == sum(60_000_000 * minutes for minutes, _ in expected.values())
    assert (fleet[0]["n"] or 0) == len(expected)


def test_a_trip_of_weeks_is_found_from_any_of_its_days(services: Services, fresh: TenantMade) -> None:
    asset_id = insert_asset(services, fresh)
    insert_trips(services, fresh, [trip(asset_id, "2026-05-01T12:00-04:00", "2026-05-21T12:00-04:00", 2_000)])
    rollups.catch_up(services, fresh.id)
    # a short one in the middle marks one day only, which is still busy from end to end
    insert_trips(services, fresh, [trip(asset_id, "2026-05-11T12:00-04:00", "2026-05-11T13:00-04:00", 1)])
    assert rollups.catch_up(services, fresh.id) == 1
    days = days_of(services, fresh)
    assert len(days) == 21
    assert days[asset_id, date(2026, 5, 11)]["active_us"] == 86_400_000_000
    assert sum(row["miles_e6"] for row in days.values()) == 2_001_000_000


def test_measures_that_nobody_can_mean_stop_no_fleet(services: Services, fresh: TenantMade) -> None:
    asset_id = insert_asset(services, fresh)
    start, end = "2026-05-05T09:00-04:00", "2026-05-05T10:00-04:00"
    odd = [float("nan"), float("inf"), 1e300, 12.5]
    insert_trips(services, fresh, [trip(asset_id, start, end, one, one, one) for one in odd])
    assert rollups.catch_up(services, fresh.id) == 1
    day = days_of(services, fresh)[asset_id, date(2026, 5, 5)]
    assert (day["miles_e6"], day["fuel_e6"], day["engine_idle_us"]) == (12_500_000, 12_500_000, 750_000_000)
    assert (day["trips_count"], day["trips_without_distance"]) == (4, 3)


def test_metrics_are_told_without_figures(services: Services, fresh: TenantMade) -> None:
    assets = [insert_asset(services, fresh, purchase_price="12345.60") for _ in range(2)]
    insert_trips(services, fresh, [trip(one, "2026-05-04T23:00-04:00", "2026-05-05T01:00-04:00", 7) for one in assets])
    rollups.catch_up(services, fresh.id)
    (told,) = rows(services, fresh, "SELECT * FROM websocket_events")
    (state,) = rows(services, fresh, "SELECT * FROM analytics_state")
    assert (told["event_type"], told["resource_type"], told["resource_id"]) == ("METRICS_UPDATED", "analytics", "fleet")
    expected = {"from": "2026-05-04", "to": "2026-05-05", "asset_count": 2, "version": state["version"]}
    assert told["payload"] == expected
    assert rollups.catch_up(services, fresh.id) == 0
    assert len(rows(services, fresh, "SELECT 1 AS one FROM websocket_events")) == 1


def test_a_scheduler_without_a_tenant_reckons_for_all(services: Services, clone: Clone) -> None:
    tenants = [make_tenant(clone.owner_url) for _ in range(2)]
    for one in tenants:
        asset_id = insert_asset(services, one)
        insert_trips(services, one, [trip(asset_id, "2026-05-05T09:00-04:00", "2026-05-05T10:00-04:00")])
    with psycopg.connect(clone.owner_url) as owner:
        ((count,),) = owner.execute("SELECT refresh_asset_analytics()").fetchall()
    assert count >= 2
    assert [len(days_of(services, one)) for one in tenants] == [1, 1]
