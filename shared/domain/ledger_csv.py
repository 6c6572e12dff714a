"""Reads rows of the ledger from CSV: which cell is which field; what the cells mean is read elsewhere."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice

from shared.domain import csv_records, ledger_layout
from shared.domain.csv_records import Record, Unreadable
from shared.domain.errors import Fault, Invalid, TooLarge
from shared.domain.ledger import MOST_ROWS, Noun, Rejection, Repair
from shared.domain.ledger_layout import Layout, Place

# how far down the names of the columns may stand in a report
_PREAMBLE = 20
_ZEROS = {"0", "0.0", "0.00"}


@dataclass(frozen=True)
class RawRow:
    """A row as it was sent: its number from 1, its line in a file, and what it says by field."""

    row: int
    line: int | None
    said: Mapping[str, object]


@dataclass
class Sheet:
    """What was sent.

    Attributes:
        rows: those that have their cells.
        received: how many there were.
        rejected: the others.
        renamed: columns that were called otherwise.
        measures: of fields, where the column's name says it.
    """

    rows: list[RawRow] = field(default_factory=list)
    received: int = 0
    rejected: list[Rejection] = field(default_factory=list)
    renamed: list[Repair] = field(default_factory=list)
    measures: Mapping[str, str] = field(default_factory=dict)


def read(content: bytes, noun: Noun, layout: Layout) -> Sheet:
    """Read a file, whatever its bytes.

    Raises:
        Invalid: it cannot be read, or its columns are not those of the noun.
        TooLarge: it has too many rows.
    """
    sheet = Sheet()
    try:
        text = csv_records.decoded(content)
        mark = csv_records.delimiter(text, layout.known, _depth(layout))
        records = csv_records.records(text, mark)
        header = _header(records, layout)
        places = _places(header, noun, layout, sheet)
        for number, record in enumerate(records, start=1):
            _take(number, record, places, layout, sheet)
    except Unreadable as error:
        raise Invalid(str(error), faults=[_fault(str(error), error.line)]) from None
    return sheet


def _fault(detail: str, line: int, column: str | None = None) -> Fault:
    return Fault("/csv", detail, {"line": line, **({"column": column} if column else {})})


def _depth(layout: Layout) -> int:
    return _PREAMBLE if layout.has_preamble else 1


def _header(records: Iterator[Record], layout: Layout) -> Record:
    for record in islice(records, _depth(layout)):
        if not layout.has_preamble or layout.known(record.cells) > 1:
            return record
    raise Invalid.field("/csv", "The first line is to name the columns.")


def _places(header: Record, noun: Noun, layout: Layout, sheet: Sheet) -> list[Place | None]:
    """Answer what each column holds; raise Invalid with every column that is unknown, twice there or missing."""
    if layout.has_preamble and ledger_layout.traccar_of_api(header.cells):
        measures = {"distance_miles": "meters", "fuel_consumed_gallons": "liters"}
        layout = ledger_layout.traccar(measures)
    cells = list(header.cells)
    while cells and not cells[-1].strip():
        cells.pop()
    places = [layout.place(cell) for cell in cells]
    faults = [*_unknown(header, cells, places, noun, layout), *_missing(header, places, noun, layout)]
    if faults:
        raise Invalid("The columns of this file are not as they should be.", faults=faults)
    for cell, place in zip(cells, places, strict=True):
        if place and cell != place.name and not layout.is_foreign:
            sheet.renamed.append(Repair.model_validate({"row": 0, "field": place.name, "from": cell, "to": place.name}))
    sheet.measures = {place.name: place.measure for place in places if place and place.measure}
    return places


def _unknown(
    header: Record, cells: Sequence[str], places: Sequence[Place | None], noun: Noun, layout: Layout
) -> Iterator[Fault]:
    seen = set[str]()
    for position, (cell, place) in enumerate(zip(cells, places, strict=True), start=1):
        if place is None and not layout.is_foreign:
            what = f"There is no column {cell.strip()[:64]!r}" if cell.strip() else f"Column {position} has no name"
            names = ", ".join(column.name for column in noun.columns)
            yield _fault(f"{what}; there are {names}.", header.line, cell.strip()[:64] or None)
        elif place and place.name in seen:
            yield _fault(f"The column {place.name} stands twice.", header.line, place.name)
        seen |= {place.name} if place else set()


def _missing(header: Record, places: Sequence[Place | None], noun: Noun, layout: Layout) -> Iterator[Fault]:
    given = {place.name for place in places if place} | set(layout.constants)
    wanted = {column.name for column in noun.columns if column.is_required}
    for name in sorted(wanted - given - ({"external_id"} if layout.is_foreign else set())):
        yield _fault(f"The column {name} is missing.", header.line, name)
    if noun.is_of_asset and not given & {"asset_id", "asset_tag"}:
        yield _fault("The column asset_tag or asset_id is missing.", header.line, "asset_tag")


def _take(number: int, record: Record, places: Sequence[Place | None], layout: Layout, sheet: Sheet) -> None:
    if number > MOST_ROWS:
        raise TooLarge(f"A call takes at most {MOST_ROWS:,} rows; send this file in parts.")
    sheet.received = number
    cells = record.cells
    if len(cells) < len(places) or any(cell.strip() for cell in cells[len(places) :]):
        detail = f"This row has {len(cells)} cells, the line of names {len(places)}."
        sheet.rejected.append(Rejection(row=number, line=record.line, detail=detail))
        return
    said: dict[str, object] = dict(layout.constants)
    for place, cell in zip(places, cells, strict=False):
        if place and not (place.name in layout.unknown_at_zero and cell.strip() in _ZEROS):
            said[place.name] = cell
    sheet.rows.append(RawRow(number, record.line, said))
