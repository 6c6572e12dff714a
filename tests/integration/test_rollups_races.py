"""Reckoning beside others: no mark is lost, a crash leaves whole windows, and few rows are read."""

import re
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime, timedelta
from typing import Any

import psycopg
import pytest

from local.processes import ROOT
from migrations.roles import with_database
from shared.actions import rollups
from shared.services import Services
from tests.factories import TenantMade, insert_asset, make_tenant
from tests.fixtures.trips import Trip, days_of, insert_trips, rows, run, trip
from tests.world import Clone, World

ADD = """
INSERT INTO trips (tenant_id, source, external_id, asset_id, start_time, end_time)
VALUES (%(tenant_id)s, 'test', gen_random_uuid(), %(asset_id)s, %(start)s, %(start)s::timestamptz + interval '1 hour')
"""
_ANY_TABLE = re.compile(r"Seq Scan on (trips\w*|util_daily|dirty_days)")


@pytest.fixture
def fresh(clone: Clone) -> TenantMade:
    return make_tenant(clone.owner_url, time_zone="America/New_York")


def minutes(services: Services, tenant: TenantMade) -> dict[Any, int]:
    return {key: row["active_us"] // 60_000_000 for key, row in days_of(services, tenant).items()}


def test_a_mark_on_a_day_that_is_being_reckoned_stays(services: Services, fresh: TenantMade) -> None:
    asset_id = insert_asset(services, fresh)
    insert_trips(services, fresh, [trip(asset_id, "2026-05-05T09:00-04:00", "2026-05-05T10:00-04:00")])
    with services.database.transaction(fresh.id) as (tx, _):
        # marks the same day, but nobody sees it yet
        tx.run(ADD, asset_id=asset_id, start="2026-05-05T12:00-04:00")
        assert rollups.catch_up(services, fresh.id) == 1
        assert minutes(services, fresh) == {(asset_id, date(2026, 5, 5)): 60}
    assert rollups.catch_up(services, fresh.id) == 1
    assert minutes(services, fresh) == {(asset_id, date(2026, 5, 5)): 120}
    assert rollups.catch_up(services, fresh.id) == 0


def test_many_write_and_reckon_at_once(services: Services, fresh: TenantMade) -> None:
    assets = [insert_asset(services, fresh) for _ in range(3)]
    first = datetime.fromisoformat("2026-05-04T22:00-04:00")

    def work(worker: int) -> None:
        for step in range(12):
            start = first + timedelta(minutes=80 * step)
            run(services, fresh, ADD, asset_id=assets[(worker + step) % 3], start=start)
            rollups.catch_up(services, fresh.id)

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(work, range(6)))
    rollups.catch_up(services, fresh.id)
    kept = days_of(services, fresh)
    rollups.rebuild(services.database, fresh.id, date(2026, 5, 1), date(2026, 5, 9))
    assert days_of(services, fresh) == kept
    assert sum(row["trips_count"] for row in kept.values()) == 72
    assert sum(row["active_us"] for row in kept.values()) == 3 * 12 * 3_600_000_000


@pytest.mark.slow
def test_a_rebuild_that_is_killed_is_begun_anew(services: Services, clone: Clone, fresh: TenantMade) -> None:
    assets = [insert_asset(services, fresh) for _ in range(60)]
    first = datetime.fromisoformat("2023-01-01T20:00-05:00")
    rows(services, fresh, "SELECT ensure_trip_months('2023-01-01', '2025-01-01')")
    insert_trips(
        services,
        fresh,
        [
            Trip(one, first + timedelta(days=day), first + timedelta(days=day, hours=6), 12.5)
            for one in assets
            for day in range(0, 730, 4)
        ],
    )
    while rollups.reckon_page(services.database, fresh.id):
        pass
    expected = days_of(services, fresh)
    # as if another release had reckoned them
    run(services, fresh, "UPDATE util_daily SET active_us = active_us + 1, active_us_by_hour = '{}'")
    command = [sys.executable, "-m", "tools.rollups", "rebuild", "--tid", fresh.tid, "--database-url", clone.owner_url]
    child = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None
    # the first window is done, and the second one has begun
    while "%" not in child.stdout.readline():
        assert child.poll() is None
    child.kill()
    assert child.wait(60) == -signal.SIGKILL
    child.stdout.close()
    wrong = sum(row["active_us_by_hour"] == [] for row in days_of(services, fresh).values())
    assert 0 < wrong < len(expected)
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True, timeout=120)
    assert days_of(services, fresh) == expected


def test_a_reckoning_reads_no_whole_table(services: Services, clone: Clone, fresh: TenantMade, world: World) -> None:
    """Let the server tell the plans within functions, which only an administrator may ask for."""
    asset_id = insert_asset(services, fresh)
    starts = [f"2026-05-{day:02}T09:00-04:00" for day in range(1, 29)]
    insert_trips(services, fresh, [trip(asset_id, one, one.replace("T09", "T10")) for one in starts])
    told: list[str] = []
    with psycopg.connect(with_database(world.admin_url, clone.name), autocommit=True) as admin:
        admin.add_notice_handler(lambda notice: told.append(str(notice.message_primary)))
        admin.execute("LOAD 'auto_explain'")
        for name, value in {
            "auto_explain.log_min_duration": "0",
            "auto_explain.log_nested_statements": "on",
            "auto_explain.log_level": "notice",
            "client_min_messages": "notice",
            "motorpool.tenant_id": str(fresh.id),
        }.items():
            admin.execute("SELECT set_config(%s, %s, false)", [name, value])
        admin.execute("SET ROLE motorpool_app")
        (row,) = admin.execute("SELECT days FROM reckon_days(%s, 10)", [fresh.id]).fetchall()
    assert row == (10,)
    plans = "\n".join(told)
    assert "Insert on util_daily" in plans
    assert re.search(r"Index (Only )?Scan (using|on) trips\w*_(asset_id|tenant_id)\w*", plans) or "Bitmap" in plans
    assert _ANY_TABLE.findall(plans) == []
    # joined mark by mark, many would be planned as if there were few as long as no statistics tell
    (taking,) = re.findall(r"^  CTE gone\n((?:    .*\n)+)", plans, re.MULTILINE)
    assert "Delete on dirty_days" in taking
    assert re.findall(r"Nested Loop|\w+ Join", taking) == []


def test_whoever_cannot_reckon_now_leaves_the_marks(services: Services, clone: Clone, fresh: TenantMade) -> None:
    asset_id = insert_asset(services, fresh)
    insert_trips(services, fresh, [trip(asset_id, "2026-05-05T09:00-04:00", "2026-05-05T10:00-04:00")])
    with psycopg.connect(clone.owner_url) as owner:
        owner.execute("SELECT lock_rollups(%s)", [fresh.id])
        began = time.monotonic()
        assert rollups.catch_up(services, fresh.id) == 0
        assert time.monotonic() - began < 60
    assert rollups.reckon_dirty_days(services) >= 1
    assert minutes(services, fresh) == {(asset_id, date(2026, 5, 5)): 60}
