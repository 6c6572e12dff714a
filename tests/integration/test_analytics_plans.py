"""How reports are read: the fleet's days from its pre-sums, an asset's and a period's by their index."""

import re
from datetime import UTC, date, datetime
from typing import Any

import psycopg
import pytest

from shared.services import Services
from shared.store.queries import statements
from tests.factories import TenantMade
from tests.fixtures.trips import rows, run
from tests.world import Clone

ASSETS, DAYS = 200, 200
FLEET = """
INSERT INTO assets (tenant_id, asset_tag, asset_name, asset_type, in_service_on, created_at)
SELECT %(tenant_id)s, 'T' || n, 'Asset ' || n, (ARRAY['van', 'car', 'truck'])[1 + n %% 3], '2024-01-01', '2024-01-01'
FROM generate_series(1, %(assets)s) AS n
"""
USED = """
INSERT INTO util_daily
SELECT %(tenant_id)s, a.id, '2025-01-01'::date + n, 3, 0, 18000000000, 17000000000, 0, 50000000, 2000000, 1440, 600,
    array_fill(750000000::bigint, ARRAY[24])
FROM assets AS a CROSS JOIN generate_series(0, %(days)s - 1) AS n
WHERE a.tenant_id = %(tenant_id)s
"""
WEEKS = """
SELECT sum_weeks(u.tenant_id, array_agg(u.asset_id), array_agg(u.day))
FROM util_daily AS u
WHERE u.tenant_id = %(tenant_id)s
GROUP BY u.tenant_id
"""
SUMMED = """
INSERT INTO fleet_daily
SELECT u.tenant_id, a.asset_type, u.day, count(*), sum(u.trips_count), sum(u.active_us), sum(u.shift_active_us), 0,
    sum(u.miles_e6), sum(u.fuel_e6), array_fill(750000000::bigint, ARRAY[24])
FROM util_daily AS u
INNER JOIN assets AS a ON a.tenant_id = u.tenant_id AND a.id = u.asset_id
WHERE u.tenant_id = %(tenant_id)s
GROUP BY u.tenant_id, a.asset_type, u.day
"""
MONTH = {
    "lead_from": date(2025, 5, 5),
    "froms": [date(2025, 5, 5)],
    "tos": [date(2025, 6, 30)],
    "date_from": date(2025, 6, 1),
    "date_to": date(2025, 6, 30),
    "asset_type": None,
    "asset_id": None,
    "base": "calendar",
}
IDLE = {"today": date(2025, 9, 1), "now": datetime(2025, 9, 1, tzinfo=UTC), "min_days": 7, "most": 5000}


@pytest.fixture(scope="module")
def asset_id(services: Services, clone: Clone, tenant: TenantMade) -> int:
    """Fill a fleet's days, and answer one of its assets."""
    run(services, tenant, FLEET, assets=ASSETS)
    run(services, tenant, USED, days=DAYS)
    run(services, tenant, WEEKS)
    run(services, tenant, SUMMED)
    with psycopg.connect(clone.owner_url, autocommit=True) as owner:
        for table in ("assets", "util_daily", "util_weekly", "fleet_daily"):
            owner.execute(f"ANALYZE {table}".encode())
    return int(rows(services, tenant, "SELECT min(id) AS id FROM assets WHERE tenant_id = %(tenant_id)s")[0]["id"])


def plan_of(services: Services, tenant: TenantMade, noun: str, name: str, **asked: Any) -> str:
    explained: Any = "EXPLAIN (ANALYZE, BUFFERS OFF, TIMING OFF) " + statements(noun)[name]
    return "\n".join(row["QUERY PLAN"] for row in rows(services, tenant, explained, **asked))


def most_rows(plan: str) -> int:
    """Answer the most rows that any step came to, over all its loops."""
    found = re.findall(r"actual rows=([\d.]+) loops=(\d+)", plan)
    return round(max(float(count) * int(loops) for count, loops in found))


@pytest.mark.parametrize("name", ["list_days", "list_hours"])
@pytest.mark.parametrize("kind", [None, "van"])
def test_the_fleets_days_come_from_its_pre_sums(
    services: Services, tenant: TenantMade, asset_id: int, name: str, kind: str | None
) -> None:
    plan = plan_of(services, tenant, "analytics", name, **{**MONTH, "asset_type": kind})
    assert asset_id
    assert "fleet_daily" in plan
    assert "on util_daily" not in plan
    # the fleet is looked through once, for who is in service
    assert most_rows(plan) <= max(2 * ASSETS, 30 * 3 * 24)


@pytest.mark.parametrize("name", ["list_days", "list_hours"])
def test_an_assets_days_come_by_its_key(services: Services, tenant: TenantMade, asset_id: int, name: str) -> None:
    plan = plan_of(services, tenant, "analytics", name, **{**MONTH, "asset_id": asset_id})
    assert "util_daily_pkey" in plan
    assert "Scan using fleet_daily" not in plan
    assert not re.search(r"Seq Scan on (util|fleet)_daily", plan)
    assert most_rows(plan) <= max(2 * ASSETS, 30 * 24)


@pytest.mark.parametrize("last", [30, 29])
def test_a_ranking_reads_its_weeks_and_the_days_at_its_ends(
    services: Services, tenant: TenantMade, asset_id: int, last: int
) -> None:
    plan = plan_of(services, tenant, "analytics", "list_assets_used", **{**MONTH, "date_to": date(2025, 6, last)})
    assert asset_id
    assert "util_daily_day_idx" in plan
    assert "Seq Scan on util_daily" not in plan
    # the first is a Sunday, the last a Monday, and both are weeks of their own
    assert most_rows(plan) == 6 * ASSETS - (30 - last) * ASSETS


@pytest.mark.parametrize("name", ["list_idle_assets", "open_spells", "count_idle_assets"])
def test_idle_assets_are_found_by_their_last_day(
    services: Services, tenant: TenantMade, asset_id: int, name: str
) -> None:
    plan = plan_of(services, tenant, "idle_assets", name, asset_type=None, **IDLE)
    assert asset_id
    assert "util_daily_pkey" in plan
    assert "custody_newest_first_idx" in plan
    assert not re.search(r"Seq Scan on (util_daily|asset_checkout_history|trips)", plan)
    # a filter would read all trips of each asset
    assert re.search(r"Index Cond: .*start_time >=", plan)
    assert not re.search(r"Filter: .*start_time >=", plan)
    assert most_rows(plan) <= 2 * ASSETS


def test_one_asset_is_looked_at_alone(services: Services, tenant: TenantMade, asset_id: int) -> None:
    plan = plan_of(services, tenant, "idle_assets", "find_idle_asset", asset_type=None, asset_id=asset_id, **IDLE)
    assert "util_daily_pkey" in plan
    assert most_rows(plan) <= 2
