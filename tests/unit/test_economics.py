"""The arithmetic of money over time, held to worked figures and where they are from."""

from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, strategies as st

from shared.domain import advice, cost, payback, replacement, roi
from shared.domain.advice import Setting
from shared.domain.asset import DepreciationMethod
from shared.domain.benchmark import OWNERSHIP, BenchmarkFigure, Published, Status, compare
from shared.domain.depreciation import Terms, anniversary, book_value, depreciation, to_cents, years_between
from shared.domain.economics import year_until
from shared.domain.ownership import Costs, Owned
from shared.domain.replacement import Growth
from shared.domain.roi import Books

D = Decimal
AMOUNTS = st.decimals(0, 999_999, places=2)
DAYS = st.dates(date(2016, 1, 1), date(2031, 12, 31))


def test_the_replacement_point_of_a_published_exercise() -> None:
    """Published with rounded factors: 5,700, 5,676.20, 5,687.20 (justaaa.com 104818); exact here, 4 and 5 derived."""
    values = replacement.values_of_years(D(20_000), D("0.85"), 5)
    curve = replacement.euac(D(20_000), [D(700 * year) for year in range(1, 6)], values, D("0.10"))
    assert curve == [D("5700.00"), D("5676.19"), D("5687.16"), D("5726.69"), D("5789.48")]
    assert replacement.replacement_year(curve) == 2


def test_a_cost_that_still_falls_has_no_replacement_point() -> None:
    assert replacement.replacement_year([D(3), D(2), D(1)]) is None
    assert replacement.replacement_year([]) is None
    assert replacement.replacement_year([D(1), D(2)]) == 1


def test_without_interest_the_annual_cost_is_the_mean() -> None:
    assert replacement.euac(D(900), [D(100), D(200)], [D(500), D(300)], D(0)) == [D("500.00"), D("450.00")]


@pytest.mark.parametrize(
    ("revenue", "expected", "discounted"),
    [(D(12_000), D("4.00"), D("5.01")), (D(4_000), None, None), (D(4_500), None, None), (D(6_900), D("12.50"), None)],
)
def test_payback(revenue: Decimal, expected: Decimal | None, discounted: Decimal | None) -> None:
    """Constructed: 30,000 with 4,500 of cash cost a year; never where nothing or too little is left over."""
    assert payback.payback_years(D(30_000), revenue, D(4_500)) == expected
    assert payback.discounted_payback_years(D(30_000), revenue, D(4_500), D("0.08")) == discounted


def test_payback_without_interest_is_the_same_discounted() -> None:
    assert payback.discounted_payback_years(D(30_000), D(12_000), D(4_500), D(0)) == D("4.00")


def test_fuel_used_counts_what_was_added() -> None:
    """Reported to a tracker of vehicles (traccar/traccar #5991): the difference of the levels alone gives 1."""
    assert cost.fuel_used(D(100), D(99), D(99)) == 100


def test_the_cost_of_idling() -> None:
    """Derived: gallons an hour of a large sedan (DOE, Fact #861) at AAA's price of 2025."""
    assert cost.idling_cost(D(250), D("0.39"), D("3.151")) == D("307.22")


def test_break_even_miles() -> None:
    assert replacement.break_even_miles(D(4_500), D("0.725"), D("0.275")) == D("10000.0")
    assert replacement.break_even_miles(D(4_500), D("0.275"), D("0.275")) is None


def terms(**more: object) -> Terms:
    said = {"price": D(10_000), "since": date(2020, 2, 29), "life_years": D(5), "salvage": D(1_000), **more}
    return Terms(**said)  # type: ignore[arg-type] # told apart by name


def test_straight_line() -> None:
    values = [book_value(terms(), anniversary(date(2020, 2, 29), year)) for year in range(8)]
    assert values == [10_000, 8_200, 6_400, 4_600, 2_800, 1_000, 1_000, 1_000]
    assert book_value(terms(), date(2019, 1, 1)) == 10_000
    # 184 of the 365 days after 28 February 2021
    assert book_value(terms(), date(2021, 8, 31)) == to_cents(D(8_200) - D(1_800) * 184 / 365)


