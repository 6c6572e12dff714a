"""Trips: what each asset did on each local day, by its habit."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from random import Random

from local.demo.catalogue import Unit
from local.demo.chance import seeded
from local.demo.period import Period
from local.demo.rows import Trip

SOURCE = "telematics"

# a working day leaves room for the next one's first trip
_LATEST_START = timedelta(hours=12)


def usual_trips(unit: Unit, period: Period) -> list[Trip]:
    """Answer the trips of the whole period, in order; they never overlap."""
    rng = seeded(unit.tag, "trips")
    trips: list[Trip] = []
    for day in period.days:
        worked = rng.random() < unit.habit.days[day.weekday()] and unit.serves_on(day, period)
        found = list(_working_day(unit, day, period, rng)) if worked else []
        trips += [trip for trip in found if trip.end_time <= period.closes]
    return trips


def _working_day(unit: Unit, day: date, period: Period, rng: Random) -> Iterator[Trip]:
    first = at = period.at(day, unit.habit.starts) + timedelta(minutes=round(rng.triangular(-35, 50, 0)))
    for number in range(rng.randint(*unit.habit.trips)):
        if at > first + _LATEST_START:
            return
        trip = _trip(unit, f"{unit.tag}-{day:%Y%m%d}-{number + 1}", at, rng)
        yield replace(trip, created_at=period.until_now(trip.created_at))
        at = trip.end_time + timedelta(minutes=rng.randint(8, 55))


def _trip(unit: Unit, external_id: str, start: datetime, rng: Random) -> Trip:
    habit = unit.habit
    miles = rng.triangular(*habit.miles)
    hours = rng.triangular(*habit.hours) if habit.hours else miles / habit.mph * rng.uniform(0.9, 1.2)
    return make_trip(unit, external_id, (start, start + timedelta(seconds=round(hours * 3600))), miles, rng)


def make_trip(unit: Unit, external_id: str, span: tuple[datetime, datetime], miles: float, rng: Random) -> Trip:
    """Answer a trip of a unit over a span of time, with the fuel and the idling that go with it."""
    hours = (span[1] - span[0]).total_seconds() / 3600
    idle_hours = hours * rng.uniform(*unit.habit.idle)
    return Trip(
        asset_tag=unit.tag,
        source=SOURCE,
        external_id=external_id,
        start_time=span[0],
        end_time=span[1],
        distance_miles=_distance(unit, miles),
        fuel_consumed_gallons=_gallons(unit, miles, hours, idle_hours, rng),
        idle_minutes=round(idle_hours * 60, 1) if unit.kind.burns else None,
        created_at=span[1] + timedelta(seconds=rng.randint(40, 900)),
    )


def _distance(unit: Unit, miles: float) -> float | None:
    """Answer the miles; a machine's tracker says 0, a tool has none to say."""
    if unit.kind.drives:
        return round(miles, 1)
    return 0.0 if unit.kind.asset_type == "equipment" else None


def _gallons(unit: Unit, miles: float, hours: float, idle_hours: float, rng: Random) -> float | None:
    kind = unit.kind
    if not kind.burns:
        return None
    engine_hours = idle_hours if kind.mpg else hours
    driven = miles / kind.mpg if kind.mpg else 0
    return round((driven + engine_hours * kind.gallons_an_hour) * rng.uniform(0.92, 1.1), 2)
