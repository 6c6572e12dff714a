"""How assets are used in a usual week."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Habit:
    """A working pattern.

    Attributes:
        days: the chance of a working day, Monday to Sunday.
        starts: the hour of the first trip; 20.5 is half past eight in the evening.
        trips: fewest and most trips of a working day.
        miles: shortest and longest trip.
        mph: average speed, stops included; of no meaning where `hours` is given.
        hours: shortest and longest use, of machines and tools that do not drive.
        idle: share of the time with a running engine and no movement, at least and at most.
    """

    days: tuple[float, ...]
    starts: float
    trips: tuple[int, int]
    miles: tuple[float, float] = (0, 0)
    mph: float = 25
    hours: tuple[float, float] | None = None
    idle: tuple[float, float] = (0.05, 0.18)

    @property
    def _trips_a_day(self) -> float:
        return sum(self.days) / 7 * sum(self.trips) / 2

    @property
    def miles_a_day(self) -> float:
        """Answer the average over all days, worked or not."""
        return self._trips_a_day * sum(self.miles) / 2

    @property
    def hours_a_day(self) -> float:
        """Answer the average over all days, worked or not."""
        hours = sum(self.hours) / 2 if self.hours else sum(self.miles) / 2 / self.mph
        return self._trips_a_day * hours


def _week(workday: float, saturday: float = 0.0, sunday: float = 0.0) -> tuple[float, ...]:
    return (workday,) * 5 + (saturday, sunday)


HABITS = {
    "parcel": Habit(_week(0.93, 0.55, 0.05), 7.2, (2, 4), (18, 44), 21, idle=(0.12, 0.3)),
    "courier": Habit(_week(1, 1, 1), 6.5, (3, 4), (12, 30), 24, idle=(0.08, 0.2)),
    "service": Habit(_week(0.82, 0.12), 8.0, (2, 5), (6, 28), 26, idle=(0.1, 0.35)),
    "pool": Habit(_week(0.42, 0.05), 9.3, (1, 3), (4, 32), 28),
    "commute": Habit(_week(0.9, 0.3, 0.15), 7.7, (2, 3), (9, 26), 29),
    "regional": Habit(_week(0.88, 0.2), 5.4, (2, 3), (70, 135), 44, idle=(0.04, 0.12)),
    "night": Habit((0.95, 0.95, 0.95, 0.95, 0.95, 0.1, 0.7), 20.6, (2, 2), (110, 175), 52, idle=(0.03, 0.1)),
    "tipper": Habit(_week(0.7, 0.1), 6.8, (3, 5), (9, 24), 20, idle=(0.2, 0.4)),
    "towed": Habit(_week(0.45, 0.08), 6.2, (1, 2), (55, 130), 45),
    "site": Habit(_week(0.68, 0.15), 7.6, (1, 2), hours=(2.0, 4.4), idle=(0.15, 0.4)),
    "warehouse": Habit(_week(0.97, 0.6, 0.2), 6.1, (2, 3), hours=(2.2, 3.6)),
    "lent": Habit(_week(0.3, 0.06), 8.6, (1, 1), hours=(1.0, 6.5)),
    "never": Habit(_week(0), 8, (0, 0)),
}
