"""The local days that the demo data covers."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

DAYS = 120


@dataclass(frozen=True)
class Period:
    """The days up to and including `end`, in a time zone (IANA name)."""

    end: date
    time_zone: str

    @property
    def start(self) -> date:
        """Answer the first day."""
        return self.ago(DAYS - 1)

    @property
    def days(self) -> list[date]:
        """Answer every day, in order."""
        return [self.start + timedelta(days=number) for number in range(DAYS)]

    @property
    def closes(self) -> datetime:
        """Answer the midnight after the last day; nothing has happened later."""
        return self.at(self.ago(-1), 0)

    def ago(self, days: int) -> date:
        """Answer the day so many days before the last one."""
        return self.end - timedelta(days=days)

    def at(self, day: date, hour: float) -> datetime:
        """Answer the moment, in UTC, at which clocks show an hour (7.5 is half past seven) of a local day."""
        shown = datetime.combine(day, time(), ZoneInfo(self.time_zone)) + timedelta(seconds=round(hour * 3600))
        return shown.astimezone(UTC)

    def day_of(self, moment: datetime) -> date:
        """Answer the local day of a moment."""
        return moment.astimezone(ZoneInfo(self.time_zone)).date()

    def clock_changes(self) -> list[date]:
        """Answer the days that have 23 or 25 hours."""
        usual = timedelta(days=1)
        return [day for day in self.days if self.at(day + usual, 0) - self.at(day, 0) != usual]

    def until_now(self, moment: datetime) -> datetime:
        """Answer the moment, or the end of the period if it lies behind that."""
        return min(moment, self.closes)
