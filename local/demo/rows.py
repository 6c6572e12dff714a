"""What the demo data consists of: one class a table, naming assets by tag and users by oid instead of by number."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Place:
    """A place on earth, in degrees, and how far off it may be."""

    lat: float
    lng: float
    accuracy_m: float


@dataclass(frozen=True, slots=True)
class User:
    """A person of the tenant."""

    oid: str
    name: str
    email: str
    first_seen_at: datetime


@dataclass(frozen=True, slots=True)
class Asset:
    """A vehicle, trailer, machine or tool, as it stands at the end of the period."""

    asset_tag: str
    asset_name: str
    asset_type: str
    benchmark_class: str | None
    status: str
    vin: str | None
    license_plate: str | None
    make: str
    model: str
    year: int
    fuel_type: str
    purchase_price: Decimal | None
    purchase_date: date
    in_service_on: date
    disposed_on: date | None
    current_value: Decimal | None
    salvage_value: Decimal | None
    useful_life_years: float
    depreciation_method: str
    odometer_miles: float | None
    engine_hours: float | None
    fuel_level_percent: float | None
    location: Place
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Trip:
    """One period of use; `created_at` is when it arrived, which may be days after it ended."""

    asset_tag: str
    source: str
    external_id: str
    start_time: datetime
    end_time: datetime
    distance_miles: float | None
    fuel_consumed_gallons: float | None
    idle_minutes: float | None
    created_at: datetime
    user_oid: str | None = None

    @property
    def hours(self) -> float:
        """Answer how long it lasted."""
        return (self.end_time - self.start_time).total_seconds() / 3600


@dataclass(frozen=True, slots=True)
class Maintenance:
    """Work done in the shop."""

    asset_tag: str
    source: str
    external_id: str
    performed_on: date
    category: str
    total_cost: Decimal
    downtime_hours: float
    odometer_miles: float | None
    description: str


@dataclass(frozen=True, slots=True)
class Cost:
    """Money spent on a day, or for a period of days (both ends included)."""

    asset_tag: str
    source: str
    external_id: str
    category: str
    amount: Decimal
    period_start: date
    period_end: date
    quantity: float | None = None
    unit: str | None = None


@dataclass(frozen=True, slots=True)
class Revenue:
    """Money earned on a day."""

    asset_tag: str
    source: str
    external_id: str
    amount: Decimal
    earned_on: date


@dataclass(frozen=True, slots=True)
class FuelPrice:
    """The price of a gallon from a day on."""

    fuel_type: str
    valid_from: date
    price_per_gallon: Decimal


@dataclass(frozen=True, slots=True)
class Comment:
    """What somebody said about a task."""

    user_oid: str
    body: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Task:
    """A unit of work; one that is not open any more was made open and touched once since, by whoever does it."""

    title: str
    description: str
    status: str
    priority: str
    asset_tag: str | None
    assignee_oid: str | None
    created_by_oid: str
    due_at: datetime | None
    created_at: datetime
    updated_at: datetime
    comments: list[Comment]


@dataclass(frozen=True, slots=True)
class Signature:
    """A drawn signature, known by the SHA-256 of its bytes, in hex."""

    sha256: str
    svg: str


@dataclass(frozen=True, slots=True)
class Act:
    """A check-out or a check-in: what was said, when it happened and when the server heard of it."""

    asset_tag: str
    checkout_time: datetime
    user_oid: str
    kind: str
    occurred_at: datetime
    recorded_at: datetime
    facts: dict[str, object]
    device_id: str | None = None
    client_seq: int | None = None


@dataclass(frozen=True, slots=True)
class Custody:
    """Who held an asset from when to when; the rest is in its acts, of which the second may be missing."""

    asset_tag: str
    user_oid: str
    checkout: Act
    checkin: Act | None
    due_at: datetime


@dataclass(frozen=True, slots=True)
class MeterReplacement:
    """A meter that was replaced by one that starts at 0."""

    asset_tag: str
    kind: str
    replaced_at: datetime
    notes: str


@dataclass(frozen=True, slots=True)
class MeterReading:
    """What a meter was said to show by somebody else than who checks out and in."""

    asset_tag: str
    source: str
    external_id: str
    kind: str
    read_at: datetime
    value: float


@dataclass(frozen=True, slots=True)
class Dataset:
    """All rows of one tenant, in the order in which they can be inserted; each field has its statement in sql/."""

    users: list[User]
    assets: list[Asset]
    trips: list[Trip]
    maintenance_records: list[Maintenance]
    cost_entries: list[Cost]
    revenue_entries: list[Revenue]
    fuel_prices: list[FuelPrice]
    tasks: list[Task]
    signatures: list[Signature]
    meter_replacements: list[MeterReplacement]
    custodies: list[Custody]
    custody_events: list[Act]
    meter_readings: list[MeterReading]
