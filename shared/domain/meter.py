"""Meters: what odometers and hour meters were said to show, what of that can be, and when a meter was replaced."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated

from pydantic import Field

from shared.domain.errors import Fault
from shared.domain.ledger import CUSTODY, IDENTITY, Contradiction, IngestRows, Noun, Values, described
from shared.domain.ledger_field import Field as Column, Kind, named, words
from shared.domain.model import Command, Identifier, Instant, Listing, Meter, Model, Notes, UserRef

CLOCK_GRACE = timedelta(minutes=2)


class MeterKind(StrEnum):
    """What a meter counts: miles, or hours of the engine."""

    ODOMETER = "odometer"
    ENGINE_HOURS = "engine_hours"


class ReadingState(StrEnum):
    """Whether a reading can be; what cannot is kept, and counts for nothing."""

    ACCEPTED = "accepted"
    VOIDED = "voided"


class VoidReason(StrEnum):
    """Why a reading cannot be, beside the accepted ones before and after it."""

    BELOW_EARLIER = "below_earlier"
    RISES_TOO_FAST = "rises_too_fast"
    ABOVE_LATER = "above_later"
    LATER_RISES_TOO_FAST = "later_rises_too_fast"


class MeterReading(Model):
    """What a meter was said to show at a moment."""

    id: int
    asset_id: int
    kind: MeterKind
    read_at: Instant
    value: Annotated[float, Field(description="miles or hours, as the meter shows them")]
    source: Annotated[str, Field(description="who says so; `custody` is a check-out or check-in")]
    external_id: str
    state: ReadingState
    reason: Annotated[
        VoidReason | None,
        Field(
            description="of a voided one: below the accepted reading before it, or above the one after it; or between "
            "it and its neighbour the meter would rise by more than 3,000 miles or 24 hours a day"
        ),
    ]
    created_at: Instant


class MeterReplacement(Model):
    """A meter that was replaced, or set: from then on it counts from another value."""

    id: int
    asset_id: int
    kind: MeterKind
    replaced_at: Instant
    start_value: float
    notes: str | None
    user: Annotated[UserRef | None, Field(description="who recorded it")]
    created_at: Instant


class ListMeterReadings(Listing):
    """The readings of an asset's meters, the newest first, voided ones too."""

    asset_id: Identifier
    kind: MeterKind | None = None
    state: ReadingState | None = None


class ListMeterReplacements(Listing):
    """When an asset's meters were replaced, the latest first."""

    asset_id: Identifier
    kind: MeterKind | None = None


class ReplaceMeter(Command):
    """Record that a meter was replaced or set; readings from then on are judged by it, those that came before too."""

    asset_id: Identifier
    kind: MeterKind
    replaced_at: Annotated[Instant, Field(description="now unless given")] | None = None
    start_value: Annotated[Meter, Field(description="what the meter showed then")] = 0.0
    notes: Notes | None = None


def _contradictions(reading: Values) -> Iterator[Contradiction]:
    if reading["source"] == CUSTODY:
        yield "source", f"Readings of the source {CUSTODY} come from check-outs; choose another name."


METER_READINGS = Noun(
    "meter_readings",
    "meter reading",
    (
        *IDENTITY,
        Column(
            "kind",
            Kind.WORD,
            "which meter",
            is_required=True,
            words=words(*MeterKind, miles="odometer", hours="engine_hours", hour_meter="engine_hours"),
            also=named("meter", "type"),
        ),
        Column("read_at", Kind.INSTANT, "when it showed that", is_required=True, also=named("date", "time")),
        Column(
            "value", Kind.NUMBER, "miles or hours, as the meter shows them", is_required=True, also=named("reading")
        ),
    ),
    contradictions=_contradictions,
)


class IngestMeterReadings(IngestRows):
    """Take readings of meters in: JSON, or a CSV file whose first line names the columns."""

    model_config = described(METER_READINGS)


def replacement_faults(command: ReplaceMeter, now: datetime) -> list[Fault]:
    """Answer what is wrong with the time of a replacement."""
    if command.replaced_at is not None and command.replaced_at > now + CLOCK_GRACE:
        return [Fault("/replaced_at", "This lies in the future.")]
    return []
