"""Assets that nobody uses."""

from collections.abc import Callable, Sequence
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Final

from pydantic import Field

from shared.domain.asset import AssetStatus, AssetType
from shared.domain.figure import Amount
from shared.domain.kept_report import Report
from shared.domain.model import Day, Instant, Integer, Model

IDLE_DAYS_MAX: Final = 36_500
LISTED_MAX: Final = 5_000
_NOTHING: Final = Decimal("0.00")


class Activity(StrEnum):
    """What an asset was last seen by."""

    TRIP = "trip"
    CHECKOUT = "checkout"
    CHECKIN = "checkin"


class ListIdleAssets(Report):
    """Assets in service that nobody uses, those first that were not used for the longest; 5,000 at most."""

    min_days: Annotated[
        Integer | None,
        Field(ge=0, le=IDLE_DAYS_MAX, description="unused for so many days or more; else by the organisation's own"),
    ] = None
    asset_type: Annotated[AssetType | None, Field(description="of this type only")] = None


class IdleAsset(Model):
    """An asset and for how long it has stood still."""

    asset_id: int
    asset_name: str
    asset_type: AssetType
    status: AssetStatus
    last_activity_at: Annotated[
        Instant | None, Field(description="end of the last trip, or last check-out or check-in; null if never used")
    ]
    last_activity: Activity | None
    since: Annotated[Day, Field(description="the local day of that, or on which it came into service")]
    days_idle: Annotated[int, Field(description="local midnights that have passed since")]
    idle: Annotated[bool, Field(description="for more days than the organisation lets pass")]


class IdleAssetWithCosts(IdleAsset):
    """An idle asset as managers see it."""

    cost_a_day: Annotated[
        Amount | None,
        Field(
            description="depreciation of the last 365 days by the days after the purchase, and insurance, finance and "
            "fees by the days owned; in cents"
        ),
    ]
    idle_cost: Annotated[
        Amount | None,
        Field(description="that for all idle days, rounded once and not before; null where nothing is recorded"),
    ]


class IdleSummary(Model):
    """How many there are."""

    assets: Annotated[int, Field(description="in this list")]
    idle: Annotated[int, Field(description="of those, for more days than the organisation lets pass")]
    never_used: int


class IdleSummaryWithCosts(IdleSummary):
    """How many there are, and what that costs."""

    idle_cost: Amount


class IdleAssets(Model):
    """Assets that nobody uses; managers are told what that costs."""

    data: list[IdleAssetWithCosts] | list[IdleAsset]
    summary: IdleSummaryWithCosts | IdleSummary
    as_of: Instant
    min_days: int
    idle_days: Annotated[int, Field(description="over so many days an asset is idle, and the organisation is told")]
    time_zone: str
    currency: str


def with_costs(found: IdleAsset, cost_of_days: Callable[[int], Decimal] | None) -> IdleAssetWithCosts:
    """Answer an idle asset with what its idleness has cost: all its days together, not a day's cents many times."""
    a_day, idle = (None, None) if cost_of_days is None else (cost_of_days(1), cost_of_days(found.days_idle))
    return IdleAssetWithCosts(**found.model_dump(), cost_a_day=a_day, idle_cost=idle)


def summed(found: Sequence[IdleAsset]) -> IdleSummary:
    """Answer how many there are."""
    return IdleSummary(
        assets=len(found),
        idle=sum(one.idle for one in found),
        never_used=sum(one.last_activity_at is None for one in found),
    )


def summed_with_costs(found: Sequence[IdleAssetWithCosts]) -> IdleSummaryWithCosts:
    """Answer how many there are, and what that costs where it is known."""
    idle_cost = sum((one.idle_cost or _NOTHING for one in found), _NOTHING)
    return IdleSummaryWithCosts(**summed(found).model_dump(), idle_cost=idle_cost)
