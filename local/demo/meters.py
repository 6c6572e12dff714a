"""Odometer, engine hours and fuel level of one asset over time, as they follow from its trips."""

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from operator import attrgetter

from local.demo.catalogue import Unit
from local.demo.chance import seeded
from local.demo.rows import Trip


@dataclass(frozen=True)
class Reading:
    """What the instruments show from a moment on; None for what an asset does not have."""

    at: datetime
    odometer_miles: float | None
    engine_hours: float | None
    fuel_level_percent: float | None

    def facts(self) -> dict[str, object]:
        """Answer the readings that there are, by name."""
        shown = {
            "odometer_miles": self.odometer_miles,
            "engine_hours": self.engine_hours,
            "fuel_level_percent": self.fuel_level_percent,
        }
        return {name: value for name, value in shown.items() if value is not None}


@dataclass(frozen=True)
class Refill:
    """A stop at a pump or a charger: gallons, or kWh of an electric one."""

    at: datetime
    amount: float


class Meters:
    """The readings of one asset.

    Args:
        unit: whose instruments they are.
        trips: all of its trips, in order.
        opens: the moment from which the first reading holds.
        replaced_at: when the odometer was replaced by one that starts at 0, if it was.
    """

    def __init__(self, unit: Unit, trips: Iterable[Trip], opens: datetime, replaced_at: datetime | None = None) -> None:
        self.refills: list[Refill] = []
        self._unit = unit
        self._replaced_at = replaced_at
        self._rng = seeded(unit.tag, "meters")
        self._miles = self._before(unit.habit.miles_a_day)
        self._hours = self._before(unit.habit.hours_a_day)
        self._tank = unit.kind.tank * self._rng.uniform(0.4, 0.95)
        self.readings = [self._reading(opens)]
        for trip in trips:
            self._drive(trip)

    def at(self, moment: datetime) -> Reading:
        """Answer what the instruments showed at a moment."""
        later = bisect_right(self.readings, moment, key=attrgetter("at"))
        return self.readings[max(0, later - 1)]

    @property
    def last(self) -> Reading:
        """Answer what they show at the end."""
        return self.readings[-1]

    def _before(self, a_day: float) -> float:
        return self._unit.days_before * a_day * self._rng.uniform(0.85, 1.1) + self._rng.uniform(3, 40)

    def _drive(self, trip: Trip) -> None:
        if self._replaced_at and self.readings[-1].at < self._replaced_at <= trip.end_time:
            self._miles = 0.0
            self.readings.append(self._reading(self._replaced_at))
        self._miles += trip.distance_miles or 0
        self._hours += trip.hours
        self._burn(trip)
        self.readings.append(self._reading(trip.end_time))

    def _burn(self, trip: Trip) -> None:
        kind = self._unit.kind
        used = trip.fuel_consumed_gallons or 0
        if kind.fuel_type == "electric":
            used = (trip.distance_miles or 0) * kind.kwh_a_mile + trip.hours * kind.kwh_an_hour
        self._tank -= used
        # a long trip may need more than one tank on the way
        if self._tank < kind.tank * self._rng.uniform(0.15, 0.4):
            amount = round(kind.tank - self._tank, 2)
            self.refills.append(Refill(trip.end_time, amount))
            self._tank = kind.tank

    def _reading(self, at: datetime) -> Reading:
        kind = self._unit.kind
        return Reading(
            at=at,
            odometer_miles=round(self._miles, 1) if kind.drives else None,
            engine_hours=round(self._hours, 1) if kind.counts_hours else None,
            fuel_level_percent=float(round(100 * self._tank / kind.tank)) if kind.tank else None,
        )
