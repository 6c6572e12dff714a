"""Return on investment: what each asset has cost and brought in until a day, and what a mile of it costs."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal, localcontext
from typing import Annotated, Any, Literal

from pydantic import Field

from shared.domain import payback
from shared.domain.asset import AssetType
from shared.domain.depreciation import PRECISION, to_cents
from shared.domain.economics import YEAR_DAYS, EconomicReport, FuelCost, OwnershipPerMile, PerMile, UnpricedGallons
from shared.domain.figure import Amount, Reason, percentage, ratio
from shared.domain.model import Day, Model
from shared.domain.ownership import Costs, Owned, Worth, together
from shared.domain.period import Period


class AskRoi(EconomicReport):
    """What assets have cost and brought in until a day; costs by the mile are of a period that ends then."""


class CostsPerMile(Model):
    """What a mile costs: running, and all of ownership; each null with its reason."""

    period_miles: Annotated[float, Field(description="from date_from to date_to")]
    running_cost_per_mile: Annotated[PerMile, Field(description="fuel, maintenance, tyres and tolls by these")] | None
    running_cost_per_mile_reason: Reason | None
    ownership_cost_per_mile: OwnershipPerMile | None
    ownership_cost_per_mile_reason: Reason | None


class RoiRow(CostsPerMile):
    """What an asset has cost and brought in, in the tenant's currency."""

    asset_id: int
    asset_tag: str
    asset_name: str
    asset_type: AssetType
    purchase_price: Amount | None
    current_value: (
        Annotated[Amount, Field(description="latest valuation, else book value, which a disposed asset keeps")] | None
    )
    current_value_basis: (
        Annotated[Literal["market", "book"], Field(description="whether somebody valued it, or the books do")] | None
    )
    current_value_reason: Reason | None
    maintenance_cost: Annotated[Amount, Field(description="this and the costs below: to date, which is date_to")]
    fuel_cost: FuelCost
    fuel_estimated: Annotated[Amount, Field(description="part of the fuel cost: gallons at the day's price")]
    unpriced_gallons: UnpricedGallons
    insurance_cost: Amount
    other_cost: Annotated[Amount, Field(description="entries of all categories but fuel and insurance")]
    total_cost_of_ownership: Annotated[Amount, Field(description="purchase price and all costs to date")] | None
    net_cost_of_ownership: Annotated[Amount, Field(description="that, less the current value")] | None
    revenue: Amount
    roi_percentage: Annotated[float, Field(description="(revenue + current value - TCO) by TCO")] | None
    roi_reason: Reason | None
    payback_years: Annotated[float, Field(description="price by surplus of a year, before depreciation")] | None
    payback_reason: Reason | None
    discounted_payback_years: Annotated[float, Field(description="at the organisation's discount rate")] | None
    discounted_payback_reason: Reason | None
    days_owned: Annotated[int, Field(description="from purchase to date_to or disposal, at least 1")]
    daily_cost: Annotated[Amount, Field(description="(price - value + maintenance) by days owned")] | None
    total_miles: Annotated[float, Field(description="to date")]
    cost_per_mile: Annotated[PerMile, Field(description="TCO by miles to date; not comparable with benchmarks")] | None
    cost_per_mile_reason: Reason | None


class RoiSummary(CostsPerMile):
    """The fleet: sums over all assets, but where a price or a value is needed over those of which it is known."""

    assets: int
    assets_without_purchase_price: int
    assets_without_current_value: Annotated[int, Field(description="whose price, value or both are not known")]
    purchase_price: Annotated[Amount, Field(description="of assets whose price is known")]
    current_value: Annotated[Amount, Field(description="of assets whose price and value are known")]
    maintenance_cost: Annotated[Amount, Field(description="this and the other kinds of cost: of all assets")]
    fuel_cost: FuelCost
    fuel_estimated: Amount
    unpriced_gallons: UnpricedGallons
    insurance_cost: Amount
    other_cost: Amount
    total_cost_of_ownership: Annotated[Amount, Field(description="of assets whose price is known")]
    net_cost_of_ownership: Annotated[Amount, Field(description="of assets whose price and value are known")]
    revenue: Annotated[Amount, Field(description="of all assets")]
    roi_percentage: Annotated[float | None, Field(description="of assets whose price and value are known")]
    roi_reason: Reason | None
    payback_years: Annotated[float | None, Field(description="of assets whose price is known")]
    payback_reason: Reason | None
    daily_cost: Annotated[Amount | None, Field(description="of assets whose price and value are known")]
    total_miles: Annotated[float, Field(description="of all assets")]
    cost_per_mile: Annotated[PerMile | None, Field(description="TCO by the miles of assets whose price is known")]
    cost_per_mile_reason: Reason | None


class RoiReport(Model):
    """Rows by asset, and their totals, each of which says what assets it holds."""

    data: list[RoiRow]
    summary: RoiSummary
    as_of: Day
    date_from: Day
    date_to: Day
    currency: str


