"""What reports on utilization ask and answer."""

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Final, Literal

from pydantic import Field

from shared.domain.asset import AssetType
from shared.domain.benchmark import BenchmarkFigure
from shared.domain.model import Day, Identifier, Instant, Model
from shared.domain.period import Period, PeriodReport
from shared.domain.usage import (
    A_MINUTE,
    AssetUsage,
    Basis,
    DayUsage,
    GroupBy,
    Measures,
    Usage,
    first_of,
    measures,
    rounded,
    share,
    total,
)

# which published figure is set beside utilization of a base; of the others nobody has published any that says by what
# it was divided
PUBLISHED: Final[Mapping[Basis, tuple[str, str]]] = {Basis.TARGET: ("any", "healthy_share_of_target")}

NO_BENCHMARK: Final[Mapping[str, object]] = {"benchmark": None, "benchmark_reason": "no_figure_on_this_base"}


@dataclass(frozen=True)
class Part:
    """A part of the fleet: one asset, those of a type, or all."""

    asset_id: int | None = None
    asset_type: AssetType | None = None


class FleetReport(PeriodReport):
    """A report on some days of the fleet, or of a part of it."""

    asset_id: Annotated[Identifier | None, Field(description="of this asset only")] = None
    asset_type: Annotated[AssetType | None, Field(description="of assets of this type only")] = None

    @property
    def part(self) -> Part:
        """Answer the part of the fleet that is asked for."""
        return Part(self.asset_id, self.asset_type)


class AskUtilization(FleetReport):
    """How much of their time assets are used."""

    group_by: Annotated[GroupBy, Field(description="what a row stands for")] = GroupBy.DAY
    base: Annotated[
        Basis,
        Field(
            description="what use is divided by: all hours, the working hours, or the hours that are a type's target"
        ),
    ] = Basis.CALENDAR


class UtilizationDay(Measures):
    """A day, or a week by its Monday, or a month by its first day: of those, only the days that were asked for."""

    date: Day
    utilization_7d: Annotated[
        float | None, Field(description="over 7 days in service up to this one; null until there are 7, and in groups")
    ] = None
    utilization_28d: Annotated[float | None, Field(description="over 28 days in service up to this one")] = None


class UtilizationAsset(Measures):
    """An asset that was in service on any of the days, also if it was not used."""

    asset_id: int
    asset_name: str
    asset_type: AssetType


class About(Model):
    """What every report on some days says of itself."""

    as_of: Annotated[Instant, Field(description="when the figures were brought together")]
    date_from: Day
    date_to: Day
    time_zone: Annotated[str, Field(description="by whose midnights days are told")]


class Beside(About):
    """A report with what others have published on its own base; figures of another base are not set beside it."""

    benchmark: Annotated[
        BenchmarkFigure | None, Field(description="the healthy share of a target, with base=target; else null")
    ]
    benchmark_reason: Annotated[
        Literal["no_figure_on_this_base"] | None,
        Field(description="why there is none: no source has published a share of this base"),
    ]


class UtilizationReport(Beside):
    """A series for a chart, or a ranking of assets, most used first; days without use are in it."""

    data: list[UtilizationDay] | list[UtilizationAsset]
    summary: Measures
    base: Basis
    group_by: GroupBy


class HeatmapCell(Model):
    """An hour of the week."""

    weekday: Annotated[int, Field(ge=1, le=7, description="1 is Monday")]
    hour: Annotated[int, Field(ge=0, le=23, description="of the clock; hours that it shows twice count in one")]
    active_minutes: float
    minutes_in_service: Annotated[int, Field(description="how long the hour lasted, for each asset in service")]
    utilization_percentage: float


class Heatmap(About):
    """All 168 hours of the week, Monday's first one first."""

    data: list[HeatmapCell]
    summary: Annotated[HeatmapCell | None, Field(description="the hour of most use; null if there was none")]


class AskHeatmap(FleetReport):
    """When in the week assets are used."""


def series(days: Sequence[DayUsage], group: GroupBy, basis: Basis) -> list[UtilizationDay]:
    """Answer a row for each day, week or month, of days that are in order."""
    if group is GroupBy.DAY:
        return [_of_day(one, basis) for one in days]
    grouped = itertools.groupby(days, lambda one: first_of(one.day, group))
    return [
        UtilizationDay(date=first, **measures(total(one.usage for one in within), basis)) for first, within in grouped
    ]


def ranked(assets: Sequence[AssetUsage]) -> list[AssetUsage]:
    """Answer assets in order, most used first, and by name among equals."""
    return sorted(assets, key=lambda one: (-_ratio(one.usage), one.asset_name, one.asset_id))


def ranking(ordered: Sequence[AssetUsage], basis: Basis) -> list[UtilizationAsset]:
    """Answer a row for each of some ranked assets."""
    return [
        UtilizationAsset(
            asset_id=one.asset_id,
            asset_name=one.asset_name,
            asset_type=AssetType(one.asset_type),
            **measures(one.usage, basis),
        )
        for one in ordered
    ]


def summary_of(usages: Sequence[Usage], basis: Basis) -> Measures:
    """Answer what rows come to together: the ratio of their sums."""
    return Measures(**measures(total([Usage(), *usages]), basis))


def cells(used_us: Mapping[tuple[int, int], int], service: Mapping[tuple[int, int], int]) -> list[HeatmapCell]:
    """Answer the hours of the week, by weekday and hour, of what was used and of minutes in service."""
    return [
        HeatmapCell(
            weekday=weekday,
            hour=hour,
            active_minutes=rounded(used_us.get((weekday, hour), 0), A_MINUTE, 2),
            minutes_in_service=service.get((weekday, hour), 0),
            utilization_percentage=_of_hour(used_us.get((weekday, hour), 0), service.get((weekday, hour), 0)),
        )
        for weekday in range(1, 8)
        for hour in range(24)
    ]


def busiest(hours: Sequence[HeatmapCell]) -> HeatmapCell | None:
    """Answer the hour of most use, the first of equals; None where there was no use."""
    most = max(hours, key=lambda one: one.active_minutes)
    return most if most.active_minutes else None


def _of_hour(used_us: int, minutes: int) -> float:
    return rounded(used_us * 100, minutes * A_MINUTE, 2) if minutes else 0.0


def _of_day(one: DayUsage, basis: Basis) -> UtilizationDay:
    week, month = (None if sums is None else share(*sums, basis) for sums in one.trailing)
    return UtilizationDay(date=one.day, utilization_7d=week, utilization_28d=month, **measures(one.usage, basis))


def _ratio(usage: Usage) -> float:
    """Answer a number to order by; what has no base is not used at all."""
    return usage.counted_us / usage.base_us_7 if usage.base_us_7 else -1.0


def beside(found: Sequence[BenchmarkFigure]) -> dict[str, object]:
    """Answer what was published on the base of a report, of figures of which the organisation's own come first."""
    return {"benchmark": found[0], "benchmark_reason": None} if found else {**NO_BENCHMARK}


def about(period: Period, time_zone: str, as_of: Instant) -> dict[str, object]:
    """Answer what a report says of itself."""
    return {"as_of": as_of, "date_from": period.first, "date_to": period.last, "time_zone": time_zone}
