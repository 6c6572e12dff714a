"""What a dashboard opens with."""

from collections.abc import Sequence
from typing import Annotated

from pydantic import Field

from shared.domain import roi
from shared.domain.asset import AssetType
from shared.domain.depreciation import to_cents
from shared.domain.economics import FuelCost, UnpricedGallons
from shared.domain.figure import Amount, Reason
from shared.domain.model import Model
from shared.domain.ownership import together
from shared.domain.period import Period, PeriodReport
from shared.domain.principal import Role
from shared.domain.roi import Books, CostsPerMile
from shared.domain.usage import Basis, Measures
from shared.domain.utilization import Beside, HeatmapCell, Part, UtilizationAsset, UtilizationDay

RANKED = 5


class AskSummary(PeriodReport):
    """The fleet at a glance."""

    asset_type: Annotated[AssetType | None, Field(description="of assets of this type only")] = None

    @property
    def part(self) -> Part:
        """Answer the part of the fleet that is asked for."""
        return Part(asset_type=self.asset_type)


class FleetNow(Model):
    """The fleet at this moment. Each asset that is in it counts in one of available, checked out and in maintenance."""

    assets: Annotated[
        int, Field(description="neither retired nor disposed of, also those whose service has yet to begin")
    ]
    in_service: Annotated[
        int,
        Field(description="by their dates, as utilization counts: also retired ones of which nobody said a last day"),
    ]
    available: Annotated[int, Field(description="of `assets`, by their status")]
    checked_out: Annotated[int, Field(description="of `assets`, by their status")]
    overdue: Annotated[int, Field(description="held by somebody for longer than was agreed, whatever else is of them")]
    in_maintenance: Annotated[int, Field(description="of `assets`, by their status")]
    idle: Annotated[
        int,
        Field(description="of `assets` in service, those unused for more days than the organisation lets pass"),
    ]


class SummaryCosts(CostsPerMile):
    """What the period cost, and what the fleet has brought in until its end, in the organisation's currency.

    Amounts, miles and the running cost by these are of all assets; the ownership cost by the mile of those whose price
    and useful life are known.
    """

    fuel_cost: FuelCost
    unpriced_gallons: UnpricedGallons
    maintenance_cost: Annotated[Amount, Field(description="of the period")]
    other_cost: Annotated[Amount, Field(description="all else that was paid: insurance, finance, fees, tyres, tolls…")]
    revenue: Annotated[Amount, Field(description="of the period")]
    roi_percentage: Annotated[float | None, Field(description="to date, of assets whose price and value are known")]
    roi_reason: Reason | None


def costs_of(books: Sequence[Books], period: Period) -> SummaryCosts:
    """Answer what the books of a fleet say."""
    within = together(one.period for one in books)
    percentage, reason = roi.fleet_return(books, period)
    return SummaryCosts(
        fuel_cost=to_cents(within.fuel),
        unpriced_gallons=within.unpriced_gallons,
        maintenance_cost=to_cents(within.maintenance),
        other_cost=to_cents(within.insurance + within.others),
        revenue=to_cents(within.revenue),
        roi_percentage=percentage,
        roi_reason=reason,
        **roi.costs_per_mile(books, period).model_dump(),
    )


class Summary(Beside):
    """The fleet now, its use in the period and in the one before, and who stands at either end."""

    fleet: FleetNow
    data: list[UtilizationDay]
    summary: Measures
    previous: Annotated[Measures, Field(description="the period of the same length before")]
    change: Annotated[float, Field(description="of the utilization, in percentage points")]
    most_used: list[UtilizationAsset]
    least_used: Annotated[list[UtilizationAsset], Field(description="the least used first")]
    busiest: Annotated[HeatmapCell | None, Field(description="the hour of the week of most use, if there was any")]
    base: Basis
    currency: str


class SummaryWithCosts(Summary):
    """What a dashboard opens with for managers."""

    costs: Annotated[SummaryCosts | None, Field(description="null of periods before 1900 or after 2200")]


def seen_by(role: Role) -> type[Summary]:
    """Answer the model of a summary as that role may see it."""
    return SummaryWithCosts if role >= Role.MANAGER else Summary
