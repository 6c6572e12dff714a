"""A new day, all days anew, and reports on 90 days and on money, in a tenant of 1.35 million trips.

The view of the first plan is measured beside it.

python -m tests.benchmarks.bench_rollups [--assets 5000] [--days 90]
"""

import argparse
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import psutil
import psycopg

from migrations.roles import with_database
from shared import settings, wiring
from shared.actions import rollups
from shared.actions.analytics import get_summary, get_utilization
from shared.actions.call import Call
from shared.actions.roi import get_roi
from shared.domain.economics import YEAR_DAYS
from shared.domain.kept_report import KeptReports
from shared.domain.period import back
from shared.domain.roi import AskRoi
from shared.domain.summary import AskSummary
from shared.domain.usage import TRAILING, GroupBy
from shared.domain.utilization import AskUtilization
from shared.services import Services
from shared.store.database import Database
from shared.store.queries import statements
from tests.benchmarks import rollup_queries as queries
from tests.factories import TenantMade, make_call, make_tenant
from tests.world import Clone, running
from tools import rollups as tool

LAST = date(2026, 10, 31)
# days one after the other, of which the best one counts on either side: others may be at work here
DAYS = 3
# the server keeps a plan from the sixth time on
WARMING = 6
BAR_TIMES, BAR_REBUILD, BAR_SERIES, BAR_RANKING, BAR_BOOKS = 20, 60, 10, 200, 300


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
    admin.execute("SELECT ensure_trip_months(%s, %s)", [first - timedelta(days=2), LAST + timedelta(days=2)])
    admin.execute(queries.ASSETS, fleet)
    for statement in queries.BOOKS:
        admin.execute(statement, fleet)
    _write(admin, fleet, asked.days)
    owner = Database(clone.owner_url, 1)
    rebuilt = _spent(lambda: tool.rebuild(owner, tenant.id, (None, None), lambda _: None))
    owner.close()
    trips = asked.assets * asked.days * queries.TRIPS_A_DAY
    print(f"all days anew: {rebuilt} (bar {BAR_REBUILD} s), {trips / rebuilt.seconds:,.0f} trips/s")
    # as the server does by itself within minutes
    admin.execute("VACUUM ANALYZE assets, util_daily, util_weekly, fleet_daily, cost_entries, maintenance_records")
    _one_new_day(admin, services, tenant, fleet)
    _reading(admin, fleet)
    _routes(services, tenant, first)


def _one_new_day(admin: psycopg.Connection, services: Services, tenant: TenantMade, fleet: dict[str, Any]) -> None:
    print(f"the plan's view made: {_spent(lambda: admin.execute(queries.PLANNED_VIEW))}")
    admin.execute(queries.PLANNED_INDEX)
    ours, planned = [], []
    for n in range(1, DAYS + 1):
        admin.execute(queries.TRIPS, {**fleet, "first": LAST, "n": n})
        ours.append(_spent(lambda: rollups.catch_up(services, tenant.id)))
        planned.append(_spent(lambda: admin.execute("REFRESH MATERIALIZED VIEW CONCURRENTLY planned")))
    times = min(one.seconds for one in planned) / min(one.seconds for one in ours)
    processor = min(one.processor for one in planned) / min(one.processor for one in ours)
    print(
        f"one new day: {', '.join(map(str, ours))}; REFRESH MATERIALIZED VIEW CONCURRENTLY of the plan's view: "
        f"{', '.join(map(str, planned))}; {times:.0f} times as fast, with {processor:.0f} times less CPU "
        f"(bar {BAR_TIMES})"
    )


def _write(admin: psycopg.Connection, fleet: dict[str, Any], days: int) -> None:
    """Write all days but one past the triggers, as a restored backup would be, and one by them."""
    admin.execute("SET session_replication_role = replica")
    for n in range(days - 1):
        admin.execute(queries.TRIPS, {**fleet, "n": n})
    past = _spent(lambda: admin.execute(queries.TRIPS, {**fleet, "first": fleet["first"], "n": -1}))
    admin.execute("SET session_replication_role = origin")
    marked = _spent(lambda: admin.execute(queries.TRIPS, {**fleet, "n": days - 1}))
    print(f"a day's trips written: {marked}; past keys, months of custody and marks: {past}")
    admin.execute("VACUUM ANALYZE trips, assets, dirty_days")


