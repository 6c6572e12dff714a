"""When to replace: the equivalent uniform annual cost of keeping an asset for so many years, and break-even miles."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal, localcontext
from enum import StrEnum

from shared.domain.depreciation import PRECISION, to_cents

MILES = Decimal("0.1")
# fewer say nothing of a line, nor do many that are all of about one age
LEAST_POINTS, LEAST_YEARS = 3, 1


class Advice(StrEnum):
    """What to do with an asset."""

    KEEP = "keep"
    MOVE = "move"
    SHARE = "share"
    REPLACE = "replace"


class Growth(StrEnum):
    """Where the growth of yearly cost with age was taken from."""

    OWN_HISTORY = "own_history"
    SAME_TYPE = "assets_of_the_same_type"
    NONE = "none"


@dataclass(frozen=True)
class CostOfYears:
    """What each year of age costs, and how that is known.

    Attributes:
        costs: from the first year on.
        known: years of age whose cost is on record.
        growth: of the cost, a year.
        source: of the growth.
    """

    costs: Sequence[Decimal]
    known: frozenset[int]
    growth: Decimal
    source: Growth


def euac(price: Decimal, costs: Sequence[Decimal], values: Sequence[Decimal], rate: Decimal) -> list[Decimal]:
    """Answer the equivalent uniform annual cost of keeping for 1, 2, 3… years.

    Args:
        price: of purchase.
        costs: of each year, paid at its end.
        values: at the end of each year.
        rate: of discount, a year.
    """
    curve, paid = [], price
    with localcontext(PRECISION):
        for year, (cost, value) in enumerate(zip(costs, values, strict=True), start=1):
            growth = (1 + rate) ** year
            paid += cost / growth
            # what a sum today is worth as equal payments at the end of each year
            recovery = rate * growth / (growth - 1) if rate else Decimal(1) / year
            curve.append(to_cents((paid - value / growth) * recovery))
    return curve


def replacement_year(curve: Sequence[Decimal]) -> int | None:
    """Answer the year with the lowest cost, the first of equals, or None: the cost still falls in the last one."""
    if not curve:
        return None
    year = curve.index(min(curve)) + 1
    return None if year == len(curve) else year


def break_even_miles(fixed_annual_cost: Decimal, reimbursement: Decimal, running: Decimal) -> Decimal | None:
    """Answer the miles a year from which an own vehicle is cheaper than paying for miles, or None: never."""
    if reimbursement <= running:
        return None
    with localcontext(PRECISION):
        return (fixed_annual_cost / (reimbursement - running)).quantize(MILES, ROUND_HALF_UP)


def slope(points: Sequence[tuple[Decimal, Decimal]]) -> Decimal | None:
    """Answer by how much the second rises with the first, by least squares; None where there is nothing to fit."""
    ages = [age for age, _ in points]
    if len(points) < LEAST_POINTS or max(ages) - min(ages) < LEAST_YEARS:
        return None
    with localcontext(PRECISION):
        count = Decimal(len(points))
        mean_x, mean_y = sum(ages) / count, sum(y for _, y in points) / count
        spread = sum(((x - mean_x) ** 2 for x in ages), Decimal(0))
        return sum(((x - mean_x) * (y - mean_y) for x, y in points), Decimal(0)) / spread


def cost_of_years(
    known: Mapping[int, Decimal], present: tuple[Decimal, Decimal], of_type: Decimal | None, years: int
) -> CostOfYears:
    """Answer the cost of each year of age: on record where it is, else along a line through the latest that is known.

    Args:
        known: cost by year of age, of whole years on record; the first year is 1.
        present: the age, and what the last 365 days cost: the year that ends at that age.
        of_type: by how much the yearly cost of the tenant's assets of this type rises with a year of age.
        years: how many.
    """
    nearest = int(present[0].to_integral_value(ROUND_HALF_UP))
    # most of the last 365 days may be of a year that is on record: that one stands for them, or they would count twice
    age, latest = (Decimal(nearest), known[nearest]) if nearest in known else present
    own = slope([*((Decimal(year), cost) for year, cost in known.items() if year != age), (age, latest)])
    rise, source = (own, Growth.OWN_HISTORY) if own is not None else (of_type, Growth.SAME_TYPE)
    if rise is None:
        rise, source = Decimal(0), Growth.NONE
    # cost that falls with age is chance: such a line would have an asset kept for ever
    rise = max(rise, Decimal(0))
    costs = [known.get(year, to_cents(max(Decimal(0), latest + rise * (year - age)))) for year in range(1, years + 1)]
    return CostOfYears(costs, frozenset(known), to_cents(rise), source)


def values_of_years(price: Decimal, yearly_share: Decimal, years: int) -> list[Decimal]:
    """Answer the value at the end of each year where each keeps the same share of the one before."""
    with localcontext(PRECISION):
        return [to_cents(price * yearly_share**year) for year in range(1, years + 1)]
