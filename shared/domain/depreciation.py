"""Book value: what an asset is still worth on paper at the end of a day.

The purchase day ends with the price; what is written off in a period is the book value at its beginning less that at
its end, so the parts of a period sum to the whole. Years run from one anniversary of the purchase to the next, and
a year's share goes by its days.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Context, Decimal, localcontext

from shared.domain.asset import DepreciationMethod

CENT = Decimal("0.01")
# what is raised to a power or divided keeps far more places than cents have
PRECISION = Context(prec=50)
DOUBLE = 2


@dataclass(frozen=True)
class Terms:
    """How an asset is written off.

    Attributes:
        price: what it cost.
        since: the purchase day.
        life_years: over which it is written off.
        salvage: below which it is never written off.
        method: straight line unless said.
        life_miles: over which units of use are counted; without them, its own pace stands for all its life, which is
            straight line.
        until: its disposal; nothing is written off afterwards.
    """

    price: Decimal
    since: date
    life_years: Decimal
    salvage: Decimal = Decimal(0)
    method: DepreciationMethod = DepreciationMethod.STRAIGHT_LINE
    life_miles: Decimal | None = None
    until: date | None = None


def to_cents(amount: Decimal) -> Decimal:
    """Round as spreadsheets and PostgreSQL do: half away from zero."""
    return amount.quantize(CENT, ROUND_HALF_UP, PRECISION)


def years_between(since: date, day: date) -> tuple[int, Decimal]:
    """Answer the whole years from one day to another, and the part of the year that follows; none before it begins."""
    if day <= since:
        return 0, Decimal(0)
    years = day.year - since.year
    if anniversary(since, years) > day:
        years -= 1
    began = anniversary(since, years)
    return years, Decimal((day - began).days) / Decimal((anniversary(since, years + 1) - began).days)


def anniversary(since: date, years: int) -> date:
    """Answer the day of the month so many years on; 29 February becomes the 28th."""
    try:
        return since.replace(year=since.year + years)
    except ValueError:
        return since.replace(year=since.year + years, day=28)


def book_value(terms: Terms, day: date, miles: Decimal = Decimal(0)) -> Decimal:
    """Answer the book value at the end of a day, in cents.

    Args:
        terms: of the asset.
        day: any.
        miles: driven until then, for units of use.
    """
    day = day if terms.until is None else min(day, terms.until)
    with localcontext(PRECISION):
        if terms.method is DepreciationMethod.UNITS_OF_USE and terms.life_miles:
            used = min(Decimal(1), max(Decimal(0), miles) / terms.life_miles)
            return to_cents(terms.price - _written_off(terms) * used)
        years, part = years_between(terms.since, day)
        if terms.method is DepreciationMethod.DECLINING_BALANCE:
            return to_cents(_declining(terms, years, part))
        used = min(Decimal(1), (years + part) / terms.life_years)
        return to_cents(terms.price - _written_off(terms) * used)


def depreciation(terms: Terms, first: date, last: date, miles: tuple[Decimal, Decimal] = (Decimal(0),) * 2) -> Decimal:
    """Answer what is written off from `first` to `last`, with the miles driven until before and until their end."""
    before = first - timedelta(days=min(1, (first - date.min).days))
    return book_value(terms, before, miles[0]) - book_value(terms, last, miles[1])


def _written_off(terms: Terms) -> Decimal:
    """Answer what is written off in a whole life: nothing where the salvage value is above the price."""
    return max(Decimal(0), terms.price - terms.salvage)


def _declining(terms: Terms, years: int, part: Decimal) -> Decimal:
    """Take twice the straight line's rate off what is left, year by year, but not below the salvage value."""
    rate = min(Decimal(1), DOUBLE / terms.life_years)
    began = terms.price * (1 - rate) ** years if years else terms.price
    left = began * (1 - rate * part)
    return max(left, min(terms.salvage, terms.price))
