"""What a year costs, at any age: what is added up by days, what is read off a line, and which days either is of."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest

from shared.domain import advice, replacement
from shared.domain.advice import ReplacementRow, Setting
from shared.domain.asset import AssetStatus, AssetType
from shared.domain.benchmark import Published
from shared.domain.economics import year_until
from shared.domain.idle_asset import Activity, IdleAsset, with_costs
from shared.domain.ownership import Costs, Owned, cost_of_days
from shared.domain.replacement import Growth
from shared.domain.roi import Books

D = Decimal
BOUGHT = date(2021, 3, 1)
VAN = Owned(
    asset_id=1,
    asset_tag="V-1",
    asset_name="Van",
    asset_type="van",
    status="available",
    benchmark_class=None,
    fuel_type=None,
    owned_from=BOUGHT,
    disposed_on=None,
    purchase_price=D(36_500),
    salvage_value=None,
    useful_life_years=D(10),
    useful_life_miles=None,
    depreciation_method=None,
    market_value=None,
)


def row_of(owned: Owned, last: date, costs: Costs, shop: dict[int, Decimal] | None = None) -> ReplacementRow:
    setting = Setting(year_until(last), D("0.10"), D("0.7"), Published([], {}), {1: shop or {}}, {})
    return advice.rows([Books(owned, costs, costs, costs)], setting)[0]


def own_costs(known: list[int], age: str, cost: int) -> tuple[list[Decimal], Decimal, Growth]:
    """Answer what four years cost with so much on record, their growth and whose it is."""
    listed = {year: D(one) for year, one in enumerate(known, start=1)}
    made = replacement.cost_of_years(listed, (D(age), D(cost)), None, 4)
    return list(made.costs), made.growth, made.source


LINE = [D(700), D(1_400), D(2_100), D(2_800)]


@pytest.mark.parametrize("age", ["3", "3.002739", "3.25", "3.49"])
def test_a_year_on_record_is_not_counted_again_as_the_last_365_days(age: str) -> None:
    """Constructed: 700 more each year, and visits on one day of the year."""
    assert own_costs([700, 1_400, 2_100], age, 2_100) == (LINE, D(700), Growth.OWN_HISTORY)


@pytest.mark.parametrize(("age", "cost"), [("2.5", 1_750), ("2.9", 2_030), ("3", 2_100)])
def test_the_last_365_days_cost_what_the_year_that_ends_with_them_costs(age: str, cost: int) -> None:
    assert own_costs([700, 1_400], age, cost) == (LINE, D(700), Growth.OWN_HISTORY)


def test_a_year_that_began_before_the_record_is_known_by_its_last_365_days_alone() -> None:
    assert own_costs([], "6.5", 900) == ([D(900)] * 4, D(0), Growth.NONE)
    made = replacement.cost_of_years({}, (D("6.5"), D(900)), D(100), 8)
    assert (made.costs[5], made.costs[6], made.source) == (D(850), D(950), Growth.SAME_TYPE)


def test_assets_of_nearly_one_age_say_nothing_of_growth() -> None:
    """Three vans bought within a week differ by chance, which a line would stretch to years."""
    assert replacement.slope([(D("2.00"), D(100)), (D("2.01"), D(900)), (D("2.02"), D(400))]) is None
    assert replacement.slope([(D(1), D(100)), (D("1.5"), D(150)), (D(2), D(200))]) == 100


def test_a_type_grows_by_the_exact_ages_of_its_assets() -> None:
    last = date(2026, 2, 28)
    vans = [replace(VAN, asset_id=n, owned_from=date(2026 - n, 3, 1)) for n in (2, 3, 4)]
    spent = {n: Costs(maintenance=D(500 * n)) for n in (2, 3, 4)}
    books = [Books(one, spent[one.asset_id], spent[one.asset_id], spent[one.asset_id]) for one in vans]
    setting = Setting(year_until(last), D("0.10"), None, Published([], {}), {}, {})
    for row in advice.rows(books, setting):
        assert row.curve is not None
        # the maintenance of each, one year after another
        assert [one.cost for one in row.curve.years[:4]] == [500, 1_000, 1_500, 2_000]
        assert (row.curve.maintenance_growth, row.curve.growth_source) == (D(500), Growth.SAME_TYPE)


def test_a_young_asset_is_scaled_to_its_first_year() -> None:
    row = row_of(VAN, BOUGHT + timedelta(days=73), Costs(maintenance=D(100), insurance=D(20)))
    assert row.curve is not None
    assert [one.cost for one in row.curve.years[:2]] == [600, 600]
    assert row.curve.operating_cost == 100


@pytest.mark.parametrize("age", [1, 10, 100, 400])
def test_fixed_cost_of_a_year_is_the_same_at_any_age(age: int) -> None:
    """3,650 a year written off, nothing of it on the purchase day, and a policy of 1.00 a day that covers that day."""
    last = BOUGHT + timedelta(days=age)
    costs = Costs(insurance=D(min(age + 1, 365)))
    assert row_of(VAN, last, costs).fixed_annual_cost == D("4015.00")
    assert cost_of_days(VAN, year_until(last), costs, costs, 1) == D("11.00")


def test_on_the_purchase_day_nothing_is_written_off() -> None:
    policy = Costs(insurance=D(1))
    assert row_of(VAN, BOUGHT, policy).fixed_annual_cost == D("365.00")
    # it is owned from a later day, and the books are opened
    assert row_of(VAN, BOUGHT - timedelta(days=30), Costs()).fixed_annual_cost == D("0.00")


def test_miles_of_a_year_count_the_purchase_day() -> None:
    driven = Costs(miles_e6=D(11_000_000))
    assert row_of(VAN, BOUGHT + timedelta(days=10), driven).annual_miles == 365


def test_idleness_costs_what_a_day_costs_before_that_is_rounded() -> None:
    """20.03 a year is 0.0548… a day: 0.05 as it is shown, and 11.52 for 210 days, not 10.50."""
    bare, year = replace(VAN, purchase_price=None), year_until(date(2026, 3, 1))
    cheap = Costs(fees=D("20.03"))
    found = IdleAsset(
        asset_id=1,
        asset_name="Van",
        asset_type=AssetType.VAN,
        status=AssetStatus.AVAILABLE,
        last_activity_at=None,
        last_activity=Activity.TRIP,
        since=date(2025, 8, 3),
        days_idle=210,
        idle=True,
    )
    made = with_costs(found, lambda days: cost_of_days(bare, year, cheap, cheap, days))
    assert (made.cost_a_day, made.idle_cost) == (D("0.05"), D("11.52"))
    unknown = with_costs(found, None)
    assert (unknown.cost_a_day, unknown.idle_cost) == (None, None)
