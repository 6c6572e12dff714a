"""What is known of an asset's money: what it cost and earned in a period, and what it is worth."""

from collections.abc import Iterable
from dataclasses import dataclass, fields
from datetime import date
from decimal import Decimal, localcontext
from operator import add, attrgetter
from typing import Any

from shared.domain import depreciation
from shared.domain.asset import DepreciationMethod
from shared.domain.depreciation import PRECISION, Terms
from shared.domain.figure import Reason, from_micro
from shared.domain.period import Period

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Costs:
    """What assets cost, brought in and drove in a period.

    Attributes:
        fuel_paid: in months in which any fuel was paid for.
        fuel_estimated: gallons at the price of their day, in the other months.
        estimated_e6: those gallons, in millionths.
        estimated_days: days on which they were used.
        unpriced_e6: gallons among them that no price is known for, which the estimate lacks.
        miles_e6: all miles, in service or not, in millionths.
        fuel_e6: all gallons, in millionths.
    """

    maintenance: Decimal = ZERO
    fuel_paid: Decimal = ZERO
    fuel_estimated: Decimal = ZERO
    insurance: Decimal = ZERO
    finance: Decimal = ZERO
    fees: Decimal = ZERO
    tyres: Decimal = ZERO
    tolls: Decimal = ZERO
    accident: Decimal = ZERO
    other: Decimal = ZERO
    revenue: Decimal = ZERO
    estimated_e6: Decimal = ZERO
    unpriced_e6: Decimal = ZERO
    miles_e6: Decimal = ZERO
    fuel_e6: Decimal = ZERO
    maintenance_rows: int = 0
    estimated_days: int = 0
    revenue_rows: int = 0
    active_days: int = 0
    trips_without_distance: int = 0

    @property
    def fuel(self) -> Decimal:
        """Answer what fuel cost."""
        return self.fuel_paid + self.fuel_estimated

    @property
    def others(self) -> Decimal:
        """Answer what cost entries say beside fuel and insurance."""
        return self.finance + self.fees + self.tyres + self.tolls + self.accident + self.other

    @property
    def cash(self) -> Decimal:
        """Answer all that was paid to operate."""
        return self.maintenance + self.fuel + self.insurance + self.others

    @property
    def running(self) -> Decimal:
        """Answer what running cost: what would not have been paid had the asset stood still."""
        return self.fuel + self.maintenance + self.tyres + self.tolls

    @property
    def fixed(self) -> Decimal:
        """Answer what ownership cost beside depreciation: what is paid whether it runs or not."""
        return self.insurance + self.finance + self.fees

    @property
    def miles(self) -> Decimal:
        """Answer the miles with two places, as they are shown and divided by."""
        return from_micro(self.miles_e6)

    @property
    def unpriced_gallons(self) -> float:
        """Answer the gallons that no price is known for, which `fuel` lacks."""
        return float(from_micro(self.unpriced_e6))

    def __add__(self, other: "Costs") -> "Costs":
        """Answer both together."""
        return Costs(*map(add, _PARTS(self), _PARTS(other)))


_PARTS = attrgetter(*(one.name for one in fields(Costs)))
NOTHING = Costs()


def together(costs: Iterable[Costs]) -> Costs:
    """Answer the sum of each part, column by column: of thousands of assets it is asked for several times a report."""
    columns: Iterable[Any] = zip(*map(_PARTS, [NOTHING, *costs]), strict=True)
    # a first one of its own kind, because sums of Decimal begin with an int otherwise
    return Costs(*(sum(column[1:], column[0]) for column in columns))


@dataclass(frozen=True, slots=True)
class Worth:
    """What an asset is worth at the end of a period, and what is written off in it; None where it is not known."""

    value: Decimal | None
    lost: Decimal | None


