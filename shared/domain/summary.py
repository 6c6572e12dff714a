"""What a dashboard opens with."""

from collections.abc import Sequence
from typing import Annotated

from pydantic import Field

from shared.domain import roi
from shared.domain.asset import AssetType
from shared.domain.benchmark import BenchmarkFigure
from shared.domain.depreciation import to_cents
from shared.domain.figure import Amount, Reason
from shared.domain.model import Model
from shared.domain.ownership import together
from shared.domain.period import Period, PeriodReport
from shared.domain.roi import Books, CostsPerMile
from shared.domain.usage import Basis, Measures
from shared.domain.utilization import About, HeatmapCell, Part, UtilizationAsset, UtilizationDay

RANKED = 5


class AskSummary(PeriodReport):
    """The fleet at a glance."""

    asset_type: Annotated[AssetType | None, Field(description="of assets of this type only")] = None

    @property
    def part(self) -> Part:
        """Answer the part of the fleet that is asked for."""
        return Part(asset_type=self.asset_type)


class FleetNow(Model):
    """The fleet at this moment."""

    assets: Annotated[int, Field(description="all that are not retired")]
    in_service: int
    available: int
    checked_out: int
    overdue: int
    in_maintenance: int
    idle: Annotated[int, Field(description="unused for more days than the organisation lets pass")]


class SummaryCosts(CostsPerMile):
    """What the period cost, and what the fleet has brought in until its end, in the organisation's currency."""

    fuel_cost: Amount
    maintenance_cost: Amount
    other_cost: Annotated[Amount, Field(description="all else that was paid: insurance, finance, fees, tyres, tolls…")]
    revenue: Amount
    roi_percentage: Annotated[float | None, Field(description="to date, of assets whose price and value are known")]
    roi_reason: Reason | None


def costs_of(books: Sequence[Books], period: Period) -> SummaryCosts:
    """Answer what the books of a fleet say."""
    within = together(one.period for one in books)
    to_date = roi.summary(books, period)
    return SummaryCosts(
        fuel_cost=to_cents(within.fuel),
        maintenance_cost=to_cents(within.maintenance),
        other_cost=to_cents(within.insurance + within.others),
        revenue=to_cents(within.revenue),
        roi_percentage=to_date.roi_percentage,
        roi_reason=to_date.roi_reason,
        **roi.costs_per_mile(books, period).model_dump(),
    )


class Summary(About):
    """The fleet now, its use in the period and in the one before, and who stands at either end."""

    fleet: FleetNow
    data: list[UtilizationDay]
    summary: Measures
    previous: Annotated[Measures, Field(description="the period of the same length before")]
    change: Annotated[float, Field(description="of the utilization, in percentage points")]
    most_used: list[UtilizationAsset]
    least_used: Annotated[list[UtilizationAsset], Field(description="the least used first")]
    busiest: Annotated[HeatmapCell | None, Field(description="the hour of the week of most use, if there was any")]
    costs: Annotated[SummaryCosts | None, Field(description="null for all below a manager")]
    benchmark: Annotated[BenchmarkFigure | None, Field(description="null where nothing was published on this basis")]
    base: Basis
    currency: str
