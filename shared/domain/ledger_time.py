"""Reads dates and times as spreadsheets write them, where they can only mean one thing."""

import re
from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import Final
from zoneinfo import ZoneInfo

EARLIEST: Final = date(1990, 1, 1)

_RFC3339 = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:[Zz]|[+-]\d\d:\d\d)", re.ASCII)
_DAY = re.compile(
    r"(?P<first>\d{1,4})(?P<mark>[-/.])(?P<second>\d{1,2})(?P=mark)(?P<third>\d{1,4})(?P<rest>\D.*)?",
    re.ASCII | re.DOTALL,
)
_TIME = re.compile(
    r"(?:[T\s]+|,\s*)(?P<hour>\d{1,2}):(?P<minute>\d\d)(?::(?P<second>\d\d)(?P<part>[.,]\d{1,9})?)?"
    r"\s*(?P<half>[AaPp]\.?[Mm]\.?)?\s*(?P<offset>[Zz]|UTC|GMT|[+-]\d\d:?\d\d)?",
    re.ASCII,
)
_LONGEST = 100
_NOON = 12
_LAST_MONTH = 12


class Order(StrEnum):
    """In which order a file's column writes day and month."""

    UNKNOWN = "unknown"
    DAY_FIRST = "day first"
    MONTH_FIRST = "month first"


def order_of(cells: Iterable[str]) -> Order:
    """Find the order that a column proves: some cell has a part that is no month, and none says otherwise."""
    found: set[Order] = set()
    for cell in cells:
        parts = _DAY.fullmatch(cell.strip()) if 0 < len(cell) <= _LONGEST else None
        if parts and parts["mark"] != "." and len(parts["third"]) == len("2026"):
            first, second = int(parts["first"]), int(parts["second"])
            if first > _LAST_MONTH:
                found.add(Order.DAY_FIRST)
            elif second > _LAST_MONTH:
                found.add(Order.MONTH_FIRST)
    return found.pop() if len(found) == 1 else Order.UNKNOWN


def instant(text: str) -> datetime | None:
    """Answer the moment that RFC 3339 names, or None if the text is none; raise ValueError if there is no such."""
    if not _RFC3339.fullmatch(text):
        return None
    try:
        return datetime.fromisoformat(text.upper()).astimezone(UTC)
    except (ValueError, OverflowError):
        raise ValueError("there is no such time") from None


def day(text: str, order: Order) -> date:
    """Answer the day that a text means; raise ValueError with what is unclear about it."""
    found, rest = _day(text, order)
    if rest and (_time(rest)[0] != time(0)):
        raise ValueError("this is a time; a date is written as 2026-01-31")
    return found


def moment(text: str, order: Order, zone: ZoneInfo | None) -> datetime:
    """Answer the moment that a text means in a zone; raise ValueError with what is unclear about it."""
    found, rest = _day(text, order)
    if not rest:
        raise ValueError("the time of day is missing")
    clock, offset = _time(rest)
    try:
        if offset is not None:
            return datetime.combine(found, clock, offset.tzinfo).astimezone(UTC)
        return _in_zone(datetime.combine(found, clock), zone)
    except OverflowError:
        raise ValueError("there is no such time") from None


def _in_zone(local: datetime, zone: ZoneInfo | None) -> datetime:
    if zone is None:
        raise ValueError("write the time with its offset, as 2026-01-31T09:30:00-05:00")
    first, second = (local.replace(tzinfo=zone, fold=fold) for fold in (0, 1))
    if first.utcoffset() == second.utcoffset():
        return first.astimezone(UTC)
    if first.astimezone(UTC).astimezone(zone).replace(tzinfo=None) != local:
        raise ValueError(f"the clocks of {zone.key} skipped this time; write it with its offset")
    raise ValueError(f"the clocks of {zone.key} showed this time twice; write it with its offset")


def _day(text: str, order: Order) -> tuple[date, str]:
    parts = _DAY.fullmatch(text) if len(text) <= _LONGEST else None
    if not parts:
        raise ValueError("this is no date; write it as 2026-01-31")
    first, second, third = (int(parts[name]) for name in ("first", "second", "third"))
    if len(parts["first"]) == len("2026"):
        year, month, number = first, second, third
    elif len(parts["third"]) == len("2026"):
        year, (number, month) = third, _sorted_out(first, second, parts["mark"], order)
    else:
        raise ValueError("write the year with four digits, as 2026-01-31")
    try:
        return date(year, month, number), parts["rest"] or ""
    except ValueError:
        raise ValueError("there is no such day") from None


def _sorted_out(first: int, second: int, mark: str, order: Order) -> tuple[int, int]:
    """Answer day and month of two numbers: where a dot stands between them, the day comes first all over the world."""
    if mark == "." or first > _LAST_MONTH or first == second or order is Order.DAY_FIRST:
        return first, second
    if second > _LAST_MONTH or order is Order.MONTH_FIRST:
        return second, first
    raise ValueError("day and month could be either way round; write the date as 2026-01-31")


def _time(rest: str) -> tuple[time, datetime | None]:
    """Answer the time of day, and any moment with the offset that stands behind it."""
    parts = _TIME.fullmatch(rest)
    if not parts:
        raise ValueError("this is no time; write it as 2026-01-31T09:30:00-05:00")
    hour = int(parts["hour"])
    if parts["half"]:
        if not 1 <= hour <= _NOON:
            raise ValueError("there is no such time")
        hour = hour % _NOON + (_NOON if parts["half"][0] in "Pp" else 0)
    micros = int((parts["part"] or ".0")[1:7].ljust(6, "0"))
    try:
        clock = time(hour, int(parts["minute"]), int(parts["second"] or 0), micros)
        return clock, _offset(parts["offset"])
    except ValueError:
        raise ValueError("there is no such time") from None


def _offset(text: str | None) -> datetime | None:
    if text is None:
        return None
    plain = "+00:00" if text[0] not in "+-" else text
    return datetime.fromisoformat(f"2000-01-01T00:00:00{plain}")


def ahead(latest: datetime) -> str:
    """Answer what is said of a time after the latest that can be."""
    return f"this lies in the future, after {latest:%Y-%m-%dT%H:%MZ}"


def latest_of(now: datetime) -> datetime:
    """Answer the latest moment that a row may be of: a clock may be wrong by a day, not by more."""
    return now + timedelta(days=1)
