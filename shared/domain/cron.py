"""When a cron expression is due, by the clocks on the wall of a time zone.

Every hour of the wall clock that an expression names comes once a day: one that the clocks leap over in spring is due
at the first moment after the gap, and one that they show twice in autumn is due the first time. Only `*` for the hour
means each hour as it passes, whatever the clocks show.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError

HOURS = 24
MINUTES = 60
# what nobody types, but what would take long to read
LONGEST = 100


class CronFault(ValueError):
    """The expression cannot be used; the message says why, for a person."""


class Cron:
    """A cron expression of five fields: minute, hour, day of month, month, day of week.

    Args:
        text: as a person wrote it; names of days and months, ranges, lists, steps, `L` and `#` are understood.

    Raises:
        CronFault: it is none, or it is never due.
    """

    def __init__(self, text: str) -> None:
        fields = text.split()
        if len(fields) != 5 or len(text) > LONGEST or not text.isascii():  # noqa: PLR2004 - as in the sentence
            raise CronFault("A cron expression has five fields: minute, hour, day of month, month, day of week.")
        read = _simulated(" ".join(fields), datetime(2000, 1, 1, tzinfo=UTC))
        # said as numbers, so that a step as */2 is taken for the hours that it names
        self._text = " ".join([_listed(read.minutes, MINUTES), _listed(read.hours, HOURS), *fields[2:]])
        if next(_simulated(self._text, datetime(2000, 1, 1, tzinfo=UTC)), None) is None:
            raise CronFault("There is no such day.")

    def next_after(self, moment: datetime, zone: str) -> datetime:
        """Answer the first time after a moment that the expression is due, in UTC."""
        return next(self._due(moment, zone))

    def between(self, first: datetime, last: datetime, zone: str) -> Iterator[datetime]:
        """Yield each time after `first` and not after `last` that the expression is due, in UTC."""
        for due in self._due(first, zone):
            if due > last:
                return
            yield due

    def _due(self, moment: datetime, zone: str) -> Iterator[datetime]:
        reached = moment
        for local in _simulated(self._text, moment.astimezone(ZoneInfo(zone))):
            due = local.astimezone(UTC)
            # within the hour that comes twice, the wall clock of the second names what was due in the first
            if due > reached:
                reached = due
                yield due


def _listed(values: set[int], all_of_them: int) -> str:
    return "*" if len(values) == all_of_them else ",".join(str(value) for value in sorted(values))


def _simulated(text: str, moment: datetime) -> CronSim:
    try:
        return CronSim(text, moment)
    except CronSimError as error:
        raise CronFault(f"This is no cron expression: {str(error)[:1].lower()}{str(error)[1:]}.") from None
