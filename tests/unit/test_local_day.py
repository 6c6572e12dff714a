"""Days and hours as clocks show them, where clocks are moved."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, strategies as st

from shared.domain.local_day import hour_minutes, local_day

ZONES = ["America/New_York", "Europe/Berlin", "Australia/Lord_Howe", "America/Santiago", "Asia/Kolkata", "Pacific/Apia"]


def other_hours(day: date, zone: str) -> dict[int, int]:
    return {hour: minutes for hour, minutes in enumerate(hour_minutes(day, zone)) if minutes != 60}


@pytest.mark.parametrize(
    ("zone", "day", "expected"),
    [
        ("America/New_York", date(2026, 3, 8), {2: 0}),
        ("America/New_York", date(2026, 11, 1), {1: 120}),
        ("America/New_York", date(2026, 3, 9), {}),
        ("Europe/Berlin", date(2026, 3, 29), {2: 0}),
        ("Europe/Berlin", date(2026, 10, 25), {2: 120}),
        # half an hour, there and back
        ("Australia/Lord_Howe", date(2026, 10, 4), {2: 30}),
        ("Australia/Lord_Howe", date(2026, 4, 5), {1: 90}),
        # clocks are moved at midnight
        ("America/Santiago", date(2026, 9, 6), {0: 0}),
        ("America/Santiago", date(2026, 4, 4), {23: 120}),
        # a day that never was
        ("Pacific/Apia", date(2011, 12, 30), dict.fromkeys(range(24), 0)),
    ],
)
def test_hours_are_as_long_as_clocks_make_them(zone: str, day: date, expected: dict[int, int]) -> None:
    assert other_hours(day, zone) == expected


@given(st.dates(date(1971, 1, 1), date(2036, 12, 31)), st.sampled_from(ZONES))
def test_the_hours_are_those_that_a_clock_shows(day: date, zone: str) -> None:
    """Watch a clock for every minute of two days and a half around the day."""
    place, began = ZoneInfo(zone), datetime(day.year, day.month, day.day, tzinfo=UTC) - timedelta(hours=15)
    shown = [0] * 24
    for minute in range(0, 54 * 60, 5):
        moment = (began + timedelta(minutes=minute)).astimezone(place)
        if moment.date() == day:
            shown[moment.hour] += 5
    assert hour_minutes(day, zone) == shown


@pytest.mark.parametrize("day", [date.min, date.max, date.max - timedelta(days=1)])
def test_the_ends_of_the_calendar_are_plain_days(day: date) -> None:
    assert hour_minutes(day, "America/New_York") == [60] * 24


def test_a_moment_falls_on_the_day_of_its_place() -> None:
    moment = datetime(2026, 3, 8, 3, 30, tzinfo=UTC)
    assert local_day(moment, "America/New_York") == date(2026, 3, 7)
    assert local_day(moment, "Europe/Berlin") == date(2026, 3, 8)
