"""Payback: after how many years what an asset brings in has paid for it."""

from decimal import ROUND_HALF_UP, Context, Decimal, localcontext
from functools import lru_cache

from shared.domain.depreciation import PRECISION

YEARS = Decimal("0.01")
# far more places than years have; a logarithm of fifty takes ten times as long
LOGARITHMS = Context(prec=24)


def payback_years(price: Decimal, revenue: Decimal, operating_cost: Decimal) -> Decimal | None:
    """Answer the years, or None: never.

    Args:
        price: of purchase.
        revenue: a year.
        operating_cost: a year, in cash: depreciation would count the price twice.
    """
    surplus = revenue - operating_cost
    if surplus <= 0:
        return None
    return PRECISION.divide(price, surplus).quantize(YEARS, ROUND_HALF_UP, PRECISION)


def discounted_payback_years(
    price: Decimal, revenue: Decimal, operating_cost: Decimal, rate: Decimal
) -> Decimal | None:
    """Answer the years with later money worth less, at a yearly rate, or None: never."""
    surplus = revenue - operating_cost
    if surplus <= 0 or price * rate >= surplus:
        return None
    if rate == 0:
        return payback_years(price, revenue, operating_cost)
    with localcontext(LOGARITHMS):
        left = 1 - price * rate / surplus
        return (-left.ln() / _growth(rate)).quantize(YEARS, ROUND_HALF_UP)


@lru_cache(maxsize=100)
def _growth(rate: Decimal) -> Decimal:
    return (1 + rate).ln(LOGARITHMS)
