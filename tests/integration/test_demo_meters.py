"""The demo data once it is in the database: meters, and utilization reckoned from the trips."""

from datetime import date
from typing import Any

import psycopg
import pytest

from local.demo import load
from local.demo.dataset import make
from local.demo.organisations import ORGANISATIONS
from local.demo.rows import Dataset
from local.people import ACME, GLOBEX
from tests.world import Clone

END = date(2026, 11, 22)


@pytest.fixture(scope="module")
def acme() -> Dataset:
    return make(ORGANISATIONS[0], END)


@pytest.fixture(scope="module")
def loaded(clone: Clone) -> str:
    load(clone.owner_url, lambda _: None, END)
    return clone.owner_url


def seen(url: str, tid: str, statement: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(url) as connection:
        connection.execute("SELECT set_config('motorpool.tid', %s, true)", [tid])
        ((tenant_id,),) = connection.execute("SELECT id FROM tenants WHERE tid = %s", [tid]).fetchall()
        connection.execute("SELECT set_config('motorpool.tenant_id', %s, true)", [str(tenant_id)])
        return connection.execute(statement).fetchall()


VOIDED = (
    "SELECT a.asset_tag, m.reason FROM meter_readings AS m"
    " JOIN assets AS a ON a.tenant_id = m.tenant_id AND a.id = m.asset_id WHERE m.state = 'voided'"
)


def test_readings_can_be_but_for_the_one_that_was_mistyped(loaded: str) -> None:
    for tid, slips in ((ACME.tid, [("ACM-V01", "rises_too_fast")]), (GLOBEX.tid, [])):
        assert seen(loaded, tid, VOIDED) == slips
        sources = dict(seen(loaded, tid, "SELECT source, count(*) FROM meter_readings GROUP BY source"))
        assert set(sources) == {"custody", "fuelcard", "telematics"}
        assert min(sources.values()) > 5
    assert seen(loaded, ACME.tid, "SELECT count(*) FROM meter_replacements") == [(1,)]


def test_trackers_tell_of_every_trip(loaded: str) -> None:
    for tid in (ACME.tid, GLOBEX.tid):
        assert seen(loaded, tid, "SELECT count(*) FROM trips WHERE source = 'custody'") == [(0,)]


def test_assets_show_what_their_meters_read_last(loaded: str, acme: Dataset) -> None:
    shown = seen(loaded, ACME.tid, "SELECT asset_tag, odometer_miles, engine_hours FROM assets")
    assert set(shown) == {(one.asset_tag, one.odometer_miles, one.engine_hours) for one in acme.assets}


def test_utilization_is_reckoned_and_nothing_waits(loaded: str, acme: Dataset) -> None:
    assert seen(loaded, ACME.tid, "SELECT count(*) FROM dirty_days") == [(0,)]
    ((trips, miles),) = seen(loaded, ACME.tid, "SELECT sum(trips_count), sum(miles_e6) / 1e6 FROM util_daily")
    assert trips == len(acme.trips)
    assert float(miles) == pytest.approx(sum(trip.distance_miles or 0 for trip in acme.trips), abs=0.1)
    assert seen(loaded, ACME.tid, "SELECT count(DISTINCT day) >= 120 FROM fleet_daily") == [(True,)]
    assert seen(loaded, ACME.tid, "SELECT reimbursement_per_mile::text FROM tenants") == [("0.7250",)]