@dataclass(frozen=True, slots=True)
class Books:
    """An asset with its costs to date, of the period, and of the 365 days until then."""

    owned: Owned
    life: Costs
    period: Costs
    year: Costs
    _worths: dict[Period, Worth] = field(default_factory=dict, repr=False, compare=False)

    def worth(self, period: Period) -> Worth:
        """Answer what it is worth, reckoned once: rows, totals and ratios all ask."""
        found = self._worths.get(period)
        if found is None:
            found = self._worths[period] = self.owned.worth(period.first, period.last, self.life, self.period)
        return found


def report(books: Sequence[Books], period: Period, currency: str, rate: Decimal) -> RoiReport:
    """Answer the report of a fleet, with money discounted at a yearly rate."""
    return RoiReport(
        data=[row(one, period, rate) for one in books],
        summary=summary(books, period),
        as_of=period.last,
        date_from=period.first,
        date_to=period.last,
        currency=currency,
    )


def row(books: Books, period: Period, rate: Decimal) -> RoiRow:
    """Answer one asset's row."""
    owned, life = books.owned, books.life
    value = books.worth(period).value
    total = cost_of_ownership(books)
    roi, roi_reason = _return(life.revenue, value, total)
    years, discounted, reasons = paybacks(books, period.last, rate)
    days = owned.days_owned(period.last)
    per_mile, per_mile_reason = _per_mile(total, life.miles, Reason.NO_PURCHASE_PRICE)
    return RoiRow(
        asset_id=owned.asset_id,
        asset_tag=owned.asset_tag,
        asset_name=owned.asset_name,
        asset_type=AssetType(owned.asset_type),
        purchase_price=owned.purchase_price,
        current_value=value,
        current_value_basis=None if value is None else "book" if owned.market_value is None else "market",
        current_value_reason=owned.unwritten_reason if value is None else None,
        maintenance_cost=life.maintenance,
        fuel_cost=life.fuel,
        fuel_estimated=life.fuel_estimated,
        unpriced_gallons=life.unpriced_gallons,
        insurance_cost=life.insurance,
        other_cost=life.others,
        total_cost_of_ownership=total,
        net_cost_of_ownership=None if total is None or value is None else total - value,
        revenue=life.revenue,
        roi_percentage=roi,
        roi_reason=roi_reason,
        payback_years=years,
        payback_reason=reasons[0],
        discounted_payback_years=discounted,
        discounted_payback_reason=reasons[1],
        days_owned=days,
        daily_cost=daily_cost(books, period),
        total_miles=float(life.miles),
        cost_per_mile=per_mile,
        cost_per_mile_reason=per_mile_reason,
        **_costs_per_mile([books], period),
    )


def cost_of_ownership(books: Books) -> Decimal | None:
    """Answer price and all costs to date, or None where the price is not known."""
    price = books.owned.purchase_price
    return None if price is None else price + books.life.cash


def daily_cost(books: Books, period: Period) -> Decimal | None:
    """Answer what a day cost: price less value plus maintenance, by the days owned."""
    price, value = books.owned.purchase_price, books.worth(period).value
    if price is None or value is None:
        return None
    return to_cents((price - value + books.life.maintenance) / books.owned.days_owned(period.last))


def annual(books: Books, as_of: date) -> tuple[Decimal, Decimal]:
    """Answer a year's revenue and operating cost in cash: of the last 365 days, or scaled up from those owned."""
    return annual_of(books, as_of, books.year.revenue), annual_of(books, as_of, books.year.cash)


def annual_of(books: Books, as_of: date, amount: Decimal) -> Decimal:
    """Answer an amount of the last 365 days, scaled up where the asset was not owned on all of them."""
    with localcontext(PRECISION):
        return amount * YEAR_DAYS / min(YEAR_DAYS, books.owned.days_owned(as_of))


def paybacks(
    books: Books, as_of: date, rate: Decimal
) -> tuple[float | None, float | None, tuple[Reason | None, Reason | None]]:
    """Answer the years of payback, plain and discounted, and why either is missing."""
    price = books.owned.purchase_price
    if price is None:
        return None, None, (Reason.NO_PURCHASE_PRICE, Reason.NO_PURCHASE_PRICE)
    revenue, cost = annual(books, as_of)
    plain = payback.payback_years(price, revenue, cost)
    late = payback.discounted_payback_years(price, revenue, cost, rate)
    reasons = (Reason.NEVER if plain is None else None), (Reason.NEVER if late is None else None)
    return _number(plain), _number(late), reasons


def costs_per_mile(books: Iterable[Books], period: Period) -> CostsPerMile:
    """Answer what a mile of the period cost; ownership only over assets whose depreciation is known."""
    return CostsPerMile.model_validate(_costs_per_mile(list(books), period))


