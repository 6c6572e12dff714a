"""Reads assets from CSV as spreadsheets write it, and names every cell that cannot be.

The first row holds the names of the columns, in any order and letter case. Cells are separated by comma, semicolon or
tab; quoted ones may hold line breaks. Text is UTF-8. Rows whose cells are all empty are passed over.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from pydantic import ValidationError

from shared.domain import csv_records
from shared.domain.asset import AssetRow, columns
from shared.domain.csv_records import Record, Unreadable
from shared.domain.errors import Fault
from shared.domain.model import written_number

MOST_ROWS: Final = 50_000
MOST_FAULTS: Final = 1_000

REQUIRED = ("asset_tag", "asset_name", "asset_type")
PLACE = {"latitude": "lat", "longitude": "lng", "accuracy_m": "accuracy_m"}
COLUMNS = (*(name for name in AssetRow.model_fields if name != "location"), *PLACE)

_WORDS = {"asset_type", "status", "fuel_type", "depreciation_method"}


@dataclass
class Faults:
    """What is wrong with a file: the first thousand, and how many there are."""

    listed: list[Fault] = field(default_factory=list)
    count: int = 0

    def add(self, detail: str, row: int | None = None, line: int | None = None, column: str | None = None) -> None:
        """Add one, found in a row (counted from 1 below the header), a line of the file and a column."""
        self.count += 1
        if self.count <= MOST_FAULTS:
            pointer = "/rows" if row is None else f"/rows/{row}"
            where = {"row": row, "line": line, "column": column}
            self.listed.append(Fault(pointer if column is None else f"{pointer}/{column}", detail, where))


@dataclass(frozen=True)
class ReadRow:
    """A row that can be: its number, its line in the file, and what it says by the table's columns."""

    row: int
    line: int
    said: Mapping[str, Any]


@dataclass(frozen=True)
class Sheet:
    """What a file says: the rows that can be, how many there were, and what is wrong with the others."""

    rows: Sequence[ReadRow]
    received: int
    faults: Faults


def read(content: bytes) -> Sheet:
    """Read a file of assets, whatever its bytes."""
    faults, rows, received = Faults(), list[ReadRow](), 0
    try:
        text = csv_records.decoded(content)
        records = csv_records.records(text, _delimiter(text))
        names = _header(next(records, None), faults)
        for received, record in _numbered(records):
            if names:
                rows += _row(received, record, names, faults)
    except Unreadable as error:
        faults.add(str(error), line=error.line)
    return Sheet(_unique(rows, faults), received, faults)


def _delimiter(text: str) -> str:
    return csv_records.delimiter(text, lambda cells: len(set(COLUMNS) & {csv_records.name(cell) for cell in cells}))


def _numbered(records: Iterable[Record]) -> Iterator[tuple[int, Record]]:
    for number, record in enumerate(records, start=1):
        if number > MOST_ROWS:
            raise Unreadable(f"A file has at most {MOST_ROWS:,} rows; split it.", record.line)
        yield number, record


def _header(record: Record | None, faults: Faults) -> list[str]:
    """Answer the columns' names, or none if the rows below cannot be read by them."""
    before = faults.count
    names = [csv_records.name(cell) for cell in record.cells] if record else []
    while names and not names[-1]:
        names.pop()
    line = record.line if record else 1
    seen = set[str]()
    for position, name in enumerate(names, start=1):
        if name not in COLUMNS:
            what = f"There is no column {name[:64]!r}" if name else f"Column {position} has no name"
            faults.add(f"{what}; there are {', '.join(COLUMNS)}.", line=line, column=name[:64] or None)
        elif name in seen:
            faults.add(f"The column {name} stands twice.", line=line, column=name)
        seen.add(name)
    for name in REQUIRED:
        if name not in names:
            faults.add(f"The column {name} is missing.", line=line, column=name)
    return names if faults.count == before else []


def _row(number: int, record: Record, names: Sequence[str], faults: Faults) -> Iterator[ReadRow]:
    cells = [cell.strip() for cell in record.cells]
    if len(cells) < len(names) or any(cells[len(names) :]):
        faults.add(f"This row has {len(cells)} cells, the header {len(names)}.", number, record.line)
        return
    try:
        asset = AssetRow.model_validate(_fields(dict(zip(names, cells, strict=False))))
    except ValidationError as error:
        for fault in error.errors(include_url=False, include_context=False, include_input=False):
            column = _column(fault["loc"])
            faults.add(_said(fault, cells[names.index(column)] if column in names else ""), number, record.line, column)
        return
    yield ReadRow(number, record.line, columns(asset))


def _fields(cells: Mapping[str, str]) -> dict[str, Any]:
    """Answer the fields of a row: an empty cell is null (but no status), three columns are one place."""
    said: dict[str, Any] = {name: _value(name, cell) for name, cell in cells.items() if name not in PLACE}
    if said.get("status", "") is None:
        del said["status"]
    place = {PLACE[name]: written_number(cell) for name, cell in cells.items() if name in PLACE and cell}
    if place or {"latitude", "longitude"} & cells.keys():
        said["location"] = place or None
    return said


def _value(name: str, cell: str) -> str | None:
    return (cell.lower().replace(" ", "_") if name in _WORDS else cell) or None


def _column(location: Sequence[int | str]) -> str:
    """Answer the column in which a fault was found; what is wrong with a place as a whole stands in its first."""
    if location[0] != "location":
        return str(location[0])
    part = location[1] if len(location) > 1 else "lat"
    return next(name for name, own in PLACE.items() if own == part)


def _said(fault: Mapping[str, Any], cell: str) -> str:
    if not cell:
        return "This cell is empty."
    return str(fault["msg"]).removeprefix("Value error, ")


def _unique(rows: Iterable[ReadRow], faults: Faults) -> list[ReadRow]:
    """Answer the rows but those whose tag stood further up."""
    seen: dict[str, ReadRow] = {}
    for one in rows:
        first = seen.setdefault(one.said["asset_tag"], one)
        if first is not one:
            faults.add(f"This tag stands in line {first.line} already.", one.row, one.line, "asset_tag")
    return list(seen.values())
