"""What real data is like: the rows that a careless program gets wrong. docs/demo-data.md lists them by asset tag."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

from local.demo.catalogue import Unit
from local.demo.chance import seeded
from local.demo.period import Period
from local.demo.rows import Trip
from local.demo.trips import make_trip

CLUSTER_REPLACED_AGO = 45
_THREE_DAYS_AGO = 33
_LATE_SPELL = range(20, 34)
_LATE_DAYS = (3, 12)
_EVERY = 7
_SLIP_MILES = 15_000
_SLIP_AT = 5


def special_trips(unit: Unit, trips: list[Trip], period: Period) -> list[Trip]:
    """Add the trips over clock changes and the one of three days, in place of what was there at the time."""
    for special in _specials(unit, period):
        trips = [trip for trip in trips if not _touch(trip, special)] + [special]
    return sorted(trips, key=lambda trip: trip.start_time)


def _specials(unit: Unit, period: Period) -> list[Trip]:
    rng = seeded(unit.tag, "special")
    spans: list[tuple[str, datetime, datetime, float]] = []
    if "clock changes" in unit.note:
        spans = [
            ("clock-change", period.at(day - timedelta(days=1), 22), period.at(day, 6), 245.0)
            for day in period.clock_changes()
        ]
    if "three days" in unit.note:
        day = period.ago(_THREE_DAYS_AGO)
        spans.append(("three-days", period.at(day, 15), period.at(day + timedelta(days=3), 9.5), 0.0))
    return [
        make_trip(unit, f"{unit.tag}-{period.day_of(start):%Y%m%d}-{name}", (start, end), miles, rng)
        for name, start, end, miles in spans
        if end <= period.closes
    ]


def replaced_at(unit: Unit, period: Period) -> datetime | None:
    """Answer when the odometer was replaced by a new one, if it was."""
    return period.at(period.ago(CLUSTER_REPLACED_AGO), 0) if unit.note == "odometer replaced" else None


def misread(unit: Unit, number: int, miles: float) -> float:
    """Answer what somebody typed at the pump for what the odometer showed: one has slipped, by 15,000 miles."""
    return miles + _SLIP_MILES if unit.note == "misread at the pump" and number == _SLIP_AT else miles


def troubled_trips(unit: Unit, trips: list[Trip], period: Period) -> list[Trip]:
    """Answer what the servers get to see of the trips of an asset."""
    trouble = _TROUBLES.get(unit.note)
    return trouble(trips, period) if trouble else trips


def _without_some_distances(trips: list[Trip], _period: Period) -> list[Trip]:
    return [replace(trip, distance_miles=None) if number % _EVERY == 0 else trip for number, trip in enumerate(trips)]


def _with_overlaps(trips: list[Trip], _period: Period) -> list[Trip]:
    """Add a driver's own log book beside the tracker: some trips begin halfway through another and end after it."""
    logged = [_log_book(trip) for trip in trips[:: _EVERY * 2]]
    return trips + [trip for trip in logged if trip.end_time <= _period.closes]


def _log_book(trip: Trip) -> Trip:
    half = (trip.end_time - trip.start_time) / 2
    return replace(
        trip,
        source="logbook",
        external_id=f"{trip.external_id}-log",
        start_time=trip.start_time + timedelta(seconds=round(half.total_seconds())),
        end_time=trip.end_time + timedelta(minutes=6),
        distance_miles=round((trip.distance_miles or 0) / 2, 1),
        fuel_consumed_gallons=None,
        idle_minutes=None,
        created_at=trip.created_at + timedelta(minutes=10),
    )


def _with_duplicates(trips: list[Trip], _period: Period) -> list[Trip]:
    """Send some trips a second time, under the name of a second tracker in the same vehicle."""
    return trips + [
        replace(trip, source="telematics-2", external_id=f"B-{trip.external_id}") for trip in trips[::_EVERY]
    ]


def _with_late_arrivals(trips: list[Trip], period: Period) -> list[Trip]:
    spell = {period.ago(days) for days in _LATE_SPELL}
    rng = seeded("late")
    return [
        replace(trip, created_at=trip.end_time + timedelta(days=rng.uniform(*_LATE_DAYS)))
        if period.day_of(trip.start_time) in spell
        else trip
        for trip in trips
    ]


def _touch(one: Trip, other: Trip) -> bool:
    return one.start_time < other.end_time and other.start_time < one.end_time


_TROUBLES: dict[str, Callable[[list[Trip], Period], list[Trip]]] = {
    "null distance": _without_some_distances,
    "overlaps": _with_overlaps,
    "duplicates": _with_duplicates,
    "late": _with_late_arrivals,
}
