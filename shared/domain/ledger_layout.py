"""Which column of a file is which of the ledger: by its own names, by Traccar's, or by a map that a client sends."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Annotated, Any, Final

from pydantic import ConfigDict, Field, TypeAdapter, ValidationError

from shared.domain import csv_records
from shared.domain.errors import Fault, Invalid
from shared.domain.ledger import Noun
from shared.domain.ledger_field import MEASURES, WRITTEN, Unit
from shared.domain.model import Model

_MEASURED = re.compile(r"(.*\S)\s*[(\[]([^()\[\]]{1,20})[)\]]\s*")
_LONGEST = 200


class TripFormat(StrEnum):
    """How a file of trips names its columns."""

    MOTORPOOL = "motorpool"
    TRACCAR = "traccar"
    TELEMATICS = "telematics"


class DistanceUnit(StrEnum):
    """The measure of distances that do not say it."""

    METERS = "m"
    KILOMETERS = "km"
    MILES = "mi"


class FuelUnit(StrEnum):
    """The measure of fuel that does not say it."""

    LITERS = "l"
    GALLONS = "gal"


class MappedColumn(Model):
    """Where a field's values stand in a file: a column with its unit, or one value for every row."""

    column: Annotated[str, Field(max_length=200)] | None = None
    unit: Annotated[str, Field(max_length=20)] | None = None
    value: Annotated[str, Field(max_length=200)] | None = None


_MAP: Final = TypeAdapter(dict[str, str | MappedColumn], config=ConfigDict(defer_build=True))


@dataclass(frozen=True)
class Place:
    """A field of the ledger that a column of a file holds, and the measure that its name says."""

    name: str
    measure: str | None = None


@dataclass(frozen=True)
class Layout:
    """How a file is read.

    Attributes:
        places: by the columns' names as `csv_records.name` spells them; None: known, and of no use here.
        constants: what every row says.
        is_foreign: other columns are passed over, assets may be known by name, and rows have ids made for them.
        has_preamble: the names of the columns may stand below other lines.
        measures: of fields whose columns do not say it.
        unknown_at_zero: fields that hold a zero where nothing was measured.
    """

    places: Mapping[str, Place]
    constants: Mapping[str, str] = field(default_factory=dict)
    is_foreign: bool = False
    has_preamble: bool = False
    measures: Mapping[str, str] = field(default_factory=dict)
    unknown_at_zero: frozenset[str] = frozenset()

    def place(self, cell: str) -> Place | None:
        """Answer what a column's name means, or None."""
        found = self.places.get(csv_records.name(cell))
        measured = _MEASURED.fullmatch(cell) if found is None and len(cell) <= _LONGEST else None
        if measured:
            base = self.places.get(csv_records.name(measured[1]))
            return base and Place(base.name, measured[2].strip().lower())
        if found and found.measure == WRITTEN:
            return Place(found.name, self.measures.get(found.name, WRITTEN))
        return found

    def known(self, cells: Sequence[str]) -> int:
        """Count the columns that mean something."""
        return len({place.name for cell in cells if (place := self.place(cell))})


def own(noun: Noun, measures: Mapping[str, str] | None = None) -> Layout:
    """Answer the layout of files that name their columns as the ledger does, or nearly."""
    places = {}
    for column in noun.columns:
        for other, measure in column.also.items():
            places[csv_records.name(other)] = Place(column.name, measure)
    places |= {column.name: Place(column.name) for column in noun.columns}
    return Layout(places, measures=measures or {})


def traccar(measures: Mapping[str, str]) -> Layout:
    """Answer the layout of Traccar's trips: the fields of its API, in metres and litres, or the titles of its report.

    Args:
        measures: of distance and fuel, where the report shows numbers in the measure of its user.
    """
    places = {
        **dict.fromkeys(("devicename", "device"), Place("asset_tag")),
        **dict.fromkeys(("starttime", "start_time"), Place("start_time")),
        **dict.fromkeys(("endtime", "end_time"), Place("end_time")),
        **dict.fromkeys(("distance", "length"), Place("distance_miles", WRITTEN)),
        **dict.fromkeys(("spentfuel", "spent_fuel"), Place("fuel_consumed_gallons", WRITTEN)),
        "idletime": Place("idle_minutes", "ms"),
        "driveruniqueid": Place("driver_oid"),
    }
    return Layout(
        places,
        {"source": "traccar"},
        is_foreign=True,
        has_preamble=True,
        measures=measures,
        unknown_at_zero=frozenset({"fuel_consumed_gallons"}),
    )


def traccar_of_api(cells: Sequence[str]) -> bool:
    """Tell whether a header holds the names of Traccar's API, whose measures are always metres and litres."""
    return {"devicename", "starttime", "endtime"} <= {csv_records.name(cell) for cell in cells}


def telematics(noun: Noun, columns: str | None, measures: Mapping[str, str]) -> Layout:
    """Answer the layout that a client's map describes; raise Invalid with what is wrong with it."""
    try:
        said = _MAP.validate_json(columns or "null")
    except ValidationError as error:
        found = error.errors(include_url=False, include_context=False, include_input=False)
        raise Invalid(faults=[Fault("/columns", _said(fault)) for fault in found]) from None
    given = {name: MappedColumn(column=one) if isinstance(one, str) else one for name, one in said.items()}
    faults = [Fault("/columns", detail) for name, one in given.items() for detail in _faults(noun, name, one)]
    if faults:
        raise Invalid(faults=faults)
    places = {
        csv_records.name(one.column): Place(name, one.unit or measures.get(name))
        for name, one in given.items()
        if one.column is not None
    }
    constants = {name: one.value for name, one in given.items() if one.value is not None}
    return Layout(places, {"source": "telematics", **constants}, is_foreign=True)


def _said(fault: Any) -> str:
    where = ".".join(str(step) for step in fault["loc"])
    message = 'say where each field stands, as {"start_time": "Begin"}' if not where else f"{where}: {fault['msg']}"
    return message.encode("utf-8", "replace").decode()


def _faults(noun: Noun, name: str, one: MappedColumn) -> list[str]:
    shown = name[:64].encode("utf-8", "replace").decode()
    column = next((column for column in noun.columns if column.name == name), None)
    if column is None:
        return [f"There is no field {shown!r}; there are {', '.join(column.name for column in noun.columns)}."]
    found = []
    if (one.column is None) == (one.value is None):
        found.append(f"{shown}: say either its column or its value.")
    if one.unit is not None and not _is_measure(one.unit, column.unit):
        found.append(f"{shown}: that is no unit of it.")
    return found


def _is_measure(measure: str, unit: Unit | None) -> bool:
    return unit is not None and measure.lower() in MEASURES[unit]
