"""Schedules of timers, compared with a scan of every second or minute."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, strategies as st

from local.host.ncrontab import FIELDS, Schedule, ScheduleError
from local.host.timerstatus import NEVER, TimerStatus

START = datetime(2026, 11, 23, 15, 30, 10, tzinfo=UTC)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("schedule", "expected"),
    [
        ("0 */5 * * * *", "2026-11-23 15:35:00"),
        ("*/5 * * * *", "2026-11-23 15:35:00"),
        ("10 30 15 * * *", "2026-11-24 15:30:10"),
        ("11 30 15 * * *", "2026-11-23 15:30:11"),
        ("0 0 9 * * Mon-Fri", "2026-11-24 09:00:00"),
        ("0 0 9 * * Fri-Mon", "2026-11-24 09:00:00"),
        ("0 0 0 1 jan *", "2027-01-01 00:00:00"),
        ("0 0 0 1 1,jul *", "2027-01-01 00:00:00"),
        ("0 0 3 29 2 *", "2028-02-29 03:00:00"),
        ("0 50/5 15 * * *", "2026-11-23 15:50:00"),
        ("0 0 0 13 * Fri", "2027-08-13 00:00:00"),
        ("0 0 0 29 feb mon", "2044-02-29 00:00:00"),
        ("30-40/5 30 15 * * *", "2026-11-23 15:30:30"),
        ("0 0 0 * * sat,sunday", "2026-11-28 00:00:00"),
    ],
)
def test_next_time(schedule: str, expected: str) -> None:
    assert Schedule.parse(schedule).next_after(START) == at(expected)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "* * * *",
        "* * * * * * *",
        "60 * * * * *",
        "0 0 24 * * *",
        "0 0 0 0 * *",
        "0 0 0 * 13 *",
        "0 0 0 * * 7",
        "0 0 0 30 feb *",
        "*/0 * * * * *",
        "0 0 0 L * *",
        "0 0 0 ? * *",
        "0 0 0 * * mon#2",
        "@daily",
        "-5 * * * * *",
        "1- * * * * *",
        "0 0 0 * foo *",
        "00:05:00",
    ],
)
def test_what_is_no_schedule_is_refused(text: str) -> None:
    with pytest.raises(ScheduleError):
        Schedule.parse(text)


def numbers(index: int) -> st.SearchStrategy[str]:
    low, high = FIELDS[index].low, FIELDS[index].high
    number = st.integers(low, high)
    step = st.integers(1, high)
    item = st.one_of(
        st.just("*"),
        number.map(str),
        st.tuples(number, number).map(lambda pair: f"{pair[0]}-{pair[1]}"),
        st.tuples(number, number, step).map(lambda three: f"{three[0]}-{three[1]}/{three[2]}"),
        step.map(lambda each: f"*/{each}"),
        st.tuples(number, step).map(lambda pair: f"{pair[0]}/{pair[1]}"),
    )
    return st.lists(item, min_size=1, max_size=3).map(",".join)


def fits(schedule: str, time: datetime) -> bool:
    """Decide by another way than the code: each field's items, straight from the text."""
    values = (time.second, time.minute, time.hour, time.day, time.month, time.isoweekday() % 7)
    return all(
        any(_item_fits(item, value, field.low, field.high) for item in text.split(","))
        for field, text, value in zip(FIELDS, schedule.split(), values, strict=True)
    )


def _item_fits(item: str, value: int, low: int, high: int) -> bool:
    span, _, step = item.partition("/")
    if span == "*":
        first, last = low, high
    elif "-" in span:
        first, last = sorted(int(part) for part in span.split("-"))
    else:
        first, last = int(span), high if step else int(span)
    return first <= value <= last and (value - first) % int(step or 1) == 0


times = st.datetimes(datetime(2024, 1, 1), datetime(2031, 1, 1)).map(lambda time: time.replace(tzinfo=UTC))  # noqa: DTZ001  hypothesis wants them bare


@given(minute=numbers(1), hour=numbers(2), weekday=numbers(5), start=times)
def test_minutes_agree_with_a_scan_of_a_week(minute: str, hour: str, weekday: str, start: datetime) -> None:
    schedule = f"0 {minute} {hour} * * {weekday}"
    first = start.replace(second=0, microsecond=0) + timedelta(minutes=1)
    scan = (first + timedelta(minutes=count) for count in range(8 * 24 * 60))
    assert Schedule.parse(schedule).next_after(start) == next(time for time in scan if fits(schedule, time))


@given(second=numbers(0), minute=numbers(1), start=times)
def test_seconds_agree_with_a_scan_of_an_hour(second: str, minute: str, start: datetime) -> None:
    schedule = f"{second} {minute} * * * *"
    first = start.replace(microsecond=0) + timedelta(seconds=1)
    scan = (first + timedelta(seconds=count) for count in range(2 * 3600))
    assert Schedule.parse(schedule).next_after(start) == next(time for time in scan if fits(schedule, time))


@given(day=numbers(3), month=numbers(4), weekday=numbers(5), start=times)
def test_days_agree_with_a_scan_of_forty_one_years(day: str, month: str, weekday: str, start: datetime) -> None:
    schedule = f"0 0 0 {day} {month} {weekday}"
    midnight = start.replace(hour=0, minute=0, second=0, microsecond=0)
    scan = (midnight + timedelta(days=count) for count in range(1, 41 * 366))
    expected = next((time for time in scan if fits(schedule, time)), None)
    try:
        found = Schedule.parse(schedule).next_after(start)
    except ScheduleError:
        assert expected is None
    else:
        assert found == expected


def test_a_schedule_with_two_seconds_is_frequent() -> None:
    assert Schedule.parse("0,30 * * * * *").is_frequent()
    assert not Schedule.parse("0 * * * * *").is_frequent()


def test_a_status_survives_its_text() -> None:
    status = TimerStatus.first(Schedule.parse("0 */5 * * * *"), START)
    members = status.to_members()
    assert members["Last"] == "0001-01-01T00:00:00"
    assert members["Next"] == "2026-11-23T15:35:00+00:00"
    assert TimerStatus.from_json(str(members).replace("'", '"')) == status
    assert status.last == NEVER


@pytest.mark.parametrize("text", ["{}", "[]", "nonsense", '{"Last": 1, "Next": 2, "LastUpdated": 3}'])
def test_a_status_that_is_none_is_told(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        TimerStatus.from_json(text)


def test_a_clock_that_wakes_early_does_not_run_twice() -> None:
    schedule = Schedule.parse("0 */5 * * * *")
    due = at("2026-11-23 15:35:00")
    status = TimerStatus(NEVER, due, START)
    woken = due - timedelta(milliseconds=300)
    assert status.after_run(schedule, due, woken).next == at("2026-11-23 15:40:00")


def test_a_run_over_several_ticks_skips_them() -> None:
    schedule = Schedule.parse("0 */5 * * * *")
    due = at("2026-11-23 15:35:00")
    status = TimerStatus(NEVER, due, START).after_run(schedule, due, due + timedelta(minutes=12))
    assert status.last == due
    assert status.next == at("2026-11-23 15:50:00")


def test_a_changed_schedule_is_not_past_due() -> None:
    now = at("2026-11-23 15:32:00")
    stored = TimerStatus(NEVER, at("2026-11-23 15:31:00"), at("2026-11-23 15:30:00"))
    assert stored.under(Schedule.parse("0 * * * * *"), now) is stored
    assert stored.under(Schedule.parse("0 0 * * * *"), now).next == at("2026-11-23 16:00:00")