def test_declining_balance() -> None:
    falling = terms(method=DepreciationMethod.DECLINING_BALANCE)
    values = [book_value(falling, anniversary(date(2020, 2, 29), year)) for year in range(7)]
    assert values == [10_000, 6_000, 3_600, 2_160, 1_296, 1_000, 1_000]
    at_once = terms(method=DepreciationMethod.DECLINING_BALANCE, life_years=D(1), salvage=D(0))
    assert [book_value(at_once, date(year, 2, 28)) for year in (2020, 2021, 2022)] == [10_000, 0, 0]


def test_units_of_use() -> None:
    used = terms(method=DepreciationMethod.UNITS_OF_USE, life_miles=D(100_000))
    assert book_value(used, date(2024, 1, 1), D(25_000)) == 7_750
    assert book_value(used, date(2024, 1, 1), D(250_000)) == 1_000
    assert depreciation(used, date(2024, 1, 1), date(2024, 12, 31), (D(25_000), D(35_000))) == 900
    unmeasured = terms(method=DepreciationMethod.UNITS_OF_USE)
    assert book_value(unmeasured, date(2023, 6, 1)) == book_value(terms(), date(2023, 6, 1))


def test_nothing_is_written_off_after_disposal_or_below_salvage() -> None:
    assert book_value(terms(until=date(2021, 2, 28)), date(2024, 1, 1)) == 8_200
    assert book_value(terms(salvage=D(12_000)), date(2024, 1, 1)) == 10_000


def test_years_go_by_anniversaries() -> None:
    assert years_between(date(2020, 2, 29), date(2021, 2, 28)) == (1, D(0))
    assert years_between(date(2020, 2, 29), date(2021, 2, 27)) == (0, D(364) / D(365))
    assert years_between(date(2023, 7, 1), date(2023, 6, 1)) == (0, D(0))


METHODS = st.sampled_from(list(DepreciationMethod))


@given(
    AMOUNTS,
    AMOUNTS,
    st.decimals("0.1", 60, places=2),
    METHODS,
    st.none() | st.decimals("0.1", 900_000, places=1),
    st.lists(DAYS, min_size=3, max_size=3).map(sorted),
)
def test_what_is_written_off_in_parts_is_written_off_in_the_whole(
    price: Decimal,
    salvage: Decimal,
    life: Decimal,
    method: DepreciationMethod,
    life_miles: Decimal | None,
    days: list[date],
) -> None:
    asset = Terms(price, date(2018, 5, 6), life, salvage, method, life_miles)
    first, cut, last = days
    driven = [D((day - date(2016, 1, 1)).days * 37) for day in days]
    one = depreciation(asset, first, cut, (driven[0], driven[1]))
    other = depreciation(asset, cut + timedelta(days=1), last, (driven[1], driven[2]))
    assert one + other == depreciation(asset, first, last, (driven[0], driven[2]))
    assert one >= 0
    assert min(price, salvage) <= book_value(asset, last, driven[2]) <= price


@given(st.decimals(-99_999, 999_999, places=2), st.lists(DAYS, min_size=2, max_size=2).map(sorted), st.lists(DAYS))
def test_an_amount_is_spread_to_the_cent_over_any_cut(amount: Decimal, period: list[date], cuts: list[date]) -> None:
    start, end = period
    edges = sorted({start, end + timedelta(days=1), *(cut for cut in cuts if start < cut <= end)})
    parts = [cost.falling_in(amount, (start, end), edge, after - timedelta(days=1)) for edge, after in pairwise(edges)]
    assert sum(parts) == amount
    even = Fraction(amount) / ((end - start).days + 1)
    for part, (edge, after) in zip(parts, pairwise(edges), strict=True):
        assert abs(Fraction(part) - even * (after - edge).days) <= Fraction(1, 100)