def _reading(admin: psycopg.Connection, fleet: dict[str, Any]) -> None:
    admin.execute("SET ROLE motorpool_app")
    for name, statement, bar, rounds in (
        ("series of the fleet with averages", statements("analytics")["list_days"], BAR_SERIES, 60),
        ("the same of one type", statements("analytics")["list_days"], BAR_SERIES, 60),
        ("summary", queries.SUMMARY, BAR_SERIES, 60),
        ("ranking of assets", statements("analytics")["list_assets_used"], BAR_RANKING, 20),
        ("what all assets cost in the period", statements("costs")["list_costs"], BAR_BOOKS, 10),
        ("what they cost before", statements("costs")["list_costs"], None, 10),
        ("one asset's view", queries.VIEW_OF_ASSET, None, 20),
        ("one day's view", queries.VIEW_OF_DAY, None, 20),
        ("the ranking from raw trips", queries.RAW, None, 3),
    ):
        asked = {**fleet, **_asked(fleet, is_before="before" in name)}
        if "type" in name:
            asked["asset_type"] = "van"
        # as the application asks: days by a plan that is kept, all else planned for these values
        is_kept = statement == statements("analytics")["list_days"]
        query = partial(admin.execute, statement, asked, prepare=is_kept)
        for _ in range(WARMING if is_kept else 1):
            query()
        # one after the other: to look for the server's processes in between would empty the caches that they share
        each: list[float] = []
        whole = _spent(partial(_time, query, rounds, each))
        p95 = each[min(rounds - 1, int(rounds * 0.95))]
        print(
            f"{name}: p50 {each[rounds // 2] * 1000:.1f} ms, p95 {p95 * 1000:.1f} ms, "
            f"{whole.processor / rounds * 1000:.1f} ms CPU each" + (f" (bar {bar} ms)" if bar else "")
        )


def _time(query: Callable[[], object], rounds: int, each: list[float]) -> None:
    """Put into `each` how many seconds it takes each time, the least first."""
    for _ in range(rounds):
        began = time.perf_counter()
        query()
        each.append(time.perf_counter() - began)
    each.sort()


def _asked(fleet: dict[str, Any], *, is_before: bool) -> dict[str, Any]:
    """Answer what statements of the application take; what something costs, of a year or of all years before it."""
    everything: dict[str, Any] = {"asset_type": None, "asset_id": None, "base": "calendar"}
    if is_before:
        return {**everything, "date_from": date(1, 1, 1), "date_to": LAST - timedelta(days=YEAR_DAYS)}
    lead = back(fleet["first"], max(TRAILING) - 1)
    days = {"froms": [lead], "tos": [fleet["last"]], "lead_from": lead}
    return {**everything, **days, "date_from": fleet["first"], "date_to": fleet["last"]}


def _routes(services: Services, tenant: TenantMade, first: date) -> None:
    """Measure whole reports, made anew each time, and as they were kept."""
    use = AskUtilization(date_from=first, date_to=LAST)
    assets = AskUtilization(date_from=first, date_to=LAST, group_by=GroupBy.ASSET)
    glance, money = AskSummary(date_from=first, date_to=LAST), AskRoi(date_to=LAST)
    calls = partial(_fresh_calls, services, tenant)
    _route("series", calls("driver", 20), lambda call: get_utilization(call, use))
    _route("ranking", calls("driver", 10), lambda call: get_utilization(call, assets))
    _route("summary for a driver", calls("driver", 10), lambda call: get_summary(call, glance))
    _route("summary for a manager", calls("manager", 5), lambda call: get_summary(call, glance))
    _route("ROI", calls("manager", 5), lambda call: get_roi(call, money))


def _fresh_calls(services: Services, tenant: TenantMade, role: str, count: int) -> list[Call]:
    """Answer calls of which none finds what another has kept."""
    return [make_call(replace(services, kept_reports=KeptReports()), tenant, role) for _ in range(count)]


def _route(name: str, calls: list[Call], make: Callable[[Call], object]) -> None:
    make(calls[0])
    began = time.process_time()
    anew = sorted((_spent(partial(make, call)) for call in calls[1:]), key=lambda one: one.seconds)
    worker = (time.process_time() - began) / len(anew)
    server = sum(one.processor for one in anew) / len(anew)
    kept = _spent(partial(make, calls[-1])).seconds
    print(
        f"route, {name}: p50 {anew[len(anew) // 2].seconds * 1000:.0f} ms, {server * 1000:.0f} ms CPU in the database "
        f"and {worker * 1000:.0f} ms in the worker; kept {kept * 1000:.1f} ms"
    )


@dataclass(frozen=True)
class Spent:
    """How long something took, and how much of that the database worked: the rest it waited for others' work."""

    seconds: float
    processor: float

    def __str__(self) -> str:
        return f"{self.seconds:.2f} s ({self.processor:.2f} s CPU)"


def _spent(work: Callable[[], object]) -> Spent:
    before, began = _processor(), time.perf_counter()
    work()
    return Spent(time.perf_counter() - began, _processor() - before)


def _processor() -> float:
    """Answer the CPU seconds of the server's sessions so far."""
    servers = [one for one in psutil.Process().children(recursive=True) if one.name() == "postgres"]
    return sum(sum(one.cpu_times()[:2]) for one in servers)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.bench_rollups", description=__doc__)
    parser.add_argument("--assets", type=int, default=5000)
    parser.add_argument("--days", type=int, default=90)
    return parser.parse_args()


if __name__ == "__main__":
    main()
