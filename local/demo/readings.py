"""Readings of meters: what drivers type at the pump, and what trackers tell last."""

from collections.abc import Iterator

from local.demo.awkward import CLUSTER_REPLACED_AGO, misread
from local.demo.custody import Use
from local.demo.period import Period
from local.demo.rows import MeterReading, MeterReplacement


def meter_replacements(use: Use, period: Period) -> Iterator[MeterReplacement]:
    """Yield the odometer that was replaced, if it was."""
    if use.unit.note == "odometer replaced":
        at = period.at(period.ago(CLUSTER_REPLACED_AGO), 0)
        yield MeterReplacement(use.unit.tag, "odometer", at, "Instrument cluster replaced")


def meter_readings(use: Use) -> Iterator[MeterReading]:
    """Yield the readings of an asset beside those of its custody."""
    tag, meters = use.unit.tag, use.meters
    for number, refill in enumerate(meters.refills if use.unit.card else ()):
        shown = meters.at(refill.at).odometer_miles
        if shown is not None:
            name = f"FC-{tag}-{number:04}"
            yield MeterReading(tag, "fuelcard", name, "odometer", refill.at, misread(use.unit, number, shown))
    if use.trips:
        last = meters.last
        for kind, value in (("odometer", last.odometer_miles), ("engine_hours", last.engine_hours)):
            if value is not None:
                yield MeterReading(tag, "telematics", f"{tag}-last-{kind}", kind, last.at, value)
