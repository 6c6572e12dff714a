"""What use comes to: exact sums, ratios of sums, and rounding only where it is shown."""

from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal

import pytest
from hypothesis import given, strategies as st

from shared.domain.errors import Invalid
from shared.domain.period import Period, PeriodReport, period_of
from shared.domain.usage import (
    A_MINUTE,
    SEVENTHS,
    Basis,
    DayUsage,
    GroupBy,
    Usage,
    first_of,
    measures,
    percentage,
    rounded,
    share,
    total,
)
from shared.domain.utilization import series, summary_of

AN_HOUR = 60 * A_MINUTE
TODAY = date(2025, 3, 10)
USAGES = st.builds(
    Usage,
    days_in_service=st.integers(0, 50),
    days_used=st.integers(0, 50),
    service_minutes=st.integers(0, 72_000),
    trips_count=st.integers(0, 500),
    active_us=st.integers(0, 10**13),
    miles_e6=st.integers(0, 10**12),
    fuel_e6=st.integers(0, 10**10),
    counted_us=st.integers(0, 10**13),
    base_us_7=st.integers(0, 10**14),
)


@given(st.integers(0, 10**24), st.integers(1, 10**18), st.integers(0, 6))
def test_rounding_is_half_up_as_that_of_decimals(part: int, whole: int, places: int) -> None:
    exact = (Decimal(part) / Decimal(whole)) if part % whole == 0 else None
    shown = rounded(part, whole, places)
    # scaled whole numbers, so that nothing is lost before the last step
    scaled = (part * 10**places * 2 + whole) // (2 * whole)
    assert shown == scaled / 10**places
    assert abs(scaled * whole - part * 10**places) * 2 <= whole
    if exact is not None:
        assert shown == float(exact)


@pytest.mark.parametrize(
    ("part", "whole", "expected"), [(1, 8, 12.5), (1, 3, 33.33), (2, 3, 66.67), (1, 800, 0.13), (5, 0, 0.0)]
)
def test_percentages(part: int, whole: int, expected: float) -> None:
    assert percentage(part, whole) == expected


def test_half_a_hundredth_goes_up() -> None:
    assert Decimal("0.125").quantize(Decimal("0.01"), ROUND_HALF_UP) == Decimal("0.13")
    assert (rounded(125, 1000, 2), rounded(124_999, 1_000_000, 2)) == (0.13, 0.12)


def test_published_examples_of_targets() -> None:
    # 72 hours in 14 days of a target of 50 a week
    assert share(72 * AN_HOUR, 14 * 50 * AN_HOUR, Basis.TARGET) == 72.0
    # 125 and 300 miles of 360 a day
    assert [round(share(miles, 7 * 360, Basis.TARGET) or 0) for miles in (125, 300)] == [35, 83]


def test_of_nothing_there_is_none_but_without_a_target_nothing_is_known() -> None:
    assert [share(0, 0, basis) for basis in Basis] == [0.0, 0.0, None]
    assert share(5, 0, Basis.CALENDAR) == 0.0


@given(st.lists(USAGES, max_size=40), st.dates(date(2000, 1, 1), date(2100, 1, 1)), st.sampled_from(GroupBy))
def test_groups_come_to_the_same_as_their_days(usages: list[Usage], first: date, group: GroupBy) -> None:
    if group is GroupBy.ASSET:
        return
    days = [DayUsage(first + timedelta(days=number), usage) for number, usage in enumerate(usages)]
    rows = series(days, group, Basis.CALENDAR)
    assert sum(row.trips_count for row in rows) == sum(one.trips_count for one in usages)
    assert sum(row.minutes_in_service for row in rows) == sum(one.service_minutes for one in usages)
    assert [row.date for row in rows] == sorted({first_of(day.day, group) for day in days})
    whole = summary_of(usages, Basis.CALENDAR)
    assert abs(sum(row.total_miles for row in rows) - whole.total_miles) <= 0.005 * (len(rows) + 1) + 1e-6
    assert whole.utilization_percentage == percentage(
        sum(one.counted_us for one in usages) * SEVENTHS, sum(one.base_us_7 for one in usages)
    )


@given(st.lists(USAGES, min_size=1, max_size=10))
def test_a_sum_does_not_depend_on_the_order(usages: list[Usage]) -> None:
    assert total(usages) == total(usages[::-1]) == total([total(usages[:1]), *usages[1:]])
    assert measures(total(usages), Basis.SHIFT)["target_miles_percentage"] is None


@pytest.mark.parametrize(
    ("group", "expected"),
    [(GroupBy.DAY, date(2025, 3, 9)), (GroupBy.WEEK, date(2025, 3, 3)), (GroupBy.MONTH, date(2025, 3, 1))],
)
def test_weeks_are_called_by_their_monday(group: GroupBy, expected: date) -> None:
    assert first_of(date(2025, 3, 9), group) == expected


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ((None, None), (date(2025, 2, 8), date(2025, 3, 9))),
        ((None, date(2025, 1, 30)), (date(2025, 1, 1), date(2025, 1, 30))),
        ((date(2025, 3, 1), None), (date(2025, 3, 1), date(2025, 3, 9))),
        # of a day that has not come, it is that day
        ((date(2025, 4, 1), None), (date(2025, 4, 1), date(2025, 4, 1))),
        ((None, date.min), (date.min, date.min)),
        ((date.max, date.max), (date.max, date.max)),
    ],
)
def test_what_is_not_said_of_a_period_is_usual(
    said: tuple[date | None, date | None], expected: tuple[date, date]
) -> None:
    assert period_of(PeriodReport(date_from=said[0], date_to=said[1]), TODAY) == Period(*expected)


@given(st.dates(), st.dates())
def test_a_period_is_in_order_and_no_longer_than_a_leap_year(first: date, last: date) -> None:
    asked = PeriodReport(date_from=first, date_to=last)
    if 0 <= (last - first).days <= 365:
        period = period_of(asked, TODAY)
        before = period.before
        assert before.last < period.first or period.first == date.min
        assert before.days == period.days or before.first == date.min
    else:
        with pytest.raises(Invalid):
            period_of(asked, TODAY)
