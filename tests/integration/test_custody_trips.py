"""Trips that custody tells of, where nothing else does."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from shared.actions import custody, meters
from shared.actions.call import Call
from shared.domain.custody import CheckIn, CheckOut
from shared.services import Services
from tests.factories import TenantMade, insert_asset

type Caller = Callable[..., Call]

NOW = datetime.now(UTC).replace(microsecond=0)
TRIPS = (
    "SELECT source, start_time, end_time, distance_miles, user_id FROM trips"
    " WHERE tenant_id = %(tenant_id)s AND asset_id = %(asset)s ORDER BY start_time, source"
)


@dataclass
class Fleet:
    """One asset, who holds it, and what is known of its trips."""

    services: Services
    tenant: TenantMade
    driver: Call
    asset: int

    def hold(self, out: float, back: float, miles: tuple[float | None, float | None]) -> None:
        """Check out and in again, so many days ago, with these readings."""
        asked: dict[str, Any] = {"asset_id": self.asset, "occurred_at": ago(out)}
        custody.check_out_asset(self.driver, CheckOut(**asked, odometer_miles=miles[0]))
        asked["occurred_at"] = ago(back)
        custody.check_in_asset(self.driver, CheckIn(**asked, odometer_miles=miles[1], condition_rating=4))

    def track(self, start: float, end: float) -> int:
        """Record a tracker's trip and answer its id."""
        statement = (
            "INSERT INTO trips (tenant_id, source, external_id, asset_id, start_time, end_time, distance_miles)"
            " VALUES (%(tenant_id)s, 'tracker', %(name)s, %(asset)s, %(start)s, %(end)s, 5) RETURNING id"
        )
        with self.services.database.transaction(self.tenant.id) as (tx, _):
            row = tx.one(statement, name=secrets.token_hex(8), asset=self.asset, start=ago(start), end=ago(end))
        return int(row["id"])

    def run(self, statement: Any, **more: Any) -> None:
        """Do something to the tables."""
        with self.services.database.transaction(self.tenant.id) as (tx, _):
            tx.run(statement, asset=self.asset, **more)

    def trips(self) -> list[tuple[str, float]]:
        """Answer source and miles of the asset's trips, in order."""
        with self.services.database.read(self.tenant.id) as tx:
            return [(row["source"], row["distance_miles"]) for row in tx.all(TRIPS, asset=self.asset)]

    def keys(self) -> int:
        """Answer how many of the asset's custody trips are known by name."""
        statement = (
            "SELECT count(*) FROM trip_keys AS k JOIN trips AS t ON t.tenant_id = k.tenant_id AND t.id = k.trip_id"
            " AND t.start_time = k.start_time AND t.external_id = k.external_id"
            " WHERE k.tenant_id = %(tenant_id)s AND k.source = 'custody' AND t.asset_id = %(asset)s"
        )
        with self.services.database.read(self.tenant.id) as tx:
            return int(tx.one(statement, asset=self.asset)["count"])


def ago(days: float) -> datetime:
    return NOW - timedelta(days=days)


@pytest.fixture
def fleet(services: Services, tenant: TenantMade, call: Caller) -> Fleet:
    driver = call("driver", oid=f"driver-{secrets.token_hex(4)}")
    return Fleet(services, tenant, driver, insert_asset(services, tenant))


def test_a_custody_with_both_readings_is_a_trip(fleet: Fleet) -> None:
    fleet.hold(3, 2.5, (1000, 1042.7))
    with fleet.services.database.read(fleet.tenant.id) as tx:
        (trip,) = tx.all(TRIPS, asset=fleet.asset)
    assert (trip["source"], trip["start_time"], trip["end_time"]) == ("custody", ago(3), ago(2.5))
    assert trip["distance_miles"] == 42.7
    assert trip["user_id"] == fleet.driver.principal.user_id
    assert fleet.keys() == 1


