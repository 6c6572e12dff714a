"""What a mile costs: by asset, type, benchmark class or month, beside what others have published on the same basis."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any

from pydantic import Field

from shared.domain import roi
from shared.domain.asset import AssetType
from shared.domain.benchmark import FUEL, OWNERSHIP, Comparison, Published, compare
from shared.domain.economics import YEAR_DAYS, EconomicReport, FuelCost, PerMile, UnpricedGallons
from shared.domain.figure import Amount, Reason, ratio
from shared.domain.model import Day, Model
from shared.domain.ownership import Costs, together
from shared.domain.period import Period
from shared.domain.roi import Books, CostsPerMile


class CostGroup(StrEnum):
    """What one row stands for."""

    ASSET = "asset"
    ASSET_TYPE = "asset_type"
    BENCHMARK_CLASS = "class"
    MONTH = "month"


class AskCostPerMile(EconomicReport):
    """What a mile costs."""

    group_by: Annotated[CostGroup, Field(description="what a row stands for")] = CostGroup.ASSET


class CostPerMileRow(CostsPerMile):
    """What a mile of some assets, or in a month, costs; amounts are of the period."""

    asset_id: int | None = None
    asset_name: str | None = None
    asset_type: AssetType | None = None
    benchmark_class: Annotated[str, Field(description="null where assets carry none")] | None = None
    date: Annotated[Day, Field(description="a month, by its first day, also where the period cuts it")] | None = None
    assets: int
    cost_per_mile: Annotated[float, Field(description="total cost of ownership to date by all miles to date")] | None
    cost_per_mile_reason: Reason | None
    running_cost: Amount
    depreciation: Amount
    fixed_cost: Annotated[Amount, Field(description="insurance, finance and fees")]
    fuel_cost: FuelCost
    unpriced_gallons: UnpricedGallons
    fuel_cost_per_mile: PerMile | None
    annual_miles: Annotated[float, Field(description="of one asset, scaled to 365 days from those of the period owned")]
    benchmarks: Annotated[list[Comparison], Field(description="none in another currency than the published one")]


class CostPerMileReport(Model):
    """Rows, and the ratios of their sums."""

    data: list[CostPerMileRow]
    summary: CostPerMileRow
    as_of: Day
    date_from: Day
    date_to: Day
    group_by: CostGroup
    currency: str


Group = tuple[Mapping[str, object], Sequence[Books]]


def grouped(books: Sequence[Books], by: CostGroup) -> list[Group]:
    """Answer what rows stand for, and the assets in each, in order of their names."""
    keys: Mapping[CostGroup, Callable[[Books], tuple[str, object]]] = {
        CostGroup.ASSET: lambda one: (one.owned.asset_name, one.owned.asset_id),
        CostGroup.ASSET_TYPE: lambda one: (one.owned.asset_type, None),
        CostGroup.BENCHMARK_CLASS: lambda one: (one.owned.benchmark_class or "", None),
    }
    groups: dict[tuple[str, object], list[Books]] = {}
    for one in books:
        groups.setdefault(keys[by](one), []).append(one)
    return [(_named(some, by), some) for _, some in sorted(groups.items(), key=lambda item: str(item[0]))]


def _named(some: Sequence[Books], by: CostGroup) -> Mapping[str, object]:
    first = some[0].owned
    if by is CostGroup.ASSET:
        said = ("asset_id", "asset_name", "asset_type", "benchmark_class")
        return {name: getattr(first, name) for name in said}
    if by is CostGroup.ASSET_TYPE:
        return {"asset_type": first.asset_type}
    return {"benchmark_class": first.benchmark_class}


def row(group: Group, period: Period, published: Published, currency: str) -> CostPerMileRow:
    """Answer the row of some assets."""
    named, some = group
    costs = together(one.period for one in some)
    lost = sum((roi.lost_in(one, period) or Decimal(0) for one in some), Decimal("0.00"))
    per_mile = roi.costs_per_mile(some, period)
    fuel = ratio(costs.fuel, costs.miles) if costs.miles else None
    to_date, reason = _to_date(some)
    annual = _annual_miles(some, costs, period)
    own = {OWNERSHIP: per_mile.ownership_cost_per_mile, FUEL: fuel}
    return CostPerMileRow.model_validate(
        {
            **named,
            **per_mile.model_dump(),
            **_amounts(costs, lost),
            "assets": len(some),
            "cost_per_mile": to_date,
            "cost_per_mile_reason": reason,
            "fuel_cost_per_mile": fuel,
            "annual_miles": float(round(annual, 1)),
            "benchmarks": compare(published, _shared_classes(some, published), own, annual, currency),
        }
    )


def months_of(period: Period) -> list[date]:
    """Answer the first day of each calendar month, cut to the period."""
    found = [period.first]
    while (following := (found[-1].replace(day=1) + timedelta(days=31)).replace(day=1)) <= period.last:
        found.append(following)
    return found


def month_row(first: date, costs: Costs, lost: Decimal | None, assets: int) -> CostPerMileRow:
    """Answer the row of a month; what was bought long before has no place in it."""
    miles = costs.miles
    owning = None if lost is None else costs.running + costs.fixed + lost
    unknown = Reason.NO_MILES if miles == 0 else None
    return CostPerMileRow(
        date=first.replace(day=1),
        assets=assets,
        period_miles=float(miles),
        running_cost_per_mile=ratio(costs.running, miles) if miles else None,
        running_cost_per_mile_reason=unknown,
        ownership_cost_per_mile=ratio(owning, miles) if miles and owning is not None else None,
        ownership_cost_per_mile_reason=Reason.NO_USEFUL_LIFE if owning is None else unknown,
        cost_per_mile=None,
        cost_per_mile_reason=Reason.TO_DATE_ONLY,
        fuel_cost_per_mile=ratio(costs.fuel, miles) if miles else None,
        annual_miles=0,
        benchmarks=[],
        **_amounts(costs, lost or Decimal("0.00")),
    )


def _amounts(costs: Costs, lost: Decimal) -> dict[str, Any]:
    return {
        "running_cost": costs.running,
        "depreciation": lost,
        "fixed_cost": costs.fixed,
        "fuel_cost": costs.fuel,
        "unpriced_gallons": costs.unpriced_gallons,
    }


def _to_date(some: Sequence[Books]) -> tuple[float | None, Reason | None]:
    """Answer the cost of ownership by the mile, over assets whose price is known."""
    known = [(one, total) for one in some if (total := roi.cost_of_ownership(one)) is not None]
    miles = together(one.life for one, _ in known).miles
    if not known:
        return None, Reason.NO_PURCHASE_PRICE
    return (ratio(sum(total for _, total in known), miles), None) if miles else (None, Reason.NO_MILES)  # type: ignore[arg-type] # none is empty


def _annual_miles(some: Sequence[Books], costs: Costs, period: Period) -> Decimal:
    """Answer the miles of one asset in a year at the pace of the days of the period on which it was owned."""
    days = sum(one.owned.days_in(period) for one in some)
    return costs.miles * YEAR_DAYS / days if days else Decimal(0)


def _shared_classes(some: Sequence[Books], published: Published) -> list[str]:
    """Answer the classes that all of them may be compared with: others would be unlike things."""
    found: list[list[str]] = [
        published.classes_of(one.owned.benchmark_class, one.owned.asset_type, one.owned.fuel_type) for one in some
    ]
    return [one for one in found[0] if all(one in other for other in found)] if found else []
