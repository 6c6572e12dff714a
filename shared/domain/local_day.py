"""Days as people at a place live them: 23, 24 or 25 hours long, and some hours none or two."""

import itertools
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

HOURS: Final = 24
_MINUTE: Final = timedelta(minutes=1)
_A_PLAIN_HOUR: Final = 60
_A_PLAIN_DAY: Final = timedelta(days=1)


def local_day(moment: datetime, zone: str) -> date:
    """Answer the day that a moment falls on."""
    return moment.astimezone(ZoneInfo(zone)).date()


def hour_minutes(day: date, zone: str) -> list[int]:
    """Answer how many minutes each hour of the clock lasts on a day: 60, but none or 120 where clocks are moved."""
    place = ZoneInfo(zone)
    if not date.min < day < date.max - _A_PLAIN_DAY:
        return [_A_PLAIN_HOUR] * HOURS
    end = _instant(day + _A_PLAIN_DAY, 0, place)
    if end - _instant(day, 0, place) == _A_PLAIN_DAY:
        return [_A_PLAIN_HOUR] * HOURS
    # a day that a place left out altogether, as Samoa did, ends when it begins
    bounds = [min(_instant(day, hour, place), end) for hour in range(HOURS)] + [end]
    return [(after - before) // _MINUTE for before, after in itertools.pairwise(bounds)]


def _instant(day: date, hour: int, place: ZoneInfo) -> datetime:
    """Answer when a clock first shows an hour, or would have: clocks that leave it out show a later one then."""
    return datetime.combine(day, time(hour), place).astimezone(UTC)