def _costs_per_mile(listed: Sequence[Books], period: Period) -> dict[str, Any]:
    every = listed[0].period if len(listed) == 1 else together(one.period for one in listed)
    known = [(one, lost) for one in listed if (lost := lost_in(one, period)) is not None]
    costs = every if len(known) == len(listed) else together(one.period for one, _ in known)
    owning = costs.running + costs.fixed + sum((lost for _, lost in known), Decimal(0))
    unknown = next((one.owned.unwritten_reason for one in listed if one.owned.unwritten_reason), Reason.NO_MILES)
    running, running_reason = _per_mile(every.running, every.miles, Reason.NO_MILES)
    ownership, ownership_reason = _per_mile(owning if known else None, costs.miles, unknown)
    return {
        "period_miles": float(every.miles),
        "running_cost_per_mile": running,
        "running_cost_per_mile_reason": running_reason,
        "ownership_cost_per_mile": ownership,
        "ownership_cost_per_mile_reason": ownership_reason,
    }


def lost_in(books: Books, period: Period) -> Decimal | None:
    """Answer what is written off in the period, or None where price or life is not known."""
    return books.worth(period).lost


def fleet_return(books: Sequence[Books], period: Period) -> tuple[float | None, Reason | None]:
    """Answer the return on what the assets cost whose price and value are known, or why there is none."""
    return _return_on(_valued(books, period), period)


def summary(books: Sequence[Books], period: Period) -> RoiSummary:
    """Answer the totals."""
    priced = [one for one in books if one.owned.purchase_price is not None]
    valued = _valued(books, period)
    life = together(one.life for one in books)
    of_priced = life if len(priced) == len(books) else together(one.life for one in priced)
    of_valued = of_priced if len(valued) == len(priced) else together(one.life for one in valued)
    price, total = _price(priced), _price(priced) + of_priced.cash
    value, total_valued = _value(valued, period), _price(valued) + of_valued.cash
    roi, roi_reason = _return_on(valued, period, of_valued)
    per_mile, per_mile_reason = _per_mile(total if priced else None, of_priced.miles, Reason.NO_PURCHASE_PRICE)
    years, years_reason = _fleet_payback(priced, period.last)
    days = sum(one.owned.days_owned(period.last) for one in valued)
    return RoiSummary(
        assets=len(books),
        assets_without_purchase_price=len(books) - len(priced),
        assets_without_current_value=len(books) - len(valued),
        purchase_price=price,
        current_value=value,
        maintenance_cost=life.maintenance,
        fuel_cost=life.fuel,
        fuel_estimated=life.fuel_estimated,
        unpriced_gallons=life.unpriced_gallons,
        insurance_cost=life.insurance,
        other_cost=life.others,
        total_cost_of_ownership=total,
        net_cost_of_ownership=total_valued - value,
        revenue=life.revenue,
        roi_percentage=roi,
        roi_reason=roi_reason,
        payback_years=years,
        payback_reason=years_reason,
        daily_cost=to_cents((_price(valued) - value + of_valued.maintenance) / days) if days else None,
        total_miles=float(life.miles),
        cost_per_mile=per_mile,
        cost_per_mile_reason=per_mile_reason,
        **_costs_per_mile(books, period),
    )


def _valued(books: Sequence[Books], period: Period) -> list[Books]:
    """Answer those whose price and value are known."""
    return [one for one in books if one.owned.purchase_price is not None and one.worth(period).value is not None]


def _value(valued: Sequence[Books], period: Period) -> Decimal:
    return sum((one.worth(period).value or Decimal(0) for one in valued), Decimal(0))


def _return_on(
    valued: Sequence[Books], period: Period, costs: Costs | None = None
) -> tuple[float | None, Reason | None]:
    """Answer the return of assets whose price and value are known; `costs` are theirs to date, if known by now."""
    if not valued:
        return _return(Decimal(0), None, None)
    costs = costs or together(one.life for one in valued)
    return _return(costs.revenue, _value(valued, period), _price(valued) + costs.cash)


def _fleet_payback(priced: Sequence[Books], as_of: date) -> tuple[float | None, Reason | None]:
    if not priced:
        return None, Reason.NO_PURCHASE_PRICE
    flows = [annual(one, as_of) for one in priced]
    revenue, cost = (sum(column, Decimal(0)) for column in zip(*flows, strict=True))
    years = payback.payback_years(_price(priced), revenue, cost)
    return _number(years), None if years is not None else Reason.NEVER


def _price(books: Iterable[Books]) -> Decimal:
    return sum((one.owned.purchase_price or Decimal(0) for one in books), Decimal("0.00"))


def _return(revenue: Decimal, value: Decimal | None, total: Decimal | None) -> tuple[float | None, Reason | None]:
    if total is None:
        return None, Reason.NO_PURCHASE_PRICE
    if value is None:
        return None, Reason.NO_CURRENT_VALUE
    if total <= 0:
        return None, Reason.NO_COST
    return percentage(revenue + value - total, total), None


def _per_mile(cost: Decimal | None, miles: Decimal, unknown: Reason) -> tuple[float | None, Reason | None]:
    if cost is None:
        return None, unknown
    return (ratio(cost, miles), None) if miles else (None, Reason.NO_MILES)


def _number(value: Decimal | None) -> float | None:
    return None if value is None else float(value)
