"""A worksheet's cells: values of every kind as spreadsheet programs have them, and the looks of each."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from shared.domain.report import Column, Kind, harmless

if TYPE_CHECKING:
    from xlsxwriter import Workbook
    from xlsxwriter.format import Format
    from xlsxwriter.worksheet import Worksheet

# what a cell can hold
TEXT_MAX = 32_767
# spreadsheets count days from here
_ORIGIN = date(1899, 12, 30).toordinal()
_SECONDS = 86_400
_PATTERNS: Mapping[Kind, str] = {
    Kind.TEXT: "General",
    Kind.WHOLE: "#,##0",
    Kind.NUMBER: "#,##0.00",
    Kind.PERCENT: '0.00"%"',
    Kind.MONEY: "#,##0.00",
    Kind.RATE: "#,##0.0000",
    Kind.EXACT: "#,##0.00####",
    Kind.DAY: "yyyy-mm-dd",
    Kind.INSTANT: "yyyy-mm-dd hh:mm:ss",
}


_HEADING = {"bold": True, "bg_color": "#1F4E79", "font_color": "#FFFFFF", "text_wrap": True, "valign": "top"}


class Looks:
    """The formats of one workbook."""

    def __init__(self, book: "Workbook") -> None:
        self.title = book.add_format({"bold": True, "font_size": 14})
        self.bold = book.add_format({"bold": True})
        self._heading, self._heading_of_numbers = (
            book.add_format({**_HEADING, "align": align}) for align in ("left", "right")
        )
        self.note = book.add_format({"italic": True, "font_color": "#595959"})
        self._of = {kind: book.add_format({"num_format": pattern}) for kind, pattern in _PATTERNS.items()}
        self._totals = {
            kind: book.add_format({"num_format": pattern, "bold": True, "top": 1})
            for kind, pattern in _PATTERNS.items()
        }

    def heading(self, kind: Kind) -> "Format":
        """Answer how the heading of a column looks: above numbers at their side."""
        return self._heading if kind is Kind.TEXT else self._heading_of_numbers

    def of(self, kind: Kind, *, total: bool = False) -> "Format":
        """Answer how a kind of value looks, in a row or in the last line."""
        return (self._totals if total else self._of)[kind]


def serial(value: date, zone: ZoneInfo) -> float:
    """Answer a day or a moment as the number that spreadsheets show as one; moments as local clocks had them."""
    if not isinstance(value, datetime):
        return value.toordinal() - _ORIGIN
    local = value.astimezone(zone) if value.tzinfo else value
    seconds = local.hour * 3600 + local.minute * 60 + local.second + local.microsecond / 1e6
    return local.toordinal() - _ORIGIN + seconds / _SECONDS


def text_of(value: object) -> str:
    """Answer a text that a cell can hold and no program reckons with."""
    return harmless(str(value))[:TEXT_MAX]


class Writer:
    """Writes rows of one worksheet, top down, as constant memory wants it."""

    def __init__(self, sheet: "Worksheet", columns: tuple[Column, ...], looks: Looks, zone: ZoneInfo) -> None:
        self._sheet = sheet
        self._zone = zone
        self._looks = looks
        self._columns = columns
        # among figures of many kinds, what is counted has no decimal places
        self._plan = [
            (at, column.key, looks.of(column.kind), looks.of(Kind.WHOLE) if column.kind is Kind.NUMBER else None)
            for at, column in enumerate(columns)
        ]

    def headings(self, row: int) -> None:
        """Write the headings."""
        for at, column in enumerate(self._columns):
            self._sheet.write_string(row, at, column.label, self._looks.heading(column.kind))

    def values(self, row: int, line: Mapping[str, Any]) -> None:
        """Write a row's values."""
        for at, key, look, counted in self._plan:
            # an empty cell that is not written takes neither time nor room
            if (value := line.get(key)) is not None:
                self.put(row, at, value, counted if counted and type(value) is int else look)

    def totals(self, row: int, line: Mapping[str, Any]) -> None:
        """Write the last line."""
        for at, column in enumerate(self._columns):
            self.put(row, at, line.get(column.key), self._looks.of(column.kind, total=True))

    def put(self, row: int, at: int, value: Any, look: "Format") -> None:
        """Write one value as what it is: a text stays a text, whatever it looks like."""
        if value is None:
            self._sheet.write_blank(row, at, None, look)
        elif isinstance(value, str):
            self._sheet.write_string(row, at, text_of(value), look)
        elif isinstance(value, date):
            self._sheet.write_number(row, at, serial(value, self._zone), look)
        else:
            self._sheet.write_number(row, at, float(value), look)
