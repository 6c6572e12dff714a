"""When cron expressions are due: on every day of the wall clock once, whatever the clocks do."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given, strategies as st

from shared.domain.cron import Cron, CronFault

NEW_YORK = "America/New_York"
ZONES = [NEW_YORK, "Europe/Berlin", "Australia/Lord_Howe", "America/Sao_Paulo", "Asia/Kolkata", "UTC", "Africa/Cairo"]
MOMENTS = st.integers(0, 20 * 366 * 86_400).map(
    lambda seconds: datetime(2015, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)
)


def due(text: str, first: datetime, days: int, zone: str = NEW_YORK) -> list[str]:
    """Answer the local times within some days."""
    found = Cron(text).between(first, first + timedelta(days=days), zone)
    return [f"{one.astimezone(ZoneInfo(zone)):%d %H:%M %Z}" for one in found]


def test_what_the_clocks_leap_over_in_spring_is_due_after_the_gap() -> None:
    assert due("30 2 * * *", datetime(2026, 3, 7, 5, tzinfo=UTC), 3) == ["07 02:30 EST", "08 03:00 EDT", "09 02:30 EDT"]


def test_what_the_clocks_show_twice_in_autumn_is_due_once() -> None:
    assert due("30 1 * * *", datetime(2026, 10, 31, 4, tzinfo=UTC), 3) == [
        "31 01:30 EDT",
        "01 01:30 EDT",
        "02 01:30 EST",
    ]


def test_nothing_is_due_again_between_the_two_hours() -> None:
    second_time = datetime(2026, 11, 1, 6, 10, tzinfo=UTC)
    assert second_time.astimezone(ZoneInfo(NEW_YORK)).strftime("%H:%M %Z") == "01:10 EST"
    assert Cron("30 1 * * *").next_after(second_time, NEW_YORK) == datetime(2026, 11, 2, 6, 30, tzinfo=UTC)


def test_two_times_that_fall_into_one_moment_are_one() -> None:
    assert due("0 2,3 * * *", datetime(2026, 3, 8, 5, tzinfo=UTC), 1) == ["08 03:00 EDT"]


def test_every_hour_is_each_hour_as_it_passes() -> None:
    days = {"spring": datetime(2026, 3, 8, 5, tzinfo=UTC), "autumn": datetime(2026, 11, 1, 4, tzinfo=UTC)}
    lengths = {"spring": 23, "autumn": 25}
    for name, first in days.items():
        found = list(Cron("15 * * * *").between(first, first + timedelta(hours=lengths[name]), NEW_YORK))
        assert len(found) == lengths[name]
        assert {later - earlier for earlier, later in pairwise(found)} == {timedelta(hours=1)}


@given(
    st.integers(0, 59),
    st.sets(st.integers(0, 23), min_size=1, max_size=23),
    st.dates(date(2015, 1, 1)),
    st.sampled_from(ZONES),
)
@example(30, {2}, date(2026, 3, 8), NEW_YORK)
@example(15, {2}, date(2026, 10, 4), "Australia/Lord_Howe")
def test_each_hour_that_is_named_comes_once_on_each_day(minute: int, hours: set[int], day: date, zone: str) -> None:
    """Against the wall clock itself, read minute by minute; what it never shows comes at the end of the gap."""
    day = min(day, date(2037, 12, 30))
    local = ZoneInfo(zone)
    begin = datetime(day.year, day.month, day.day, tzinfo=local).astimezone(UTC)
    end = datetime.combine(day + timedelta(days=1), datetime.min.time(), local).astimezone(UTC)
    text = f"{minute} {','.join(map(str, sorted(hours)))} * * *"
    found = list(Cron(text).between(begin - timedelta(seconds=1), end - timedelta(seconds=1), zone))
    shown: dict[str, datetime] = {}
    moment = begin
    while moment < end:
        shown.setdefault(f"{moment.astimezone(local):%H:%M}", moment)
        moment += timedelta(minutes=1)
    wanted = set()
    for hour in hours:
        later = [at for wall, at in shown.items() if wall >= f"{hour:02}:{minute:02}"]
        exact = shown.get(f"{hour:02}:{minute:02}")
        wanted |= {exact} if exact else {min(later)} if later else set()
    assert found == sorted(wanted)


@given(MOMENTS, st.lists(st.integers(0, 90_000), max_size=12), st.sampled_from(ZONES), st.integers(0, 59))
def test_however_often_one_looks_nothing_comes_twice_and_nothing_is_lost(
    first: datetime, waits: list[int], zone: str, minute: int
) -> None:
    cron = Cron(f"{minute} 1,2,13 * * *")
    looks = [first]
    for wait in waits:
        looks.append(looks[-1] + timedelta(seconds=wait))
    in_steps = [one for begin, end in pairwise(looks) for one in cron.between(begin, end, zone)]
    assert in_steps == list(cron.between(first, looks[-1], zone))
    assert len(set(in_steps)) == len(in_steps)
    assert all(earlier < later for earlier, later in pairwise(in_steps))
    assert cron.next_after(first, zone) > first


@pytest.mark.parametrize(
    "text",
    [
        *(
            "",
            "* * * *",
            "0 7 * * * *",
            "@daily",
            "0 25 * * *",
            "60 1 * * *",
            "0 7 * * MOON",
            "0 7 32 * *",
            "x y z a b",
        ),
        *("0 0 31 2 *", "0 7 * * 1#6", "0 0 */0 * *", "\u0661 1 * * *", "0 7 * * 1-0-2"),
    ],
)
def test_what_is_no_expression_is_refused_with_a_sentence(text: str) -> None:
    with pytest.raises(CronFault, match=r"^[A-Z].+\.$"):
        Cron(text)


@pytest.mark.parametrize(("text", "every"), [("* * * * *", 1), ("*/10 * * * *", 10), ("0,30 * * * *", 30)])
@pytest.mark.parametrize("first", [datetime(2026, 3, 8, 5, tzinfo=UTC), datetime(2026, 11, 1, 4, tzinfo=UTC)])
def test_some_minutes_of_every_hour_are_each_minute_as_it_passes(text: str, every: int, first: datetime) -> None:
    found = list(Cron(text).between(first, first + timedelta(hours=6), NEW_YORK))
    assert len(found) == 6 * 60 // every
    assert {later - earlier for earlier, later in pairwise(found)} == {timedelta(minutes=every)}


@given(st.text("0123456789*/,-#LWMONSUJA ", max_size=30))
def test_whatever_is_written_is_an_expression_or_a_fault(text: str) -> None:
    try:
        cron = Cron(text)
    except CronFault:
        return
    assert cron.next_after(datetime(2026, 1, 1, tzinfo=UTC), NEW_YORK) > datetime(2026, 1, 1, tzinfo=UTC)
