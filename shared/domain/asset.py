"""Assets: what is checked out and in."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Any, Final

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema

from shared.domain.errors import Fault
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
from shared.domain.principal import Role


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
    NEWEST = "-id"
    NAME = "asset_name"
    NAME_DOWN = "-asset_name"
    TAG = "asset_tag"
    TAG_DOWN = "-asset_tag"


def _of_two_places(value: float) -> float:
    if round(value, 2) != value:
        raise ValueError("this has at most two places after the point")
    return value


def _place(value: Any) -> Any:
    """Read `lat,lng`."""
    latitude, _, longitude = value.partition(",") if isinstance(value, str) else ("", "", "")
    try:
        return Place(lat=float(latitude), lng=float(longitude))
    except ValueError:
        raise ValueError("a place is written as lat,lng in degrees, as 40.71,-74.01, and 0,0 is none") from None


Year = Annotated[Integer, Field(ge=1886, le=2200)]
LifeInMiles = Annotated[
    Finite, Field(ge=1, le=10_000_000, description="over which `units_of_use` is written off; else by its own pace")
]
Years = Annotated[
    Finite, Field(ge=0.01, le=100, json_schema_extra={"multipleOf": 0.01}), AfterValidator(_of_two_places)
]
_LATITUDE = r"-?(90(\.0+)?|[1-8]?[0-9](\.[0-9]+)?)"
_LONGITUDE = r"-?(180(\.0+)?|(1[0-7][0-9]|[1-9]?[0-9])(\.[0-9]+)?)"
# as far as it is taken for zero: the tenth place after the point counts no more
_ZERO = r"-?0(\.(0{1,8}|0{9}[0-9]*))?"
Spot = Annotated[
    Place,
    BeforeValidator(_place),
    WithJsonSchema(
        {"type": "string", "pattern": f"^{_LATITUDE},{_LONGITUDE}$", "not": {"pattern": rf"^{_ZERO},{_ZERO}$"}}
    ),
]
NEAR_M: Final = 50_000.0

# Only a manager's answers carry these.
COST_FIELDS = frozenset(
    {
        "purchase_price",
        "purchase_date",
        "current_value",
        "salvage_value",
        "useful_life_years",
        "useful_life_miles",
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
    useful_life_miles: LifeInMiles | None = None
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


def seen_by(role: Role) -> type[Asset]:
    """Answer an asset's model as that role may see it."""
    return AssetWithCosts if role >= Role.MANAGER else Asset


class CreateAsset(_Costed, _Described, Command):
    """Add an asset to the fleet."""

    asset_tag: Code
    asset_name: Name
    status: SettableStatus = SettableStatus.AVAILABLE


class AssetRow(_Costed, _Described, Command):
    """One row of an import; an empty cell is null. A status may repeat what it is, whatever that is."""

    asset_tag: Code
    asset_name: Name
    status: AssetStatus | None = None


def _without_default(schema: dict[str, Any]) -> None:
    del schema["default"]


def _may_be_left_out() -> Any:
    """Answer the default of what may be left out but never be null: it is read only where it was given."""
    return Field(default=None, json_schema_extra=_without_default)


class UpdateAsset(Command):
    """Change what is given; null clears a field that may be empty."""

    asset_id: Identifier
    if_match: tuple[int, ...] | None = None
    asset_tag: Code = _may_be_left_out()
    asset_name: Name = _may_be_left_out()
    asset_type: AssetType = _may_be_left_out()
    status: SettableStatus = _may_be_left_out()
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
    useful_life_miles: LifeInMiles | None = None
    depreciation_method: DepreciationMethod | None = None


class AssetById(Command):
    """One asset."""

    asset_id: Identifier


class RetireAsset(AssetById):
    """Take an asset out of the fleet; its history stays."""

    if_match: tuple[int, ...] | None = None


class ListAssets(Listing):
    """The fleet, filtered."""

    q: Annotated[Line, Field(description="part of name, tag, plate, VIN, make and model, in that order")] | None = None
    asset_type: AssetType | None = None
    status: AssetStatus | None = None
    held_by: (
        Annotated[str, Field(pattern=r"^(me|[1-9][0-9]{0,17})$", description="the holder's user id, or `me`")] | None
    ) = None
    near: Annotated[Spot, Field(description="lat,lng: the nearest first; has its own order")] | None = None
    radius_m: Annotated[Finite, Field(ge=1, le=20_100_000, description="with near; 50 km unless given")] | None = None
    sort: Annotated[AssetSort, Field(description="not with near")] = AssetSort.ID


def listing_faults(wanted: ListAssets) -> list[Fault]:
    """Find what does not go together in a request for a list."""
    faults = []
    if wanted.radius_m is not None and wanted.near is None:
        faults.append(Fault("/radius_m", "A radius goes with a place: say near=lat,lng too."))
    if wanted.near is not None and "sort" in wanted.model_fields_set:
        faults.append(Fault("/sort", "With near, the nearest come first; leave out sort."))
    return faults


# what decides on which days and among which assets an asset's use counts; one that returns to the fleet has no last day
DECIDE_DAYS = frozenset({"asset_type", "in_service_on", "purchase_date", "disposed_on", "status"})


def columns(command: Model) -> dict[str, Any]:
    """Answer what a command says of an asset, and nothing else, by the table's columns and as JSON holds it."""
    said = command.model_dump(mode="json", exclude_unset=True, exclude={"asset_id", "if_match"})
    if "location" in said:
        place = said.pop("location") or {}
        said |= {"latitude": place.get("lat"), "longitude": place.get("lng"), "accuracy_m": place.get("accuracy_m")}
    return said


def changes(said: Mapping[str, Any], asset: Asset) -> dict[str, Any]:
    """Answer what is to be written over an asset: one that returns to the fleet is no longer disposed of."""
    returns = asset.status is AssetStatus.RETIRED and said.get("status") in {*SettableStatus}
    return {"id": asset.id, **({"disposed_on": None} if returns else {}), **said}
