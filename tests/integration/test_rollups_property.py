"""Whatever trips there are, in whatever order they come: their days are those of plain Python, and sum to the whole."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import HealthCheck, given, settings, strategies as st

from shared.actions import rollups
from shared.services import Services
from tests.factories import TenantMade, insert_asset, make_tenant
from tests.fixtures.reckoning import Habits, Sum, reckon
from tests.fixtures.trips import Trip, days_of, insert_trips, run
from tests.world import Clone

KEPT = tuple(Sum.__dataclass_fields__)


def kept(services: Services, tenant: TenantMade) -> dict[Any, Any]:
    return {key: Sum(**{name: row[name] for name in KEPT}) for key, row in days_of(services, tenant).items()}


_MINUTE = st.integers(0, 4 * 24 * 60)


@st.composite
def trips(draw: st.DrawFn) -> Callable[[list[int]], Trip]:
    start = datetime(2026, 10, 30, tzinfo=UTC) + timedelta(minutes=draw(_MINUTE), microseconds=draw(st.integers(0, 9)))
    length = timedelta(minutes=draw(st.integers(0, 3_000)), microseconds=draw(st.integers(1, 9)))
    measures = [draw(st.none() | st.integers(0, 10**9).map(lambda one: one / 1_000_000)) for _ in range(3)]
    number = draw(st.integers(0, 1))
    return lambda assets: Trip(assets[number], start, start + length, *measures)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(made=st.lists(trips(), min_size=1, max_size=8), cut=st.integers(0, 8), gone=st.integers(0, 7))
def test_parts_sum_to_the_whole_in_whatever_order_they_come(
    services: Services, clone: Clone, made: list[Any], cut: int, gone: int
) -> None:
    tenant = make_tenant(clone.owner_url, time_zone="America/New_York")
    assets = [insert_asset(services, tenant) for _ in range(2)]
    told = [make(assets) for make in made]
    ids: list[int] = []
    for batch in (told[cut:], told[:cut]):
        ids += insert_trips(services, tenant, batch) if batch else []
        rollups.reckon_page(services.database, tenant.id)
    told = [*told[cut:], *told[:cut]]
    if gone < len(told):
        run(services, tenant, "DELETE FROM trips WHERE id = %(id)s", id=ids[gone])
        rollups.reckon_page(services.database, tenant.id)
        told = told[:gone] + told[gone + 1 :]
    found = kept(services, tenant)
    assert found == reckon(told, Habits(ZoneInfo("America/New_York")))
    assert sum(one.miles_e6 for one in found.values()) == sum(round((one.distance_miles or 0) * 1e6) for one in told)
    assert all(sum(one.active_us_by_hour) == one.active_us for one in found.values())
    if told:
        rollups.rebuild(services.database, tenant.id, date(2026, 10, 29), date(2026, 11, 8))
        assert kept(services, tenant) == found