@given(
    st.lists(st.tuples(st.integers(1, 30), st.decimals(0, 50, places=3)), max_size=30),
    st.dictionaries(
        st.integers(1, 30).map(lambda day: date(2026, 6, day)), st.decimals("0.01", 9, places=4), max_size=4
    ),
    st.integers(1, 29),
)
def test_estimated_fuel_adds_up(used: list[tuple[int, Decimal]], prices: dict[date, Decimal], cut: int) -> None:
    gallons = [(date(2026, 6, day), amount) for day, amount in used]
    first, middle, last = date(2026, 6, 1), date(2026, 6, cut), date(2026, 6, 30)
    one = cost.estimated_fuel(gallons, prices, first, middle)
    other = cost.estimated_fuel(gallons, prices, middle + timedelta(days=1), last)
    whole = cost.estimated_fuel(gallons, prices, first, last)
    assert (one[0] + other[0], one[1] + other[1]) == whole
    assert prices or whole[0] == 0


def test_fuel_without_a_price_is_named() -> None:
    day = date(2026, 6, 10)
    prices = {date(2026, 6, 11): D("3.999")}
    gallons = [(day, D(2)), (day + timedelta(days=1), D(10))]
    assert cost.estimated_fuel(gallons, prices, date(2026, 6, 1), date(2026, 6, 30)) == (D("39.99"), D(2))


def test_cost_of_years_comes_from_the_record_then_the_line_then_the_type() -> None:
    known = {1: D(700), 2: D(1_400)}
    own = replacement.cost_of_years(known, (D(3), D(2_100)), D(5), 5)
    assert (own.costs, own.growth, own.source) == (
        [D(one) for one in (700, 1_400, 2_100, 2_800, 3_500)],
        D(700),
        Growth.OWN_HISTORY,
    )
    alike = replacement.cost_of_years({}, (D(3), D(2_100)), D(50), 4)
    assert (alike.costs, alike.source) == ([D(one) for one in (2_000, 2_050, 2_100, 2_150)], Growth.SAME_TYPE)
    alone = replacement.cost_of_years({}, (D(3), D(2_100)), None, 2)
    assert (alone.costs, alone.source) == ([D(2_100), D(2_100)], Growth.NONE)
    falling = replacement.cost_of_years({}, (D(1), D(500)), D(-90), 3)
    assert list(falling.costs) == [D(500)] * 3


def test_the_worked_example_of_the_documentation() -> None:
    """Constructed: as `docs/economics.md` tells it."""
    van = Owned(
        asset_id=1,
        asset_tag="V-1",
        asset_name="Van",
        asset_type="van",
        status="available",
        benchmark_class=None,
        fuel_type="diesel",
        owned_from=date(2024, 1, 1),
        disposed_on=None,
        purchase_price=D(48_000),
        salvage_value=D(12_000),
        useful_life_years=D(6),
        useful_life_miles=None,
        depreciation_method=None,
        market_value=None,
    )
    life = Costs(D(2_400), D(6_000), D(0), D(3_000), tolls=D(600), revenue=D(45_000), miles_e6=D(40_000_000_000))
    year = Costs(D(1_300), D(3_100), D(0), D(1_500), tolls=D(300), revenue=D(24_000), miles_e6=D(20_000_000_000))
    made = roi.row(Books(van, life, year, year), year_until(date(2026, 1, 1)), D("0.08"))
    assert (made.current_value, made.current_value_basis) == (D(36_000), "book")
    assert (made.total_cost_of_ownership, made.net_cost_of_ownership) == (D(60_000), D(24_000))
    assert (made.roi_percentage, made.cost_per_mile) == (35.0, 1.5)
    assert (made.running_cost_per_mile, made.ownership_cost_per_mile) == (0.235, 0.61)
    assert (made.days_owned, made.daily_cost) == (731, D("19.70"))
    assert (made.payback_years, made.discounted_payback_years) == (2.7, 3.16)
    assert replacement.break_even_miles(D(7_500), D("0.725"), D("0.235")) == D("15306.1")


