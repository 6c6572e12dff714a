"""Trailing averages of a fleet that was out of service for a while: its days in service lie further back."""

import functools
import json
import operator
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from shared.actions import analytics, rollups
from shared.domain.usage import Basis
from shared.domain.utilization import AskUtilization
from shared.services import Services
from tests import factories
from tests.factories import TenantMade, insert_asset
from tests.fixtures.plain_usage import Plain, PlainAsset, days_of
from tests.fixtures.trips import Trip, insert_trips, run
from tests.world import Clone

type Asked = Callable[..., list[dict[str, Any]]]

A_DAY = timedelta(days=1)
ZONE = "America/New_York"
FIRST, LAST = date(2025, 3, 1), date(2025, 4, 20)
SPANS = [
    # the window of 28 days reaches back over all of these, and over years between them
    (date(2019, 5, 1), date(2019, 5, 20)),
    (date(2024, 12, 20), date(2024, 12, 21)),
    (date(2025, 1, 3), date(2025, 1, 9)),
    (date(2025, 1, 6), date(2025, 1, 12)),
    (date(2025, 2, 27), date(2025, 3, 5)),
    # and so it does in the middle of what is asked for
    (date(2025, 3, 20), None),
]


@pytest.fixture(scope="module")
def company(clone: Clone) -> TenantMade:
    return factories.make_tenant(clone.owner_url, time_zone=ZONE)


@pytest.fixture(scope="module")
def fleet(services: Services, company: TenantMade) -> list[PlainAsset]:
    made = []
    for number, (begins, ends) in enumerate(SPANS):
        dates = {"in_service_on": begins, "disposed_on": ends}
        asset_id = insert_asset(services, company, asset_type="truck", **dates)
        # every other day, and once on a day on which it is no longer in service
        days = [begins + n * A_DAY for n in range(0, ((ends or LAST + A_DAY) - begins).days + 2, 2)]
        starts = [datetime(day.year, day.month, day.day, 15, tzinfo=UTC) for day in days]
        trips = tuple((one, one + timedelta(minutes=37 + 11 * number), 4.0, 1.0) for one in starts)
        insert_trips(services, company, [Trip(asset_id, *one) for one in trips])
        made.append(PlainAsset(asset_id, "truck", begins, ends, trips))
    # what is used all the time is of another type, which has no target
    insert_asset(services, company, asset_type="car", in_service_on="2018-01-01")
    run(services, company, "INSERT INTO utilization_targets VALUES (%(tenant_id)s, 'truck', 35, NULL)")
    rollups.catch_up(services, company.id)
    return made


@pytest.fixture
def ask(services: Services, company: TenantMade) -> Asked:
    def asked(**asked: Any) -> list[dict[str, Any]]:
        call = factories.make_call(services, company, "driver")
        command = AskUtilization(date_from=FIRST, date_to=LAST, **asked)
        return list(json.loads(analytics.get_utilization(call, command).content)["data"])

    return asked


@pytest.mark.parametrize("base", list(Basis))
def test_windows_reach_back_over_days_in_service_only(fleet: list[PlainAsset], ask: Asked, base: Basis) -> None:
    every = [SPANS[0][0] + n * A_DAY for n in range((LAST - SPANS[0][0]).days + 1)]
    served = [day for day in every if any(one.serves(day) for one in fleet)]
    known = [days_of(one, served, ZONE) for one in fleet]
    rows = {row["date"]: row for row in ask(asset_type="truck", base=base)}
    # of a target nothing but trucks counts, whatever else is in the fleet
    whole = {row["date"]: row for row in ask(base=base)} if base is Basis.TARGET else rows
    for day in (FIRST + n * A_DAY for n in range((LAST - FIRST).days + 1)):
        for length in (7, 28):
            window = served[: served.index(day) + 1][-length:] if day in served else []
            plain = functools.reduce(operator.add, (one[on] for one in known for on in window), Plain())
            expected = pytest.approx(_percent(plain, base), abs=0.00501) if len(window) == length else None
            for shown in (rows, whole):
                assert shown[str(day)][f"utilization_{length}d"] == expected, (day, length)
    # the first days have all of 28 behind them, though there were only few of late
    assert rows[str(FIRST)]["utilization_28d"] is not None


def _percent(plain: Plain, base: Basis) -> float:
    if base is Basis.TARGET:
        return 100 * plain.active / (plain.days_in_service * 35 * 60 / 7)
    return plain.shift_percent if base is Basis.SHIFT else plain.percent


def test_an_asset_looks_back_no_further_than_it_was_in_service(fleet: list[PlainAsset], ask: Asked) -> None:
    rows = ask(asset_id=fleet[-1].id)
    full = [row["date"] for row in rows if row["utilization_7d"] is not None]
    assert (full[0], full[-1]) == ("2025-03-26", str(LAST))
