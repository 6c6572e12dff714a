"""How much assets were used, in whole numbers that sum exactly, and what is reckoned from them.

Lengths are microseconds, miles and gallons millionths. What use is divided by is kept in sevenths, because a target is
of a week and counts by days. Nothing is rounded before it is shown.
"""

from collections.abc import Iterable
from dataclasses import dataclass, fields
from datetime import date, timedelta
from enum import StrEnum
from operator import attrgetter
from typing import Annotated, Any, Final

from pydantic import Field

from shared.domain.model import Model

A_MINUTE: Final = 60_000_000
A_MILLION: Final = 1_000_000
SEVENTHS: Final = 7
TRAILING: Final = (7, 28)


class Basis(StrEnum):
    """What use is divided by; figures of different bases are never compared."""

    CALENDAR = "calendar"
    SHIFT = "shift"
    TARGET = "target"


class GroupBy(StrEnum):
    """What one row of a report on utilization stands for."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    ASSET = "asset"


@dataclass(frozen=True, slots=True)
class Usage:
    """What was used and could have been, of some assets on some days on which they were in service.

    Attributes:
        days_in_service: an asset's days, summed over assets.
        days_used: those of them on which it was used.
        counted_us: the use that counts by the basis.
        base_us_7: what that is divided by, in sevenths.
        targeted_miles_e6: miles of assets that have a target for them.
        target_miles_e6_7: that target, in sevenths.
    """

    days_in_service: int = 0
    days_used: int = 0
    service_minutes: int = 0
    trips_count: int = 0
    active_us: int = 0
    engine_idle_us: int = 0
    miles_e6: int = 0
    fuel_e6: int = 0
    counted_us: int = 0
    base_us_7: int = 0
    targeted_miles_e6: int = 0
    target_miles_e6_7: int = 0


@dataclass(frozen=True, slots=True)
class DayUsage:
    """One day's usage.

    Attributes:
        trailing: of 7 and of 28 days in service up to this one, what counted and what that is divided by; None until
            there are so many.
    """

    day: date
    usage: Usage
    trailing: tuple[tuple[int, int] | None, ...] = (None,) * len(TRAILING)


@dataclass(frozen=True, slots=True)
class AssetUsage:
    """One asset's usage."""

    asset_id: int
    asset_name: str
    asset_type: str
    usage: Usage


_PARTS = attrgetter(*(one.name for one in fields(Usage)))


def total(usages: Iterable[Usage]) -> Usage:
    """Answer the sum of each number."""
    return Usage(*map(sum, zip(*(_PARTS(one) for one in usages), strict=True)))


Percentage = Annotated[float, Field(description="rounded to two places")]


class Measures(Model):
    """What utilization is told by. Ratios are of sums; rows with nothing in service have zeros."""

    trips_count: Annotated[int, Field(description="trips, on the day on which they started")]
    total_active_minutes: Annotated[float, Field(description="in use; trips at the same time count once")]
    minutes_in_service: int
    utilization_percentage: Annotated[
        float | None, Field(description="counted of base minutes, to two places; null where there is no target")
    ]
    counted_minutes: Annotated[float, Field(description="what counts by the base, as minutes within working hours")]
    base_minutes: Annotated[float, Field(description="what is divided by")]
    total_miles: float
    total_fuel_gallons: float
    engine_idle_minutes: float
    days_used: Annotated[int, Field(description="assets' days with use")]
    days_in_service: Annotated[int, Field(description="assets' days in service")]
    day_utilization_percentage: Percentage
    target_miles_percentage: Annotated[
        float | None, Field(description="miles of the target for miles, with base=target; else null")
    ] = None


def measures(usage: Usage, basis: Basis) -> dict[str, Any]:
    """Answer the fields of `Measures`."""
    is_target = basis is Basis.TARGET
    return {
        "trips_count": usage.trips_count,
        "total_active_minutes": rounded(usage.active_us, A_MINUTE, 6),
        "minutes_in_service": usage.service_minutes,
        "utilization_percentage": share(usage.counted_us, usage.base_us_7, basis),
        "counted_minutes": rounded(usage.counted_us, A_MINUTE, 2),
        "base_minutes": rounded(usage.base_us_7, A_MINUTE * SEVENTHS, 2),
        "total_miles": rounded(usage.miles_e6, A_MILLION, 2),
        "total_fuel_gallons": rounded(usage.fuel_e6, A_MILLION, 3),
        "engine_idle_minutes": rounded(usage.engine_idle_us, A_MINUTE, 2),
        "days_used": usage.days_used,
        "days_in_service": usage.days_in_service,
        "day_utilization_percentage": percentage(usage.days_used, usage.days_in_service),
        "target_miles_percentage": (
            share(usage.targeted_miles_e6, usage.target_miles_e6_7, Basis.TARGET) if is_target else None
        ),
    }


def share(counted: int, base_7: int, basis: Basis) -> float | None:
    """Answer what counts in per cent of its base: of nothing none, but of a target that nobody set nothing is known."""
    if not base_7 and basis is Basis.TARGET:
        return None
    return percentage(counted * SEVENTHS, base_7)


def percentage(part: int, whole: int) -> float:
    """Answer a part in per cent, to two places; 0 of nothing."""
    return rounded(part * 100, whole, 2) if whole else 0.0


def rounded(part: int, whole: int, places: int) -> float:
    """Answer the ratio of two whole numbers, none negative, rounded half up: exactly, and only here."""
    scale: int = 10**places
    return (2 * part * scale + whole) // (2 * whole) / scale


def first_of(day: date, group: GroupBy) -> date:
    """Answer the day by which a day's week or month is called."""
    if group is GroupBy.WEEK:
        return day - timedelta(days=day.weekday())
    return day.replace(day=1) if group is GroupBy.MONTH else day