def test_amounts_of_nothing_have_two_places() -> None:
    bare = Owned(
        asset_id=1,
        asset_tag="V-1",
        asset_name="Van",
        asset_type="van",
        status="available",
        benchmark_class=None,
        fuel_type=None,
        owned_from=date(2024, 1, 1),
        disposed_on=None,
        purchase_price=D(48_000),
        salvage_value=None,
        useful_life_years=None,
        useful_life_miles=None,
        depreciation_method=None,
        market_value=D(1),
    )
    made = roi.row(Books(bare, Costs(), Costs(), Costs()), year_until(date(2026, 1, 1)), D("0.08"))
    amounts = [value for value in made.model_dump().values() if isinstance(value, Decimal)]
    assert len(amounts) == 11
    assert {value.as_tuple().exponent for value in amounts} == {-2}


def test_a_published_cost_by_the_mile_is_no_line() -> None:
    """Published (AAA 2018, all cars): 75.31, 58.99 and 51.06 cents at 10, 15 and 20 thousand miles a year."""
    points = [(10_000, D("75.31")), (15_000, D("58.99")), (20_000, D("51.06"))]
    figures = [
        BenchmarkFigure(
            benchmark_class="cars", basis=OWNERSHIP, figure=float(cents), unit="¢/mi", currency="USD",
            annual_miles=miles, year="2018", source="AAA", status=Status.PUBLISHED,
        )
        for miles, cents in points
    ]  # fmt: skip
    known = Published(figures, {"type:car": [("cars", None)]})
    classes = known.classes_of(None, "car", None)
    for miles, expected in ((12_500, 0.6715), (17_500, 0.5503), (9_999, None), (25_000, None), (15_000, None)):
        compared = compare(known, classes, {OWNERSHIP: 0.6}, D(miles), "USD")
        between = [one.figure for one in compared if one.interpolated]
        assert between == ([] if expected is None else [expected])
        assert [one.figure for one in compared if not one.interpolated] == [0.7531, 0.5899, 0.5106]
    assert compare(known, classes, {OWNERSHIP: 0.6}, D(12_500), "EUR") == []


def test_a_kept_figure_in_a_unit_of_something_else_is_passed_over() -> None:
    said: dict[str, Any] = {
        "benchmark_class": "cars",
        "basis": OWNERSHIP,
        "figure": 80,
        "year": "2018",
        "source": "AAA",
    }
    published = BenchmarkFigure(**said, unit="¢/mi", status=Status.PUBLISHED)
    for unit, status in (("yr", Status.PUBLISHED), ("/mi", Status.OWN), ("¢/mi", Status.OWN)):
        known = Published([BenchmarkFigure(**said, unit=unit, status=Status.OWN), published], {})
        assert [one.status for one in compare(known, ["cars"], {OWNERSHIP: 0.6}, D(1), "USD")] == [status]


SOME = st.none() | AMOUNTS
COSTS = st.builds(
    Costs,
    *(AMOUNTS for _ in range(4)),
    revenue=AMOUNTS,
    tolls=AMOUNTS,
    miles_e6=st.integers(0, 10**12).map(D),
)
OWNED = st.builds(
    Owned,
    *(st.just(1), st.just("T"), st.just("N"), st.sampled_from(["car", "truck"]), st.just("available")),
    *(st.none(), st.sampled_from([None, "diesel"]), DAYS, st.none() | DAYS, SOME, SOME),
    st.none() | st.decimals("0.1", 60, places=2),
    st.none() | st.decimals("0.1", 900_000, places=1),
    st.none() | METHODS,
    SOME,
)


@given(st.lists(st.builds(Books, OWNED, COSTS, COSTS, COSTS), max_size=4), st.decimals(0, 1, places=4))
def test_no_fleet_breaks_a_report(books: list[Books], rate: Decimal) -> None:
    period = year_until(date(2026, 1, 1))
    made = roi.report(books, period, "USD", rate)
    for row in made.data:
        assert row.days_owned >= 1
        for name in ("roi", "payback", "cost_per_mile", "running_cost_per_mile", "ownership_cost_per_mile"):
            value = getattr(row, {"roi": "roi_percentage", "payback": "payback_years"}.get(name, name))
            assert (value is None) == (getattr(row, f"{name}_reason") is not None)
    setting = Setting(period, rate, D("0.7"), Published([], {}), {}, {})
    assert all(one.advice for one in advice.rows(books, setting))
