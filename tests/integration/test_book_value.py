"""Book value is reckoned twice, for reports here and for views and lists in the database: both to the cent the same."""

import math
import random
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

from hypothesis import HealthCheck, given, settings, strategies as st
from psycopg.types.json import Jsonb

from shared.domain.asset import DepreciationMethod
from shared.domain.ownership import Costs, Owned
from shared.services import Services
from tests.factories import TenantMade

# each case is a row of the table itself, which is never written
ASKED = """
SELECT c.number, book_value(jsonb_populate_record(NULL::assets, c.asset), c.since, c.day, c.miles) AS value
FROM jsonb_to_recordset(%(cases)s) AS c (number integer, asset jsonb, since date, day date, miles numeric)
ORDER BY c.number
"""
AT_ONCE = 400


@dataclass(frozen=True)
class Case:
    """An asset's terms, the day that is asked about, and what it drove until then."""

    owned: Owned
    day: date
    miles_e6: Decimal

    def row(self, number: int) -> dict[str, Any]:
        """Answer it as the database is asked."""
        owned = self.owned
        asset = {
            "purchase_price": owned.purchase_price,
            "salvage_value": owned.salvage_value,
            "useful_life_years": owned.useful_life_years,
            "useful_life_miles": owned.useful_life_miles,
            "depreciation_method": owned.depreciation_method,
            "disposed_on": owned.disposed_on,
        }
        known = {name: str(value) for name, value in asset.items() if value is not None}
        miles = str(self.miles_e6 / 1_000_000)
        return {"number": number, "asset": known, "since": str(owned.owned_from), "day": str(self.day), "miles": miles}

    @property
    def value(self) -> Decimal | None:
        """Answer what reports say."""
        return self.owned.book_value(self.day, Costs(miles_e6=self.miles_e6))


TURNS = [
    date(2020, 2, 29),
    date(2021, 2, 28),
    date(2024, 2, 28),
    date(2024, 2, 29),
    date(2024, 3, 1),
    date(2023, 12, 31),
]
# amounts and lives whose parts often end on half a cent, among any
PRICES = [Decimal(text) for text in ("0", "3.65", "7.30", "36.50", "365.00", "73000.00", "0.01", "36600.00")]
LIVES = [Decimal(text) for text in ("1", "2", "4", "5", "8", "0.5", "2.5")]


def drawn(chance: random.Random) -> Case:
    """Draw a case: anything may be missing."""

    def day() -> date:
        return chance.choice(TURNS) if chance.random() < 0.2 else date(2000, 1, 1) + timedelta(chance.randrange(15_000))

    def amount() -> Decimal:
        return chance.choice(PRICES) if chance.random() < 0.4 else Decimal(chance.randrange(10**9)) / 100

    def maybe[T](draw: Callable[[], T], often: float = 0.8) -> T | None:
        return draw() if chance.random() < often else None

    owned = Owned(
        asset_id=1,
        asset_tag="",
        asset_name="",
        asset_type="van",
        status="available",
        benchmark_class=None,
        fuel_type=None,
        owned_from=day(),
        disposed_on=maybe(day, 0.3),
        purchase_price=maybe(amount, 0.95),
        salvage_value=maybe(amount, 0.5),
        useful_life_years=maybe(
            lambda: chance.choice(LIVES) if chance.random() < 0.5 else Decimal(chance.randrange(10, 9_900)) / 100, 0.9
        ),
        useful_life_miles=maybe(lambda: Decimal(chance.randrange(1, 9_000_000)) / 10),
        depreciation_method=maybe(lambda: chance.choice(list(DepreciationMethod))),
        market_value=None,
    )
    return Case(owned, day(), Decimal(chance.randrange(10**12)))


@given(seed=st.integers(0, 2**32))
@settings(max_examples=15, suppress_health_check=list(HealthCheck), deadline=None)
def test_the_database_reckons_as_reports_do(services: Services, tenant: TenantMade, seed: int) -> None:
    chance = random.Random(seed)
    assert_same(services, tenant, [drawn(chance) for _ in range(AT_ONCE)])


def test_half_a_cent_on_each_day_of_a_year(services: Services, tenant: TenantMade) -> None:
    """Half a cent goes away from zero in both, however the day's share of a year would be rounded by itself."""
    chance = random.Random(0)
    listed = []
    for days in range(1, 365):
        for method in (DepreciationMethod.STRAIGHT_LINE, DepreciationMethod.DECLINING_BALANCE):
            terms: dict[str, Any] = {
                "owned_from": date(2022, 5, 6),
                "disposed_on": None,
                "purchase_price": Decimal("3.65") * chance.randrange(1, 9_999),
                "salvage_value": None,
                "useful_life_years": Decimal(chance.choice([2, 4, 8])),
                "depreciation_method": method,
            }
            listed.append(Case(replace(drawn(chance).owned, **terms), date(2022, 5, 6) + timedelta(days), Decimal(0)))
    assert_same(services, tenant, listed)
    halves = [case for case in listed if _exact(case) * 1000 % 10 == 5]
    assert len(halves) > 50
    for case in halves:
        assert case.value == math.floor(_exact(case) * 100 + Fraction(1, 2)) / Decimal(100)


def _exact(case: Case) -> Fraction:
    """Answer the book value within the first year, not rounded."""
    owned = case.owned
    assert owned.purchase_price is not None
    assert owned.useful_life_years is not None
    times = 2 if owned.depreciation_method is DepreciationMethod.DECLINING_BALANCE else 1
    part = Fraction((case.day - owned.owned_from).days, 365) * times / Fraction(owned.useful_life_years)
    return Fraction(owned.purchase_price) * (1 - part)


def assert_same(services: Services, tenant: TenantMade, listed: list[Case]) -> None:
    rows = [case.row(number) for number, case in enumerate(listed)]
    with services.database.read(tenant.id) as tx:
        found = tx.all(ASKED, cases=Jsonb(rows))
    assert len(found) == len(listed)
    different = [(listed[row["number"]], row["value"]) for row in found if row["value"] != listed[row["number"]].value]
    assert not different, (len(different), different[0][0].value, different[0])
