"""Assets: what is checked out and in."""

from enum import StrEnum
from typing import Annotated, Self

from pydantic import Field, model_validator

from shared.domain.model import (
    Code,
    Command,
    Day,
    Finite,
    Identifier,
    Instant,
    Integer,
    Line,
    Listing,
    Meter,
    Model,
    Money,
    Name,
    Percent,
    Place,
)


class AssetType(StrEnum):
    """What kind of thing an asset is."""

    CAR = "car"
    VAN = "van"
    TRUCK = "truck"
    TRAILER = "trailer"
    EQUIPMENT = "equipment"
    TOOL = "tool"
    OTHER = "other"


class AssetStatus(StrEnum):
    """Whether an asset can be had; `checked_out` follows from custody and is never set by hand."""

    AVAILABLE = "available"
    CHECKED_OUT = "checked_out"
    IN_MAINTENANCE = "in_maintenance"
    RETIRED = "retired"


class SettableStatus(StrEnum):
    """What a manager may set an asset's status to."""

    AVAILABLE = "available"
    IN_MAINTENANCE = "in_maintenance"


class FuelType(StrEnum):
    """What an asset runs on."""

    GASOLINE = "gasoline"
    DIESEL = "diesel"
    ELECTRIC = "electric"
    HYBRID = "hybrid"
    NONE = "none"


class DepreciationMethod(StrEnum):
    """How an asset's book value falls."""

    STRAIGHT_LINE = "straight_line"
    DECLINING_BALANCE = "declining_balance"
    UNITS_OF_USE = "units_of_use"


class AssetSort(StrEnum):
    """The orders in which assets are listed."""

    ID = "id"
    NAME = "asset_name"
    NEWEST = "-id"


Year = Annotated[Integer, Field(ge=1886, le=2200)]
Years = Annotated[Finite, Field(gt=0, le=100)]

# Only a manager's answers carry these.
COST_FIELDS = frozenset(
    {
        "purchase_price",
        "purchase_date",
        "current_value",
        "salvage_value",
        "useful_life_years",
        "depreciation_method",
    }
)


class _Described(Model):
    """What anybody may know of an asset."""

    asset_type: AssetType
    benchmark_class: Name | None = None
    vin: Code | None = None
    license_plate: Code | None = None
    make: Name | None = None
    model: Name | None = None
    year: Year | None = None
    fuel_type: FuelType | None = None
    in_service_on: Day | None = None
    disposed_on: Day | None = None
    odometer_miles: Meter | None = None
    engine_hours: Meter | None = None
    location: Place | None = None


class _Costed(Model):
    """What an asset cost and is worth, in the tenant's currency."""

    purchase_price: Money | None = None
    purchase_date: Day | None = None
    current_value: Money | None = None
    salvage_value: Money | None = None
    useful_life_years: Years | None = None
    depreciation_method: DepreciationMethod | None = None


class Asset(_Described):
    """An asset as drivers and dispatchers see it."""

    id: int
    asset_tag: str
    asset_name: str
    status: AssetStatus
    fuel_level_percent: Percent | None = None
    distance_m: Annotated[float, Field(description="from the place asked for, in lists by nearness")] | None = None
    version: int
    created_at: Instant
    updated_at: Instant


class AssetWithCosts(_Costed, Asset):
    """An asset as managers see it."""


class CreateAsset(_Costed, _Described, Command):
    """Add an asset to the fleet."""

    asset_tag: Code
    asset_name: Name


class UpdateAsset(Command):
    """Change what is given; null clears a field that may be empty."""

    asset_id: Identifier
    if_match: tuple[int, ...] | None = None
    asset_tag: Code | None = None
    asset_name: Name | None = None
    asset_type: AssetType | None = None
    status: SettableStatus | None = None
    benchmark_class: Name | None = None
    vin: Code | None = None
    license_plate: Code | None = None
    make: Name | None = None
    model: Name | None = None
    year: Year | None = None
    fuel_type: FuelType | None = None
    in_service_on: Day | None = None
    disposed_on: Day | None = None
    odometer_miles: Meter | None = None
    engine_hours: Meter | None = None
    location: Place | None = None
    purchase_price: Money | None = None
    purchase_date: Day | None = None
    current_value: Money | None = None
    salvage_value: Money | None = None
    useful_life_years: Years | None = None
    depreciation_method: DepreciationMethod | None = None

    @model_validator(mode="after")
    def _keeps_what_must_be(self) -> Self:
        for name in ("asset_tag", "asset_name", "asset_type", "status"):
            if name in self.model_fields_set and getattr(self, name) is None:
                raise ValueError(f"{name} cannot be null")
        return self


class AssetById(Command):
    """One asset."""

    asset_id: Identifier


class RetireAsset(AssetById):
    """Take an asset out of the fleet; its history stays."""

    if_match: tuple[int, ...] | None = None


class ListAssets(Listing):
    """The fleet, filtered."""

    q: Annotated[Line, Field(description="part of the name, tag, plate, VIN, make or model")] | None = None
    asset_type: AssetType | None = None
    status: AssetStatus | None = None
    held_by: Annotated[Line, Field(description="the holder's user id, or `me`")] | None = None
    near: (
        Annotated[
            str,
            Field(pattern=r"^-?\d{1,3}(\.\d+)?,-?\d{1,3}(\.\d+)?$", description="lat,lng: the nearest first"),
        ]
        | None
    ) = None
    radius_m: Annotated[Finite, Field(gt=0, le=20_000_000, description="with near; 50 km unless given")] | None = None
    sort: AssetSort = AssetSort.ID