@pytest.mark.parametrize(
    "miles", [(None, None), (1000, None), (None, 1000), (1000, 1000)], ids=["none", "out", "in", "never moved"]
)
def test_without_miles_there_is_no_trip(fleet: Fleet, miles: tuple[float | None, float | None]) -> None:
    fleet.hold(3, 2, miles)
    assert fleet.trips() == []


def test_an_open_custody_is_no_trip_yet(fleet: Fleet) -> None:
    custody.check_out_asset(fleet.driver, CheckOut(asset_id=fleet.asset, odometer_miles=5))
    assert fleet.trips() == []


def test_miles_that_cannot_be_are_no_trip(fleet: Fleet) -> None:
    fleet.hold(4, 3, (1000, 1010))
    fleet.hold(2, 1.5, (1020, 9000))
    assert fleet.trips() == [("custody", 10)]


def test_a_slip_of_the_finger_stays_off_the_asset_and_hinders_nobody(fleet: Fleet) -> None:
    shown = "SELECT odometer_miles, engine_hours FROM assets WHERE tenant_id = %(tenant_id)s AND id = %(asset)s"

    def meters_of_asset() -> tuple[float, float]:
        with fleet.services.database.read(fleet.tenant.id) as tx:
            row = tx.one(shown, asset=fleet.asset)
        return row["odometer_miles"], row["engine_hours"]

    asked: dict[str, Any] = {"asset_id": fleet.asset}
    custody.check_out_asset(fleet.driver, CheckOut(**asked, occurred_at=ago(4), odometer_miles=1000, engine_hours=10))
    custody.check_in_asset(
        fleet.driver,
        CheckIn(**asked, occurred_at=ago(3), odometer_miles=1010, engine_hours=900, condition_rating=4),
    )
    assert meters_of_asset() == (1010, 10)
    custody.check_out_asset(fleet.driver, CheckOut(**asked, occurred_at=ago(2), odometer_miles=10200, engine_hours=11))
    assert meters_of_asset() == (1010, 11)
    custody.check_in_asset(fleet.driver, CheckIn(**asked, occurred_at=ago(1), odometer_miles=1030, condition_rating=4))
    assert meters_of_asset() == (1030, 11)
    # somebody who looked at the meter may still set what looked like a slip
    fleet.run("UPDATE assets SET odometer_miles = 10200 WHERE tenant_id = %(tenant_id)s AND id = %(asset)s")
    assert meters_of_asset() == (10200, 11)


def test_longer_than_a_month_is_no_trip(fleet: Fleet) -> None:
    held = (
        "INSERT INTO asset_checkout_history (tenant_id, asset_id, user_id, action, checkout_time, checkin_time,"
        " checked_in_by, checkout_odometer_miles, checkin_odometer_miles)"
        " VALUES (%(tenant_id)s, %(asset)s, %(user)s, 'checked_in', %(out)s, %(back)s, %(user)s, %(first)s, %(last)s)"
    )
    user = fleet.driver.principal.user_id
    fleet.run(held, user=user, out=ago(100), back=ago(69), first=0, last=31)
    fleet.run(held, user=user, out=ago(60), back=ago(28.999), first=40, last=90)
    assert fleet.trips() == [("custody", 31)]


def test_trackers_go_before(fleet: Fleet) -> None:
    fleet.track(3, 2.9)
    fleet.hold(3.1, 2.5, (1000, 1042))
    assert fleet.trips() == [("tracker", 5)]
    # one that ends as custody begins, or begins as it ends, lies beside it
    fleet.track(2.4, 2.2)
    fleet.track(1.5, 1.4)
    fleet.hold(2.2, 1.5, (1042, 1050))
    assert fleet.trips() == [("tracker", 5), ("tracker", 5), ("custody", 8), ("tracker", 5)]


