"""What an asset could have been used: its days in service, by the clocks of its tenant; and when reports are old."""

from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import psycopg
import pytest

from shared.actions import rollups
from shared.services import Services
from tests.factories import TenantMade, insert_asset, make_tenant
from tests.fixtures.elsewhere import TODAY, ZONE
from tests.fixtures.reckoning import day_minutes
from tests.fixtures.trips import Trip, days_of, insert_trips, rows, run, trip
from tests.world import Clone

FLEET = "SELECT * FROM fleet_service(%(tenant_id)s, %(first)s, %(last)s, %(type)s, %(asset_id)s)"
ASSETS = "SELECT * FROM asset_service(%(tenant_id)s, %(first)s, %(last)s)"
VERSION = "SELECT version FROM analytics_state WHERE tenant_id = %(tenant_id)s"
SPRING = {"first": date(2026, 3, 1), "last": date(2026, 3, 31)}


@pytest.fixture
def fresh(clone: Clone) -> TenantMade:
    return make_tenant(clone.owner_url, time_zone="America/New_York")


def version(services: Services, tenant: TenantMade) -> int:
    found = rows(services, tenant, VERSION)
    return int(found[0]["version"]) if found else 0


def test_days_in_service_are_counted_from_the_first_to_before_the_last(services: Services, fresh: TenantMade) -> None:
    ahead = TODAY + timedelta(days=3)
    made = {
        insert_asset(services, fresh, **papers): expected
        for papers, expected in (
            ({"in_service_on": "2026-03-07", "purchase_date": "2025-01-01", "disposed_on": "2026-03-09"}, 2),
            ({"purchase_date": "2026-03-30"}, 2),
            ({"purchase_date": "2020-01-01"}, 31),
            ({"in_service_on": "2026-03-05", "disposed_on": "2026-03-05"}, 0),
            ({"purchase_date": ahead.isoformat()}, 0),
            ({}, 0),
        )
    }
    found = {row["asset_id"]: row for row in rows(services, fresh, ASSETS, **SPRING)}
    assert {asset_id: row["service_days"] for asset_id, row in found.items()} == made
    first, *_ = made
    assert found[first]["service_minutes"] == 1_440 + 1_380
    # a Saturday and a Sunday
    assert found[first]["shift_minutes"] == 0
    whole = next(row for row in found.values() if row["service_days"] == 31)
    assert (whole["service_minutes"], whole["shift_minutes"]) == (31 * 1_440 - 60, 22 * 600)


def test_the_fleet_is_the_sum_of_its_assets(services: Services, fresh: TenantMade) -> None:
    papers: list[dict[str, Any]] = [
        {"purchase_date": "2026-03-03"},
        {"purchase_date": "2026-03-03", "asset_type": "truck"},
        {"purchase_date": "2026-01-03", "disposed_on": "2026-03-20"},
        {"purchase_date": "2026-04-03"},
    ]
    assets = [insert_asset(services, fresh, **one) for one in papers]
    every = rows(services, fresh, FLEET, **SPRING, type=None, asset_id=None)
    assert [row["day"] for row in every] == [SPRING["first"] + timedelta(days=n) for n in range(31)]
    assert [row["assets"] for row in every] == [1] * 2 + [3] * 17 + [2] * 12
    zone = ZoneInfo("America/New_York")
    assert [row["service_minutes"] for row in every] == [row["assets"] * day_minutes(row["day"], zone) for row in every]
    of_assets = rows(services, fresh, ASSETS, **SPRING)
    for name in ("service_minutes", "shift_minutes"):
        assert sum(row[name] for row in every) == sum(row[name] for row in of_assets)
    trucks = rows(services, fresh, FLEET, **SPRING, type="truck", asset_id=None)
    assert [row["assets"] for row in trucks] == [0] * 2 + [1] * 29
    alone = rows(services, fresh, FLEET, **SPRING, type=None, asset_id=assets[2])
    assert [row["assets"] for row in alone] == [1] * 19 + [0] * 12


def test_without_papers_service_begins_with_the_first_use(services: Services, fresh: TenantMade) -> None:
    asset_id = insert_asset(services, fresh)
    insert_trips(services, fresh, [trip(asset_id, "2026-03-10T09:00-04:00", "2026-03-10T10:00-04:00")])
    rollups.catch_up(services, fresh.id)
    assert [row["service_days"] for row in rows(services, fresh, ASSETS, **SPRING)] == [22]
    run(services, fresh, "DELETE FROM trips")
    rollups.catch_up(services, fresh.id)
    assert [row["service_days"] for row in rows(services, fresh, ASSETS, **SPRING)] == [0]