@dataclass(frozen=True, slots=True)
class Owned:
    """An asset as its owner's books have it on a day.

    Attributes:
        owned_from: its purchase, else when it came into service, else its first use or record.
        market_value: what it was said to be worth, if anybody said.
    """

    asset_id: int
    asset_tag: str
    asset_name: str
    asset_type: str
    status: str
    benchmark_class: str | None
    fuel_type: str | None
    owned_from: date
    disposed_on: date | None
    purchase_price: Decimal | None
    salvage_value: Decimal | None
    useful_life_years: Decimal | None
    useful_life_miles: Decimal | None
    depreciation_method: DepreciationMethod | None
    market_value: Decimal | None

    @property
    def terms(self) -> Terms | None:
        """Answer how it is written off, or None where its price or its life is not known."""
        method = self.depreciation_method or DepreciationMethod.STRAIGHT_LINE
        if self.purchase_price is None:
            return None
        by_miles = method is DepreciationMethod.UNITS_OF_USE and self.useful_life_miles is not None
        if self.useful_life_years is None and not by_miles:
            return None
        return Terms(
            self.purchase_price,
            self.owned_from,
            self.useful_life_years or Decimal(1),
            self.salvage_value or ZERO,
            method,
            self.useful_life_miles,
            self.disposed_on,
        )

    def days_owned(self, as_of: date) -> int:
        """Answer the days from its purchase to a day or its disposal, at least one."""
        return max(1, (self._end(as_of) - self.owned_from).days)

    def _end(self, as_of: date) -> date:
        return as_of if self.disposed_on is None else min(as_of, self.disposed_on)

    def days_in(self, period: Period) -> int:
        """Answer on how many days of a period it was owned, the purchase day among them."""
        return max(0, (self._end(period.last) - max(period.first, self.owned_from)).days + 1)

    def days_written_off_in(self, period: Period) -> int:
        """Answer on how many days of a period it may lose value: those owned but the purchase day, which keeps it."""
        return self.days_in(period) - (period.first <= self.owned_from <= self._end(period.last))

    def book_value(self, as_of: date, life: Costs) -> Decimal | None:
        """Answer what it is worth on paper, with what it drove until then."""
        terms = self.terms
        return None if terms is None else depreciation.book_value(terms, as_of, life.miles_e6 / 1_000_000)

    def current_value(self, as_of: date, life: Costs) -> Decimal | None:
        """Answer the market value if somebody said one, else the book value if it is known."""
        return self.book_value(as_of, life) if self.market_value is None else self.market_value

    def written_off(self, first: date, last: date, life: Costs, period: Costs) -> Decimal | None:
        """Answer what is written off in a period that ends when `life` does; None as for the book value."""
        return self.worth(first, last, life, period).lost

    def worth(self, first: date, last: date, life: Costs, period: Costs) -> "Worth":
        """Answer what it is worth at the end of a period, which is when `life` ends, and what is written off in it."""
        terms = self.terms
        if terms is None:
            return Worth(self.market_value, None)
        miles = (life.miles_e6 - period.miles_e6) / 1_000_000, life.miles_e6 / 1_000_000
        before, after = depreciation.book_values(terms, first, last, miles)
        return Worth(after if self.market_value is None else self.market_value, before - after)

    @property
    def unwritten_reason(self) -> Reason | None:
        """Answer why nothing is known of what is written off."""
        if self.purchase_price is None:
            return Reason.NO_PURCHASE_PRICE
        return Reason.NO_USEFUL_LIFE if self.terms is None else None


def cost_of_days(owned: Owned, period: Period, life: Costs, costs: Costs, days: int) -> Decimal:
    """Answer what so many days of owning cost though nothing moves: depreciation, insurance, finance and fees.

    Args:
        owned: the asset; where depreciation is not known, the rest alone.
        period: at whose pace.
        life: costs until its end.
        costs: costs of the period.
        days: how many.
    """
    lost = owned.written_off(period.first, period.last, life, costs) or ZERO
    # each is divided by the days that bear it, and all at once, so that half a cent is half a cent
    bearing, held = max(1, owned.days_written_off_in(period)), max(1, owned.days_in(period))
    with localcontext(PRECISION):
        return depreciation.to_cents((lost * held + costs.fixed * bearing) * days / (bearing * held))