def test_a_late_trackers_trip_takes_the_place_of_the_custodys_and_gives_it_back(fleet: Fleet) -> None:
    fleet.hold(5, 4, (100, 150))
    fleet.hold(3, 2, (150, 190))
    trip_id = fleet.track(2.7, 2.6)
    assert fleet.trips() == [("custody", 50), ("tracker", 5)]
    assert fleet.keys() == 1
    move = "UPDATE trips SET start_time = %(start)s, end_time = %(end)s WHERE tenant_id = %(tenant_id)s AND id = %(id)s"
    fleet.run(move, id=trip_id, start=ago(4.5), end=ago(4.4))
    assert fleet.trips() == [("tracker", 5), ("custody", 40)]
    fleet.run("DELETE FROM trips WHERE tenant_id = %(tenant_id)s AND id = %(id)s", id=trip_id)
    assert fleet.trips() == [("custody", 50), ("custody", 40)]
    assert fleet.keys() == 2


def test_trips_of_other_assets_do_not_matter(fleet: Fleet, services: Services, tenant: TenantMade) -> None:
    fleet.hold(5, 4, (100, 150))
    Fleet(services, tenant, fleet.driver, insert_asset(services, tenant)).track(4.8, 4.7)
    assert fleet.trips() == [("custody", 50)]


def test_a_meter_that_was_replaced_meanwhile_tells_of_no_miles(fleet: Fleet) -> None:
    fleet.hold(5, 4, (100, 150))
    fleet.hold(3, 2, (150, 190))
    replaced = (
        "INSERT INTO meter_replacements (tenant_id, asset_id, kind, replaced_at, start_value)"
        " VALUES (%(tenant_id)s, %(asset)s, 'odometer', %(at)s, 20)"
    )
    fleet.run(replaced, at=ago(2.5))
    assert fleet.trips() == [("custody", 50)]
    fleet.hold(1.5, 1, (195, 200))
    assert fleet.trips() == [("custody", 50), ("custody", 5)]


def test_a_corrected_reading_changes_the_miles(fleet: Fleet) -> None:
    fleet.hold(5, 4, (100, 150))
    correct = (
        "UPDATE meter_readings SET value = 140 WHERE tenant_id = %(tenant_id)s AND asset_id = %(asset)s AND value = 150"
    )
    fleet.run(correct)
    assert fleet.trips() == [("custody", 40)]


def test_what_came_at_the_same_moment_is_settled_by_the_sweep(fleet: Fleet) -> None:
    # the longest trip is known, so that the two that follow have nothing to wait for
    fleet.hold(9, 7, (10, 20))
    statement = (
        "INSERT INTO trips (tenant_id, source, external_id, asset_id, start_time, end_time, distance_miles)"
        " VALUES (%(tenant_id)s, 'tracker', %(name)s, %(asset)s, %(start)s, %(end)s, 5)"
    )
    with fleet.services.database.transaction(fleet.tenant.id) as (tx, _):
        tx.run(statement, name=secrets.token_hex(8), asset=fleet.asset, start=ago(4.8), end=ago(4.7))
        fleet.hold(5, 4, (100, 150))
    assert sorted(fleet.trips()) == [("custody", 10), ("custody", 50), ("tracker", 5)]
    assert meters.settle_custody_trips(fleet.services) == 1
    assert sorted(fleet.trips()) == [("custody", 10), ("tracker", 5)]
    assert meters.settle_custody_trips(fleet.services) == 0


def test_acts_of_custody_are_readings(fleet: Fleet) -> None:
    fleet.hold(5, 4, (100, 150))
    with fleet.services.database.read(fleet.tenant.id) as tx:
        rows = tx.all(
            "SELECT source, kind, read_at, value, state FROM meter_readings"
            " WHERE tenant_id = %(tenant_id)s AND asset_id = %(asset)s ORDER BY id",
            asset=fleet.asset,
        )
    assert [tuple(row.values()) for row in rows] == [
        ("custody", "odometer", ago(5), 100, "accepted"),
        ("custody", "odometer", ago(4), 150, "accepted"),
    ]
