"""A new day, all days anew, and reading 90 days, in a tenant of 1.35 million trips; the plan's first view beside it.

python -m tests.benchmarks.bench_rollups [--assets 5000] [--days 90]
"""

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable
from datetime import date, timedelta
from functools import partial
from pathlib import Path

import psycopg

from migrations.roles import with_database
from shared import settings, wiring
from shared.actions import rollups
from shared.services import Services
from shared.store.database import Database
from tests.benchmarks import rollup_queries as queries
from tests.factories import TenantMade, make_tenant
from tests.world import Clone, running
from tools import rollups as tool

LAST = date(2026, 10, 31)
BAR_TIMES, BAR_REBUILD, BAR_SERIES, BAR_RANKING = 20, 60, 10, 200


def main() -> None:
    """Measure and print."""
    asked = _arguments()
    with tempfile.TemporaryDirectory(prefix="motorpool-bench-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        with running(folder) as world:
            clone = world.clone()
            tenant = make_tenant(clone.owner_url)
            services = wiring.build(settings.read(world.environment(clone, 7071)))
            admin = psycopg.connect(with_database(world.admin_url, clone.name), autocommit=True)
            with admin:
                _measure(asked, admin, services, clone, tenant)
            services.relay.close()
            services.database.close()


def _measure(
    asked: argparse.Namespace, admin: psycopg.Connection, services: Services, clone: Clone, tenant: TenantMade
) -> None:
    first = LAST - timedelta(days=asked.days - 1)
    fleet = {"tenant_id": tenant.id, "assets": asked.assets, "first": first, "last": LAST}
    admin.execute("SELECT set_config('motorpool.tenant_id', %s, false)", [str(tenant.id)])
    admin.execute("SELECT ensure_trip_months(%s, %s)", [first, LAST + timedelta(days=2)])
    admin.execute(queries.ASSETS, fleet)
    seconds = _timed(lambda: [admin.execute(queries.TRIPS, {**fleet, "n": n}) for n in range(asked.days)])
    trips = asked.assets * asked.days * queries.TRIPS_A_DAY
    print(f"{trips:,} trips written and marked in {seconds:.1f} s")
    admin.execute("VACUUM ANALYZE trips, assets, dirty_days")
    admin.execute("DELETE FROM dirty_days")
    owner = Database(clone.owner_url, 1)
    seconds = _timed(lambda: tool.rebuild(owner, tenant.id, (None, None), lambda _: None))
    owner.close()
    print(f"all days anew: {seconds:.1f} s (bar {BAR_REBUILD} s), {trips / seconds:,.0f} trips/s")
    admin.execute("VACUUM ANALYZE util_daily, fleet_daily")
    _one_new_day(admin, services, tenant, fleet)
    _reading(admin, fleet)


def _one_new_day(admin: psycopg.Connection, services: Services, tenant: TenantMade, fleet: dict[str, object]) -> None:
    seconds = _timed(lambda: admin.execute(queries.PLANNED_VIEW))
    admin.execute(queries.PLANNED_INDEX)
    print(f"the plan's view made: {seconds:.1f} s")
    ours, planned = [], []
    for n in (1, 2):
        admin.execute(queries.TRIPS, {**fleet, "first": LAST, "n": n})
        ours.append(_timed(lambda: rollups.catch_up(services, tenant.id)))
        planned.append(_timed(lambda: admin.execute("REFRESH MATERIALIZED VIEW CONCURRENTLY planned")))
    times = statistics.median(planned) / statistics.median(ours)
    print(
        f"one new day: {_list(ours)} ms; REFRESH MATERIALIZED VIEW CONCURRENTLY of the plan's view:"
        f" {_list(planned)} ms; {times:.0f} times as fast (bar {BAR_TIMES})"
    )


def _reading(admin: psycopg.Connection, fleet: dict[str, object]) -> None:
    admin.execute("SET ROLE motorpool_app")
    for name, statement, bar, rounds in (
        ("series of the fleet with averages", queries.SERIES, BAR_SERIES, 100),
        ("the same of one type", queries.SERIES_OF_TYPE, BAR_SERIES, 100),
        ("summary", queries.SUMMARY, BAR_SERIES, 100),
        ("ranking of assets", queries.RANKING, BAR_RANKING, 20),
        ("one asset's view", queries.VIEW_OF_ASSET, None, 20),
        ("one day's view", queries.VIEW_OF_DAY, None, 20),
        ("the ranking from raw trips", queries.RAW, None, 3),
    ):
        admin.execute(statement, fleet).fetchall()
        asked = partial(admin.execute, statement, fleet)
        each = sorted(_timed(lambda: asked().fetchall()) for _ in range(rounds))  # noqa: B023 - called at once
        p95 = each[min(rounds - 1, int(rounds * 0.95))] * 1000
        print(
            f"{name}: p50 {statistics.median(each) * 1000:.1f} ms, p95 {p95:.1f} ms"
            + (f" (bar {bar} ms)" if bar else "")
        )


def _timed(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def _list(seconds: list[float]) -> str:
    return ", ".join(f"{one * 1000:.0f}" for one in seconds)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.bench_rollups", description=__doc__)
    parser.add_argument("--assets", type=int, default=5000)
    parser.add_argument("--days", type=int, default=90)
    return parser.parse_args()


if __name__ == "__main__":
    main()
