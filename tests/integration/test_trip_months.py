"""The months of trips: made by the application, which owns no table, without a row lost or shown to others."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest

from tests.factories import TenantMade


@pytest.fixture
def application(database_url: str) -> Iterator[psycopg.Connection]:
    with psycopg.connect(database_url, autocommit=True) as connection:
        yield connection


def record_trip(connection: psycopg.Connection, tenant: TenantMade, start: str) -> None:
    with connection.transaction():
        connection.execute("SELECT set_config('motorpool.tenant_id', %s, true)", [str(tenant.id)])
        connection.execute(
            "WITH made AS (INSERT INTO assets (tenant_id, asset_tag, asset_name, asset_type) "
            "VALUES (%(tenant)s, %(start)s, 'Van', 'van') RETURNING id) "
            "INSERT INTO trips (tenant_id, source, external_id, asset_id, start_time, end_time) "
            "SELECT %(tenant)s, 'test', %(start)s, id, s.start, s.start + interval '1 hour' "
            "FROM made, CAST(%(start)s AS timestamptz) AS s (start)",
            {"tenant": tenant.id, "start": start},
        )


def homes(connection: psycopg.Connection, tenant: TenantMade, start: str) -> list[str]:
    with connection.transaction():
        connection.execute("SELECT set_config('motorpool.tenant_id', %s, true)", [str(tenant.id)])
        rows = connection.execute("SELECT tableoid::regclass::text FROM trips WHERE external_id = %s", [start])
        return [name for (name,) in rows]


def ensure(connection: psycopg.Connection, first: str | None, last: str) -> int:
    ((made,),) = connection.execute("SELECT ensure_trip_months(%s, %s)", [first, last]).fetchall()
    return int(made)


def test_months_are_made_once(application: psycopg.Connection, tenant: TenantMade) -> None:
    assert ensure(application, "2023-11-30", "2024-02-01") == 4
    assert ensure(application, "2023-11-01", "2024-02-29") == 0
    record_trip(application, tenant, "2024-02-29 23:59:59+00")
    assert homes(application, tenant, "2024-02-29 23:59:59+00") == ["trips_2024_02"]


def test_what_came_before_its_month_moves_there_for_every_tenant(
    application: psycopg.Connection, tenant: TenantMade, other_tenant: TenantMade
) -> None:
    first, after = "2022-05-01 00:00:00+00", "2022-06-01 00:00:00+00"
    for of in (tenant, other_tenant):
        record_trip(application, of, first)
        record_trip(application, of, after)
        assert homes(application, of, first) == ["trips_other"]
    assert ensure(application, "2022-05-15", "2022-05-15") == 1
    for of in (tenant, other_tenant):
        assert homes(application, of, first) == ["trips_2022_05"]
        assert homes(application, of, after) == ["trips_other"]


def test_a_month_shows_nobody_anothers_trips(
    application: psycopg.Connection, tenant: TenantMade, other_tenant: TenantMade, owner_url: str
) -> None:
    ensure(application, "2021-03-01", "2021-03-01")
    record_trip(application, tenant, "2021-03-05 12:00:00+00")
    with psycopg.connect(owner_url) as owner:
        for connection in (application, owner):
            with connection.transaction():
                connection.execute("SELECT set_config('motorpool.tenant_id', %s, true)", [str(other_tenant.id)])
                assert connection.execute("SELECT count(*) FROM trips_2021_03").fetchall() == [(0,)]
        forced = owner.execute("SELECT relforcerowsecurity FROM pg_class WHERE relname LIKE 'trips%' AND relkind = 'r'")
        assert {row for (row,) in forced} == {True}


def test_two_at_once_make_it_once(database_url: str) -> None:
    def make(_: int) -> int:
        with psycopg.connect(database_url) as connection:
            return ensure(connection, "2020-01-01", "2020-12-31")

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(make, range(4))) == [0, 0, 0, 12]


@pytest.mark.parametrize(
    ("first", "last"), [("2026-05-01", "2026-04-30"), (None, "2026-04-30"), ("1926-01-01", "2026-01-01")]
)
def test_slips_in_dates_are_refused(application: psycopg.Connection, first: str | None, last: str) -> None:
    with pytest.raises(psycopg.errors.CheckViolation) as refused:
        ensure(application, first, last)
    assert refused.value.diag.constraint_name == "trip_months_are_in_order_and_few"


def test_a_session_in_another_time_zone_makes_the_same_months(application: psycopg.Connection) -> None:
    application.execute("SET timezone = 'Pacific/Auckland'")
    ensure(application, "2019-07-01", "2019-07-01")
    application.execute("SET timezone = 'UTC'")
    found = application.execute(
        "SELECT pg_get_expr(relpartbound, oid) FROM pg_class WHERE relname = 'trips_2019_07'"
    ).fetchall()
    assert found == [("FOR VALUES FROM ('2019-07-01 00:00:00+00') TO ('2019-08-01 00:00:00+00')",)]


def test_the_application_makes_no_table_by_itself(application: psycopg.Connection) -> None:
    for statement in ("SELECT make_trip_month('2030-01-01')", "CREATE TABLE trips_2030_01 ()"):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            application.execute(statement)
