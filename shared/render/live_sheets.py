"""Worksheets whose cells reckon: rows with formulas beside their values, and ranges that other sheets refer to.

Each formula carries the value that it comes to, so that a viewer that does not reckon shows it too.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from shared.domain.report import Chart, Column, Line, Table
from shared.render.cells import Looks, Writer, serial
from shared.render.spreadsheet import finish, native_chart, widen

if TYPE_CHECKING:
    from xlsxwriter import Workbook
    from xlsxwriter.format import Format
    from xlsxwriter.worksheet import Worksheet


@dataclass
class LiveSheet:
    """One worksheet.

    Attributes:
        formulas: by column key; `{r}` is the row, `{KEY}` the cell of a column in it.
        last: the last row, as the program counts, once it is written.
    """

    name: str
    columns: tuple[Column, ...]
    formulas: Mapping[str, str] = field(default_factory=dict)
    last: int = 2

    def letter(self, key: str) -> str:
        """Answer a column's letters."""
        from xlsxwriter.utility import xl_col_to_name

        return str(xl_col_to_name([column.key for column in self.columns].index(key)))

    def all(self, key: str) -> str:
        """Answer the range of a whole column, for formulas on any sheet."""
        letter = self.letter(key)
        return f"'{self.name}'!${letter}$2:${letter}${self.last}"

    def own(self, key: str) -> str:
        """Answer the same for formulas on this sheet, of its rows alone."""
        letter = self.letter(key)
        return f"{letter}$2:{letter}${self.last}"

    def cells(self, row: int) -> dict[str, str]:
        """Answer every column's cell in a row."""
        return {column.key: f"${self.letter(column.key)}{row}" for column in self.columns}


class LiveBook:
    """A workbook of such sheets, written one after the other.

    Args:
        book: opened, in constant memory.
        looks: its formats.
        zone: whose clocks moments are shown by.
    """

    def __init__(self, book: "Workbook", looks: Looks, zone: ZoneInfo) -> None:
        self._book = book
        self._looks = looks
        self._zone = zone

    def add(self, *names: str) -> None:
        """Add worksheets, so that they stand in this order whichever is written first."""
        from shared.render.live_cells import LiveCells

        for name in names:
            self._book.add_worksheet(name, LiveCells)

    def name(self, name: str, cell: str) -> None:
        """Give a cell a name that formulas use."""
        self._book.define_name(name, f"={cell}")

    def write(self, made: LiveSheet, rows: Iterable[Line], totals: Mapping[str, tuple[str, Any]] | None = None) -> int:
        """Write a sheet and answer how many rows it has; totals are formulas with their values, by column."""
        sheet = self._book.get_worksheet_by_name(made.name)
        writer = Writer(sheet, made.columns, self._looks, self._zone)
        widen(sheet, made.columns)
        writer.headings(0)
        templates = self._templates(made)
        row = 0
        for row, line in enumerate(rows, 1):
            for at, key, look, template in templates:
                if template is None:
                    writer.put(row, at, line.get(key), look)
                else:
                    self._formula(sheet, (row, at), template.replace("{r}", str(row + 1)), look, line.get(key))
        made.last = max(row + 1, 2)
        finish(sheet, len(made.columns), made.last - 1, 3 if totals is not None else 0)
        if totals is not None:
            self._totals(sheet, made, totals)
        return row

    def draw(self, made: LiveSheet, chart: Chart) -> None:
        """Put a chart of a sheet's rows below them."""
        sheet = self._book.get_worksheet_by_name(made.name)
        table = Table(made.name, made.name, made.columns, ())
        drawn, _ = native_chart(self._book, made.name, table, chart, made.last - 1)
        sheet.insert_chart(made.last + 2, 1, drawn)

    def _totals(self, sheet: "Worksheet", made: LiveSheet, totals: Mapping[str, tuple[str, Any]]) -> None:
        for at, column in enumerate(made.columns):
            look = self._looks.of(column.kind, total=True)
            if column.key in totals:
                formula, value = totals[column.key]
                self._formula(sheet, (made.last, at), formula, look, value)
            else:
                sheet.write_string(made.last, at, "Total" if at == 1 else "", look)

    def _templates(self, made: LiveSheet) -> "list[tuple[int, str, Format, str | None]]":
        cells = {**made.cells(0), "r": "{r}"}
        places = {key: cell.removesuffix("0") + "{r}" if key != "r" else cell for key, cell in cells.items()}
        return [
            (at, column.key, self._looks.of(column.kind), self._template(made.formulas.get(column.key), places))
            for at, column in enumerate(made.columns)
        ]

    @staticmethod
    def _template(formula: str | None, places: dict[str, str]) -> str | None:
        return None if formula is None else formula.format(**places)

    def _formula(self, sheet: "Worksheet", place: tuple[int, int], formula: str, look: "Format", value: Any) -> None:
        sheet.write_formula(*place, formula, look, self._shown(value))

    def _shown(self, value: Any) -> str | float:
        """Answer a value as a cell keeps it beside its formula."""
        if value is None or isinstance(value, str):
            return value or ""
        return serial(value, self._zone) if isinstance(value, date) else float(value)
