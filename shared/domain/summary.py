"""What a dashboard opens with."""

from typing import Annotated

from pydantic import Field

from shared.domain.asset import AssetType
from shared.domain.model import Model, Money
from shared.domain.period import PeriodReport
from shared.domain.usage import Basis, Measures
from shared.domain.utilization import About, Benchmark, HeatmapCell, Part, UtilizationAsset, UtilizationDay

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


class SummaryCosts(Model):
    """What the period cost and what the fleet has brought, in the organisation's currency; for managers only."""

    fuel_cost: Money
    maintenance_cost: Money
    other_cost: Money
    running_cost_per_mile: float | None
    roi_percentage: float | None


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
    benchmark: Benchmark | None
    base: Basis
    currency: str
