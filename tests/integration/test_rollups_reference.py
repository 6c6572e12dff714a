"""The days of assets beside the same in plain Python: the demo's tenants, and made ones wherever clocks are changed."""

import random
from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import psycopg
import pytest

from local.demo import load
from local.people import ACME, GLOBEX
from shared.actions import rollups
from shared.services import Services
from tests.factories import TenantMade, insert_asset, make_tenant
from tests.fixtures.reckoning import Habits, Sum, day_minutes, reckon
from tests.fixtures.trips import Trip, days_of, insert_trips, rows, run
from tests.world import Clone

MEASURES = tuple(Sum.__dataclass_fields__)
TRIPS = f"SELECT {', '.join(Trip._fields)} FROM trips WHERE tenant_id = %(tenant_id)s"  # noqa: S608 - names from the tests
# clocks are changed by an hour, by half an hour, at midnight, and never; in New York and Berlin twice within these days
ZONES = {
    "America/New_York": [date(2026, 3, 8), date(2026, 11, 1)],
    "Europe/Berlin": [date(2026, 3, 29), date(2026, 10, 25)],
    "Australia/Lord_Howe": [date(2026, 4, 5), date(2026, 10, 4)],
    "America/Havana": [date(2026, 3, 8), date(2026, 11, 1)],
    "Asia/Kathmandu": [date(2026, 3, 8)],
    "Pacific/Apia": [date(2011, 12, 30)],
}


def made(services: Services, tenant: TenantMade) -> dict[Any, Sum]:
    """Answer the reckoned days in the form of the plain ones."""
    return {key: Sum(**{name: row[name] for name in MEASURES}) for key, row in days_of(services, tenant).items()}


def trips_of(services: Services, tenant: TenantMade) -> list[Trip]:
    return [Trip(**row) for row in rows(services, tenant, TRIPS)]


def some_trips(chance: random.Random, assets: list[int], around: date, count: int) -> Iterable[Trip]:
    """Yield trips of minutes to days, many at once, some exactly from hour to hour."""
    opens = datetime.combine(around, time(), UTC) - timedelta(days=2)
    for _ in range(count):
        step = chance.choice([timedelta(hours=1), timedelta(minutes=1), timedelta(microseconds=1)])
        start = opens + step * int(chance.random() * (timedelta(days=4) / step))
        length = step * max(1, int(chance.paretovariate(1.1) * timedelta(minutes=40) / step))
        miles, gallons, idle = (chance.choice([None, round(chance.uniform(0, 300), 3)]) for _ in range(3))
        yield Trip(chance.choice(assets), start, start + min(length, timedelta(days=3)), miles, gallons, idle)


@pytest.fixture(scope="module")
def demo(clone: Clone) -> list[tuple[TenantMade, ZoneInfo]]:
    load(clone.owner_url, lambda _: None, date(2026, 11, 22))
    with psycopg.connect(clone.owner_url) as owner:
        owner.execute("SELECT set_config('motorpool.sweep', 'on', true)")
        found = owner.execute("SELECT id, tid, name, time_zone FROM tenants").fetchall()
    return [(TenantMade(*row[:3]), ZoneInfo(row[3])) for row in found if row[1] in {ACME.tid, GLOBEX.tid}]


def test_demo(services: Services, demo: list[tuple[TenantMade, ZoneInfo]]) -> None:
    assert len(demo) == 2
    for tenant, zone in demo:
        rollups.catch_up(services, tenant.id)
        expected = reckon(trips_of(services, tenant), Habits(zone))
        assert len(expected) > 500
        assert made(services, tenant) == expected


@pytest.mark.parametrize("zone", ZONES)
def test_days_on_which_clocks_are_changed(services: Services, clone: Clone, zone: str) -> None:
    tenant = make_tenant(clone.owner_url, zone, time_zone=zone, shift_start="22:00", shift_end="06:30")
    habits = Habits(ZoneInfo(zone), time(22), time(6, 30))
    assets = [insert_asset(services, tenant) for _ in range(6)]
    for changed in ZONES[zone]:
        chance = random.Random(zone)
        insert_trips(services, tenant, some_trips(chance, assets, changed, 120))
        rollups.catch_up(services, tenant.id)
        assert made(services, tenant) == reckon(trips_of(services, tenant), habits)
        for (_, day), row in days_of(services, tenant).items():
            assert row["active_us"] <= row["service_minutes"] * 60_000_000
            assert row["shift_active_us"] <= row["shift_minutes"] * 60_000_000
            assert row["service_minutes"] == day_minutes(day, habits.zone)


def test_another_zone_moves_every_trip(services: Services, clone: Clone) -> None:
    tenant = make_tenant(clone.owner_url, time_zone="Europe/Berlin")
    asset_id = insert_asset(services, tenant)
    insert_trips(services, tenant, some_trips(random.Random(7), [asset_id], date(2026, 5, 5), 60))
    rollups.catch_up(services, tenant.id)
    with psycopg.connect(clone.owner_url) as owner:
        owner.execute("SELECT set_config('motorpool.tid', %s, true)", [tenant.tid])
        owner.execute("UPDATE tenants SET time_zone = 'Pacific/Auckland', shift_start = '00:00', shift_end = '24:00'")
    assert rollups.catch_up(services, tenant.id) > 0
    expected = reckon(trips_of(services, tenant), Habits(ZoneInfo("Pacific/Auckland"), time(0), time(0)))
    assert made(services, tenant) == expected
    assert run(services, tenant, "DELETE FROM dirty_days") == 0
