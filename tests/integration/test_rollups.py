"""Days of assets: reckoned from trips, whatever the clocks do and however the trips come."""

from datetime import date

from shared.actions import rollups
from shared.services import Services
from tests.factories import TenantMade, insert_asset
from tests.fixtures.trips import days_of, insert_trips, rows, run, trip

VIEW = "SELECT * FROM vw_asset_daily_utilization WHERE date BETWEEN %(first)s AND %(last)s ORDER BY asset_id, date"


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
    told = [(row["asset_id"], str(row["date"]), row["total_active_minutes"], row["total_miles"]) for row in found]
    assert told == [
        (used, "2026-03-07", 120, 20),
        (used, "2026-03-08", 300, 50),
        (unused, "2026-03-07", 0, 0),
        (unused, "2026-03-08", 0, 0),
    ]
    days = days_of(services, tenant)
    first, second = days[used, date(2026, 3, 7)], days[used, date(2026, 3, 8)]
    assert (first["service_minutes"], second["service_minutes"]) == (1_440, 1_380)
    assert (first["trips_count"], second["trips_count"]) == (2, 0)
    assert first["trips_without_distance"] == 1
    hours = [us // 60_000_000 for us in second["active_us_by_hour"]]
    assert hours == [60, 60, 0, 60, 60, 60] + [0] * 18
    assert rows(services, tenant, "SELECT refresh_asset_analytics() AS days") == [{"days": 0}]
    assert run(services, tenant, "UPDATE trips SET end_time = end_time + interval '1 minute'") == 2
    assert rows(services, tenant, "SELECT refresh_asset_analytics() AS days") == [{"days": 2}]
