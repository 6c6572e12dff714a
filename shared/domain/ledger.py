"""The ledger: what finance and dispatch record about assets, each noun as a table of its columns.

Rows come as JSON or CSV, are repaired, checked and written by one way for all nouns; what a noun has of its own stands
here: its columns, what of a row contradicts itself, and how the row lies in its table.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Annotated, Any, Final

from pydantic import ConfigDict, Field

from shared.domain.ledger_field import WRITTEN, Field as Column, Kind, Unit, named, words
from shared.domain.model import BIGINT_MAX, Command, File, Flag, Model

MOST_ROWS: Final = 50_000
MOST_LISTED: Final = 1_000
LONGEST_TRIP: Final = timedelta(days=31)
LONGEST_PERIOD: Final = timedelta(days=3_660)
MOST_MILES_A_DAY: Final = 3_000
MOST_MONEY: Final = 999_999_999_999
# stands for a value that was said and cannot be read: it is not missing, and there is nothing to go by
UNREAD: Final = ()
# trips that follow from custody are written under this source, by nobody else
CUSTODY: Final = "custody"

type Values = Mapping[str, Any]
"""A row that was read: every column of its noun, None where it says nothing, `UNREAD` where nobody knows what."""
type Contradiction = tuple[str, str]
"""A column, and what is wrong with it beside the others."""


def _consistent(_values: Values) -> Iterator[Contradiction]:
    yield from ()


def _as_it_is(values: Values) -> dict[str, Any]:
    return dict(values)


@dataclass(frozen=True)
class Noun:
    """One kind of rows that the ledger takes in.

    Attributes:
        name: of the table, and of the statement that merges rows into it (`merge_` and the name).
        one: a single row in words, as `trip`.
        columns: what a row may say.
        key: the columns that name a row for ever.
        is_of_asset: rows name an asset, by `asset_id` or `asset_tag`.
        contradictions: what cannot be of a row, by those of its values that each can be.
        document: the row by the table's columns.
    """

    name: str
    one: str
    columns: tuple[Column, ...]
    key: tuple[str, ...] = ("source", "external_id")
    is_of_asset: bool = True
    contradictions: Callable[[Values], Iterator[Contradiction]] = _consistent
    document: Callable[[Values], dict[str, Any]] = _as_it_is


SOURCE = Column("source", Kind.TEXT, "where the row comes from, as `geotab`", is_required=True)
EXTERNAL_ID = Column(
    "external_id",
    Kind.TEXT,
    "what the row is called there; sent again it is corrected, not doubled",
    is_required=True,
    longest=200,
    also=named("id", "reference"),
)
ASSET = (
    Column("asset_id", Kind.WHOLE, "the asset", least=1, most=BIGINT_MAX),
    Column("asset_tag", Kind.TEXT, "the asset by its tag", also=named("asset", "tag", "unit", "vehicle")),
)
IDENTITY = (SOURCE, EXTERNAL_ID, *ASSET)


def _trip_contradictions(trip: Values) -> Iterator[Contradiction]:
    if trip["source"] == CUSTODY:
        yield "source", f"Trips of the source {CUSTODY} follow from check-outs; choose another name."
    if not trip["start_time"] or not trip["end_time"]:
        return
    length = trip["end_time"] - trip["start_time"]
    if length <= timedelta(0):
        yield "end_time", "A trip ends after it starts."
        return
    if length > LONGEST_TRIP:
        yield "end_time", f"A trip has at most {LONGEST_TRIP.days} days; this one has {length.days}."
    yield from _trip_measures(trip, length)


def _trip_measures(trip: Values, length: timedelta) -> Iterator[Contradiction]:
    most = MOST_MILES_A_DAY * max(1.0, length / timedelta(days=1))
    if (trip["distance_miles"] or 0) > most:
        yield "distance_miles", f"Nothing goes further than {MOST_MILES_A_DAY:,} miles a day."
    # a minute more: the two are often rounded apart
    if (trip["idle_minutes"] or 0) > length / timedelta(minutes=1) + 1:
        yield "idle_minutes", "The engine idled longer than the trip took."


TRIPS = Noun(
    "trips",
    "trip",
    (
        *IDENTITY,
        Column("start_time", Kind.INSTANT, "when it began", is_required=True, also=named("start", "trip start")),
        Column("end_time", Kind.INSTANT, "when it ended: later", is_required=True, also=named("end", "trip end")),
        Column(
            "distance_miles",
            Kind.NUMBER,
            "how far it went",
            unit=Unit.MILES,
            flips=True,
            also=named("miles", "mileage", distance=WRITTEN, distance_mi="mi", distance_km="km"),
        ),
        Column(
            "fuel_consumed_gallons",
            Kind.NUMBER,
            "the fuel it took",
            most=100_000,
            unit=Unit.GALLONS,
            also=named("fuel gallons", "gallons", fuel_consumed=WRITTEN, fuel_liters="l", fuel_litres="l"),
        ),
        Column(
            "idle_minutes",
            Kind.NUMBER,
            "how long the engine idled meanwhile",
            most=100_000,
            unit=Unit.MINUTES,
            also=named(idle_time=WRITTEN, idle_seconds="s", idle_hours="h"),
        ),
        Column("driver_oid", Kind.TEXT, "who drove, as tokens name them", longest=200, also=named("driver")),
    ),
    contradictions=_trip_contradictions,
)

MAINTENANCE_RECORDS = Noun(
    "maintenance_records",
    "maintenance record",
    (
        *IDENTITY,
        Column("performed_on", Kind.DAY, "the day of the work", is_required=True, also=named("date", "service date")),
        Column("category", Kind.TEXT, "what kind of work, as `brakes`", is_required=True, also=named("type")),
        Column(
            "total_cost", Kind.MONEY, "what it cost", is_required=True, most=MOST_MONEY, also=named("cost", "amount")
        ),
        Column("downtime_hours", Kind.NUMBER, "how long the asset was away", most=100_000, unit=Unit.HOURS),
        Column(
            "odometer_miles",
            Kind.NUMBER,
            "what the odometer showed",
            unit=Unit.MILES,
            also=named(odometer=WRITTEN, odometer_km="km"),
        ),
        Column("description", Kind.TEXT, "what was done", longest=4_000, also=named("notes")),
    ),
)

COST_CATEGORIES = words(
    "fuel",
    "insurance",
    "finance",
    "fees",
    "tyres",
    "tolls",
    "accident",
    "other",
    **dict.fromkeys(("tire", "tires", "tyre"), "tyres"),
    **dict.fromkeys(("gas", "gasoline", "petrol", "diesel"), "fuel"),
    **dict.fromkeys(("lease", "leasing", "loan"), "finance"),
    fee="fees",
    toll="tolls",
)


def _cost_contradictions(cost: Values) -> Iterator[Contradiction]:
    first, last = cost["period_start"], cost["period_end"]
    if cost["incurred_on"] is None and (first is None or last is None):
        yield "incurred_on", "Say when: incurred_on, or period_start and period_end."
    elif cost["incurred_on"] is not None and (first is not None or last is not None):
        yield "incurred_on", "Say incurred_on or the period, not both."
    elif first and last:
        yield from _period_contradictions(first, last)
    if (cost["quantity"] is None) != (cost["unit"] is None):
        yield "quantity", "A quantity and its unit come together."


def _period_contradictions(first: date, last: date) -> Iterator[Contradiction]:
    if last < first:
        yield "period_end", "A period ends on or after its first day."
    elif last - first > LONGEST_PERIOD:
        yield "period_end", "A period has at most ten years."


def _cost_document(cost: Values) -> dict[str, Any]:
    document = dict(cost)
    day = document.pop("incurred_on")
    return document if day is None else {**document, "period_start": day, "period_end": day}


COST_ENTRIES = Noun(
    "cost_entries",
    "cost entry",
    (
        *IDENTITY,
        Column("category", Kind.WORD, "what was paid for", is_required=True, words=COST_CATEGORIES, also=named("type")),
        Column(
            "amount",
            Kind.MONEY,
            "what was paid; below nothing for what came back",
            is_required=True,
            least=-MOST_MONEY,
            most=MOST_MONEY,
            also=named("cost", "total"),
        ),
        Column("incurred_on", Kind.DAY, "the day it is for, or else a period", also=named("date")),
        Column("period_start", Kind.DAY, "the first day of a period that it is spread over", may_be_ahead=True),
        Column("period_end", Kind.DAY, "the last day of that period", may_be_ahead=True),
        Column("quantity", Kind.NUMBER, "how much was bought"),
        Column("unit", Kind.TEXT, "of what, as `gal`"),
    ),
    contradictions=_cost_contradictions,
    document=_cost_document,
)

REVENUE_ENTRIES = Noun(
    "revenue_entries",
    "revenue entry",
    (
        *IDENTITY,
        Column(
            "amount",
            Kind.MONEY,
            "what the asset earned; below nothing for what was paid back",
            is_required=True,
            least=-MOST_MONEY,
            most=MOST_MONEY,
            also=named("revenue", "total"),
        ),
        Column("earned_on", Kind.DAY, "the day it is for", is_required=True, also=named("date")),
    ),
)


def described(noun: Noun, **more: str) -> ConfigDict:
    """Tell the API's description what rows of a noun hold.

    The columns stand in words, not as a schema: a row that breaks them is rejected by itself, and its call is not.
    """
    lines = [f"- `{one.name}`{' (required)' if one.is_required else ''}: {_described(one)}" for one in noun.columns]
    said = f"The rows, at most {MOST_ROWS:,}. Each says of one {noun.one}:\n\n" + "\n".join(lines)

    def describe(schema: dict[str, Any]) -> None:
        schema["properties"]["rows"]["description"] = said
        for name, text in more.items():
            schema["properties"][name]["description"] = text

    return ConfigDict(json_schema_extra=describe)


def _described(column: Column) -> str:
    unit = f", in {column.unit}" if column.unit else ""
    listed = dict.fromkeys(column.words.values())
    choice = f": {', '.join(f'`{word}`' for word in listed)}" if listed else ""
    return f"{column.about} ({column.kind}{unit}{choice})"


class IngestRows(Command):
    """Take rows in: JSON, or a CSV file whose first line names the columns."""

    rows: tuple[dict[str, Any], ...] | None = None
    csv: Annotated[bytes | None, Field(description="the file, as text/csv")] = None
    file: Annotated[tuple[File, ...], Field(max_length=1, description="the CSV file; multipart only")] = ()
    dry_run: Annotated[Flag, Field(description="do everything but keep it")] = False


class Repair(Model):
    """A value that was not as it should be but can only mean one thing; row 0 is the line of names, or the column."""

    model_config = ConfigDict(serialize_by_alias=True)

    row: int
    field: str
    was: Annotated[Any, Field(alias="from")]
    to: Any


class Rejection(Model):
    """Why a row was not taken; `line` is that of a CSV file."""

    row: int
    line: int | None = None
    field: str | None = None
    detail: str


class Ingested(Model):
    """What taking in rows did, or would do. The lists hold the first thousand; the counts are of all."""

    received: int
    created: int
    updated: int
    unchanged: int
    repaired: tuple[Repair, ...]
    rejected: tuple[Rejection, ...]
    repaired_count: int
    rejected_count: int
    rejected_rows: int
    dry_run: bool


class IngestMaintenanceRecords(IngestRows):
    """Take maintenance records in: JSON, or a CSV file whose first line names the columns."""

    model_config = described(MAINTENANCE_RECORDS)


class IngestCostEntries(IngestRows):
    """Take cost entries in: JSON, or a CSV file whose first line names the columns."""

    model_config = described(COST_ENTRIES)


class IngestRevenueEntries(IngestRows):
    """Take revenue entries in: JSON, or a CSV file whose first line names the columns."""

    model_config = described(REVENUE_ENTRIES)