def test_what_happens_out_of_service_is_kept_and_counts_for_nothing(services: Services, fresh: TenantMade) -> None:
    asset_id = insert_asset(services, fresh, purchase_date="2026-03-01")
    insert_trips(services, fresh, [trip(asset_id, "2026-03-10T09:00-04:00", "2026-03-10T10:00-04:00", 7)])
    rollups.catch_up(services, fresh.id)
    fleet = "SELECT asset_type, active_assets, active_us / 60000000 AS minutes FROM fleet_daily"
    assert rows(services, fresh, fleet) == [{"asset_type": "van", "active_assets": 1, "minutes": 60}]
    run(services, fresh, "UPDATE assets SET disposed_on = '2026-03-10'")
    assert rollups.catch_up(services, fresh.id) == 1
    assert rows(services, fresh, fleet) == []
    day = days_of(services, fresh)[asset_id, date(2026, 3, 10)]
    assert (day["service_minutes"], day["active_us"], day["miles_e6"]) == (0, 3_600_000_000, 7_000_000)
    assert rows(services, fresh, "SELECT 1 AS one FROM vw_asset_daily_utilization WHERE date = '2026-03-10'") == []


def test_another_type_moves_the_days_of_an_asset(services: Services, fresh: TenantMade) -> None:
    asset_id = insert_asset(services, fresh, purchase_date="2026-03-01")
    insert_trips(services, fresh, [trip(asset_id, "2026-03-10T09:00-04:00", "2026-03-10T10:00-04:00", 7)])
    rollups.catch_up(services, fresh.id)
    run(services, fresh, "UPDATE assets SET asset_type = 'truck'")
    rollups.catch_up(services, fresh.id)
    assert rows(services, fresh, "SELECT asset_type FROM fleet_daily") == [{"asset_type": "truck"}]


def test_a_day_that_lay_ahead_counts_when_it_comes(services: Services, clone: Clone) -> None:
    there = make_tenant(clone.owner_url, time_zone=ZONE)
    asset_id = insert_asset(services, there, purchase_date="2026-03-01")
    opens = datetime.combine(TODAY, time(), ZoneInfo(ZONE))
    insert_trips(services, there, [Trip(asset_id, opens, opens + timedelta(hours=20))])
    rollups.catch_up(services, there.id)
    # as it was reckoned while it lay ahead
    run(services, there, "UPDATE util_daily SET service_minutes = 0 WHERE day = %(day)s", day=TODAY)
    run(services, there, "UPDATE analytics_state SET rolled_over_on = %(day)s::date - 1", day=TODAY)
    before = version(services, there)
    assert rollups.roll_over_days(services) >= 1
    assert days_of(services, there)[asset_id, TODAY]["service_minutes"] == 1_440
    after = version(services, there)
    assert after > before
    rollups.roll_over_days(services)
    assert version(services, there) == after


SHOWN = {
    "value": "UPDATE assets SET current_value = 5",
    "name": "UPDATE assets SET asset_name = 'Blue van'",
    "price": "INSERT INTO fuel_prices (tenant_id, fuel_type, valid_from, price_per_gallon) "
    "VALUES (%(tenant_id)s, 'diesel', '2026-01-01', 3)",
    "revenue": "INSERT INTO revenue_entries (tenant_id, source, external_id, asset_id, amount, earned_on) "
    "SELECT tenant_id, 'test', id::text, id, 5, '2026-01-01' FROM assets",
}
NOT_SHOWN = {
    "custody": "UPDATE assets SET status = 'checked_out', odometer_miles = 7, latitude = 1, longitude = 1",
    "people": "UPDATE users SET name = name",
}


@pytest.mark.parametrize("what", [*SHOWN, *NOT_SHOWN])
def test_a_report_is_old_when_what_it_shows_has_changed(services: Services, fresh: TenantMade, what: str) -> None:
    insert_asset(services, fresh)
    before = version(services, fresh)
    run(services, fresh, {**SHOWN, **NOT_SHOWN}[what])
    assert (version(services, fresh) > before) is (what in SHOWN)
    assert rows(services, fresh, "SELECT 1 AS one FROM analytics_touches") == []


def test_whoever_loads_for_long_keeps_nobody_waiting(services: Services, fresh: TenantMade) -> None:
    insert_asset(services, fresh)
    before = version(services, fresh)
    price = (
        "INSERT INTO fuel_prices (tenant_id, fuel_type, valid_from, price_per_gallon) "
        "VALUES (%(tenant_id)s, 'diesel', %(day)s, 3)"
    )
    with services.database.transaction(fresh.id) as (tx, _):
        tx.run(price, day="2026-01-01")
        run(services, fresh, price, day="2026-02-01")
        assert version(services, fresh) == before + 1
    assert version(services, fresh) == before + 2


def test_an_operator_changes_the_settings_of_a_tenant(services: Services, clone: Clone, fresh: TenantMade) -> None:
    asset_id = insert_asset(services, fresh, purchase_date="2026-03-01")
    insert_trips(services, fresh, [trip(asset_id, "2026-03-10T06:00-04:00", "2026-03-10T09:00-04:00")])
    rollups.catch_up(services, fresh.id)
    before = version(services, fresh)
    with psycopg.connect(clone.owner_url) as owner:
        owner.execute("SELECT set_config('motorpool.tid', %s, true)", [fresh.tid])
        owner.execute("UPDATE tenants SET shift_start = '07:00' WHERE tid = %s", [fresh.tid])
        assert owner.execute("SELECT current_setting('motorpool.tenant_id', true)").fetchone() == ("",)
    assert version(services, fresh) > before
    assert rollups.catch_up(services, fresh.id) == 1
    assert days_of(services, fresh)[asset_id, date(2026, 3, 10)]["shift_active_us"] == 7_200_000_000
