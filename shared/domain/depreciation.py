"""Book value: what an asset is still worth on paper at the end of a day.

The purchase day ends with the price; what is written off in a period is the book value at its beginning less that at
its end, so the parts of a period sum to the whole. Years run from one anniversary of the purchase to the next, and
a year's share goes by its days. What is divided is divided once and last, so that half a cent is half a cent.
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
    years, days, length = _age(since, day)
    return years, Decimal(days) / Decimal(length)


def _age(since: date, day: date) -> tuple[int, int, int]:
    """Answer the whole years, the days of the year that follows, and how many that year has."""
    if day <= since:
        return 0, 0, 1
    years = day.year - since.year
    if anniversary(since, years) > day:
        years -= 1
    began = anniversary(since, years)
    return years, (day - began).days, (anniversary(since, years + 1) - began).days


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
    lost = _written_off(terms)
    with localcontext(PRECISION):
        if terms.method is DepreciationMethod.UNITS_OF_USE and terms.life_miles:
            used = min(terms.life_miles, max(Decimal(0), miles))
            return to_cents(terms.price - lost * used / terms.life_miles)
        if terms.method is DepreciationMethod.DECLINING_BALANCE:
            return to_cents(_declining(terms, *_age(terms.since, day)))
        years, days, length = _age(terms.since, day)
        used, whole = Decimal(years * length + days), terms.life_years * length
        return to_cents(terms.price - (lost if used >= whole else lost * used / whole))


def depreciation(terms: Terms, first: date, last: date, miles: tuple[Decimal, Decimal] = (Decimal(0),) * 2) -> Decimal:
    """Answer what is written off from `first` to `last`, with the miles driven until before and until their end."""
    before, after = book_values(terms, first, last, miles)
    return before - after


def book_values(
    terms: Terms, first: date, last: date, miles: tuple[Decimal, Decimal] = (Decimal(0),) * 2
) -> tuple[Decimal, Decimal]:
    """Answer the book values before `first` and at the end of `last`, with the miles driven until either."""
    before = first - timedelta(days=min(1, (first - date.min).days))
    return book_value(terms, before, miles[0]), book_value(terms, last, miles[1])


def _written_off(terms: Terms) -> Decimal:
    """Answer what is written off in a whole life: nothing where the salvage value is above the price."""
    return max(Decimal(0), terms.price - terms.salvage)


def _declining(terms: Terms, years: int, days: int, length: int) -> Decimal:
    """Take twice the straight line's rate off what is left, year by year, but not below the salvage value."""
    # nothing can lose more than all of it in a year
    life = max(Decimal(DOUBLE), terms.life_years)
    began = terms.price * ((life - DOUBLE) / life) ** years if years else terms.price
    left = began * (life * length - DOUBLE * days) / (life * length)
    return max(left, min(terms.salvage, terms.price))
