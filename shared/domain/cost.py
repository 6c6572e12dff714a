"""Costs by date: how an amount is spread over days, what fuel costs, and what belongs to which figure."""

from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal, localcontext
from enum import StrEnum

from shared.domain.depreciation import PRECISION, to_cents


class CostCategory(StrEnum):
    """What a cost entry is for."""

    FUEL = "fuel"
    INSURANCE = "insurance"
    FINANCE = "finance"
    FEES = "fees"
    TYRES = "tyres"
    TOLLS = "tolls"
    ACCIDENT = "accident"
    OTHER = "other"


def until(amount: Decimal, start: date, end: date, day: date) -> Decimal:
    """Answer the part of an amount for the days from `start` to `end` that has fallen until the end of a day."""
    days = (end - start).days + 1
    passed = min(max((day - start).days + 1, 0), days)
    with localcontext(PRECISION):
        return to_cents(amount * passed / days)


def falling_in(amount: Decimal, period: tuple[date, date], first: date, last: date) -> Decimal:
    """Answer the part of a period's amount that falls in the days from `first` to `last`.

    It is the difference of two rounded sums, so that neighbouring periods add up to the cent.
    """
    before = date.fromordinal(max(first.toordinal() - 1, 1))
    return until(amount, *period, last) - until(amount, *period, before)


def price_on(prices: Mapping[date, Decimal], day: date) -> Decimal | None:
    """Answer the price that holds on a day, or None before the first one."""
    since = max((valid_from for valid_from in prices if valid_from <= day), default=None)
    return None if since is None else prices[since]


def estimated_fuel(
    gallons: Iterable[tuple[date, Decimal]], prices: Mapping[date, Decimal], first: date, last: date
) -> tuple[Decimal, Decimal]:
    """Answer what fuel of one asset and calendar month cost in the days from `first` to `last`, and what has no price.

    Args:
        gallons: of days of that month.
        prices: of the asset's fuel, by the day from which each holds.
        first: the first day asked for.
        last: the last one.
    """
    before = upto = unpriced = Decimal(0)
    with localcontext(PRECISION):
        for day, used in gallons:
            price = price_on(prices, day)
            if price is None:
                unpriced += used if first <= day <= last else 0
                continue
            before += used * price if day < first else 0
            upto += used * price if day <= last else 0
        return to_cents(upto) - to_cents(before), unpriced


def fuel_used(start_level: Decimal, added: Decimal, end_level: Decimal) -> Decimal:
    """Answer the fuel used between two readings of the tank."""
    return start_level + added - end_level


def idling_cost(hours: Decimal, gallons_an_hour: Decimal, price: Decimal) -> Decimal:
    """Answer what running an engine without moving cost."""
    return to_cents(hours * gallons_an_hour * price)
