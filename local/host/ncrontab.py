"""NCRONTAB schedules as the timer trigger reads them: `second minute hour day month weekday`, in UTC.

Five fields mean second 0. Day and weekday must both fit, other than in Unix cron. A field holds `*`, numbers, names
(months and weekdays, any beginning of the English word), ranges, steps and lists; `5/15` counts from 5 to the field's
end, and a range given backwards is turned round.
"""

import calendar
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Self

# 29 February falls on a given weekday every 28 years, with 2100 in between every 40
HORIZON_YEARS = 41
MONTHS = tuple(calendar.month_name[1:])
WEEKDAYS = ("Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday")


class ScheduleError(ValueError):
    """The text is no schedule; the message names the part."""


@dataclass(frozen=True, slots=True)
class Field:
    """What one field of a schedule may hold."""

    name: str
    low: int
    high: int
    names: tuple[str, ...] = ()

    def parse(self, text: str) -> frozenset[int]:
        """Answer the numbers that a field's text stands for.

        Raises:
            ScheduleError: it is not well formed or out of range.
        """
        return frozenset(number for item in text.split(",") for number in self._item(item))

    def _item(self, text: str) -> range:
        span, slash, step_text = text.partition("/")
        step = self._number(step_text) if slash else 1
        if step < 1:
            raise ScheduleError(f"the step of {text!r} in the {self.name} must be 1 or more")
        first, last = self._span(span, open_end=bool(slash))
        for value in (first, last):
            if not self.low <= value <= self.high:
                raise ScheduleError(f"{value} is no {self.name}; it must be {self.low} to {self.high}")
        return range(first, last + 1, step)

    def _span(self, text: str, *, open_end: bool) -> tuple[int, int]:
        if text == "*":
            return self.low, self.high
        start, dash, end = text.partition("-")
        first = self._number(start)
        if not dash:
            return first, self.high if open_end else first
        low, high = sorted((first, self._number(end)))
        return low, high

    def _number(self, text: str) -> int:
        if text.isascii() and text.isdigit():
            return int(text)
        for index, name in enumerate(self.names):
            if text and name.lower().startswith(text.lower()):
                return index + self.low
        raise ScheduleError(f"{text!r} is no {self.name}")


FIELDS = (
    Field("second", 0, 59),
    Field("minute", 0, 59),
    Field("hour", 0, 23),
    Field("day", 1, 31),
    Field("month", 1, 12, MONTHS),
    Field("weekday", 0, 6, WEEKDAYS),
)


@dataclass(frozen=True, slots=True)
class Schedule:
    """The times of a timer; each member holds the numbers that fit, in order."""

    seconds: Sequence[int]
    minutes: Sequence[int]
    hours: Sequence[int]
    days: frozenset[int]
    months: frozenset[int]
    weekdays: frozenset[int]

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a schedule.

        Raises:
            ScheduleError: it is not well formed, or never comes.
        """
        texts = text.split()
        if len(texts) == len(FIELDS) - 1:
            texts = ["0", *texts]
        if len(texts) != len(FIELDS):
            raise ScheduleError(
                f"{text!r} has {len(texts)} fields; six are needed: second minute hour day month weekday"
            )
        try:
            sets = [field.parse(part) for field, part in zip(FIELDS, texts, strict=True)]
        except ScheduleError as error:
            raise ScheduleError(f"{text!r}: {error}") from error
        seconds, minutes, hours = (sorted(numbers) for numbers in sets[:3])
        schedule = cls(seconds, minutes, hours, *sets[3:])
        schedule.next_after(datetime(2000, 1, 1, tzinfo=UTC))
        return schedule

    def next_after(self, base: datetime) -> datetime:
        """Answer the first time strictly after a moment in UTC.

        Raises:
            ScheduleError: there is none, as with 30 February.
        """
        earliest = base.replace(microsecond=0) + timedelta(seconds=1)
        for day in self._days_from(earliest.date()):
            found = self._time_from(earliest.time() if day == earliest.date() else time())
            if found is not None:
                return datetime.combine(day, found, UTC)
        raise ScheduleError("this schedule never comes: no such day in its months")

    def is_frequent(self) -> bool:
        """Say whether it comes more than once a minute."""
        return len(self.seconds) > 1

    def _days_from(self, first: date) -> Iterator[date]:
        for year in range(first.year, first.year + HORIZON_YEARS):
            for month in sorted(self.months):
                for number in range(1, calendar.monthrange(year, month)[1] + 1):
                    day = date(year, month, number)
                    if day >= first and number in self.days and day.isoweekday() % 7 in self.weekdays:
                        yield day

    def _time_from(self, earliest: time) -> time | None:
        """Answer the first time of a day that is not before the earliest."""
        for hour in self.hours:
            if hour < earliest.hour:
                continue
            for minute in self.minutes:
                if (hour, minute) < (earliest.hour, earliest.minute):
                    continue
                same_minute = (hour, minute) == (earliest.hour, earliest.minute)
                for second in self.seconds:
                    if not same_minute or second >= earliest.second:
                        return time(hour, minute, second)
        return None
