"""Taking in trips: as every noun of the ledger, and in the words of others' trackers."""

from typing import Annotated

from pydantic import Field

from shared.domain import ledger_layout
from shared.domain.errors import Invalid
from shared.domain.ledger import TRIPS, IngestRows, described
from shared.domain.ledger_layout import DistanceUnit, FuelUnit, Layout, TripFormat

_DISTANCES = {DistanceUnit.METERS: "meters", DistanceUnit.KILOMETERS: "km", DistanceUnit.MILES: "mi"}


class IngestTrips(IngestRows):
    """Take trips in: JSON, or a CSV file in our own, Traccar's or a described layout."""

    model_config = described(TRIPS)

    format: Annotated[TripFormat, Field(description="how a CSV file names its columns")] = TripFormat.MOTORPOOL
    columns: (
        Annotated[
            str,
            Field(
                max_length=2_000,
                description="for the format `telematics`: a JSON object of our fields, each with its column's name, or"
                ' as {"column": "Distance", "unit": "km"} or {"value": "geotab"}',
            ),
        ]
        | None
    ) = None
    distance_unit: Annotated[DistanceUnit, Field(description="of a file's distances that do not say it")] | None = None
    fuel_unit: Annotated[FuelUnit, Field(description="of a file's fuel that does not say it")] | None = None
    time_zone: (
        Annotated[
            str, Field(max_length=64, description="of a file's local times, as `Europe/Berlin`; else the tenant's")
        ]
        | None
    ) = None

    def layout(self) -> Layout:
        """Answer how a file of these trips is read; raise Invalid if the map is none."""
        if self.columns is not None and self.format is not TripFormat.TELEMATICS:
            raise Invalid.field("/columns", "A map of columns goes with format=telematics.")
        if self.rows is not None and self.format is not TripFormat.MOTORPOOL:
            raise Invalid.field("/format", "A format goes with a file; rows of JSON have our own names.")
        measures: dict[str, str] = {}
        if self.distance_unit:
            measures["distance_miles"] = _DISTANCES[self.distance_unit]
        if self.fuel_unit:
            measures["fuel_consumed_gallons"] = self.fuel_unit.value
        if self.format is TripFormat.TRACCAR:
            return ledger_layout.traccar(measures)
        if self.format is TripFormat.TELEMATICS:
            return ledger_layout.telematics(TRIPS, self.columns, measures)
        return ledger_layout.own(TRIPS, measures)
