"""Workbooks of tables: real dates and numbers, frozen headings, filters, charts, in constant memory."""

from contextlib import contextmanager
from itertools import islice
from typing import TYPE_CHECKING, BinaryIO
from zoneinfo import ZoneInfo

from shared.domain.report import Chart, ChartStyle, Column, Kind, Paper, Table
from shared.render.cells import Looks, Writer, text_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any

    from xlsxwriter import Workbook
    from xlsxwriter.worksheet import Worksheet

# a worksheet ends at 1,048,576
ROWS_MAX = 1_000_000
_A4 = 9
# in pixels, as such programs count
_ROW_HEIGHT = 20
_CHART_WIDTH = 860
_CHART_HEIGHT = 320
_CHART_HEAD = 110
_BAR_HEIGHT = 14
# with more than these, programs leave out names
_BARS_MAX = 150
_ABOUT = "About"


def write_xlsx(paper: Paper, target: BinaryIO) -> int:
    """Write a paper as a workbook and answer how many rows its tables have."""
    with opened(paper, target) as (book, looks):
        # what people read comes first
        tables = sorted(paper.tables, key=lambda table: not table.is_on_paper)
        return sum(_write_table(book, paper, table, looks) for table in tables)


@contextmanager
def opened(paper: Paper, target: BinaryIO) -> "Iterator[tuple[Workbook, Looks]]":
    """Open a workbook that keeps no more than a row in memory; its last sheet says what it is about."""
    from xlsxwriter import Workbook

    book = Workbook(
        target,
        {
            "constant_memory": True,
            "strings_to_formulas": False,
            "strings_to_urls": False,
            "strings_to_numbers": False,
            "nan_inf_to_errors": False,
        },
    )
    try:
        made_at = paper.made_at.replace(tzinfo=None)
        book.set_properties({"title": paper.title, "company": paper.tenant, "created": made_at})
        looks = Looks(book)
        yield book, looks
        _write_about(book, paper, looks)
    finally:
        book.close()


def finish(sheet: "Worksheet", columns: int, last_row: int, frozen: int = 0) -> None:
    """Keep headings in sight, let rows be filtered, and put the sheet on paper as one that prints it expects."""
    sheet.freeze_panes(1, frozen)
    sheet.autofilter(0, 0, max(last_row, 1), columns - 1)
    sheet.set_landscape()
    sheet.set_paper(_A4)
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(0)
    sheet.set_footer("&L&A&RPage &P of &N")


def widen(sheet: "Worksheet", columns: "tuple[Column, ...]") -> None:
    """Give the columns their widths, before the first row: what constant memory has written stays as it is."""
    for at, column in enumerate(columns):
        sheet.set_column(at, at, max(column.width, min(len(column.label) + 2, 18)))


def _write_table(book: "Workbook", paper: Paper, table: Table, looks: Looks) -> int:
    rows, count = iter(table.rows), 0
    for number in range(1, 1000):
        name = table.name if number == 1 else f"{table.name} {number}"
        written = _write_sheet(book, paper, Table(name, table.title, table.columns, islice(rows, ROWS_MAX)), looks)
        count += written
        if written < ROWS_MAX:
            break
    sheet = book.get_worksheet_by_name(name)
    if sheet is not None:
        end = _finish(sheet, table, written, looks, ZoneInfo(paper.time_zone))
        _draw(book, sheet, table, written, end)
    return count


def _write_sheet(book: "Workbook", paper: Paper, table: Table, looks: Looks) -> int:
    sheet = book.add_worksheet(table.name[:31])
    widen(sheet, table.columns)
    writer = Writer(sheet, table.columns, looks, ZoneInfo(paper.time_zone))
    writer.headings(0)
    row = 0
    for row, line in enumerate(table.rows, 1):
        writer.values(row, line)
    finish(sheet, len(table.columns), row)
    return row


def _finish(sheet: "Worksheet", table: Table, rows: int, looks: Looks, zone: ZoneInfo) -> int:
    """Write totals and notes below the rows; answer the row after them."""
    row = rows + 1
    if table.totals is not None:
        Writer(sheet, table.columns, looks, zone).totals(row, table.totals)
        row += 1
    for row, note in enumerate(table.notes, row + 1):  # noqa: B020 - goes on from where it is
        sheet.write_string(row, 0, text_of(note), looks.note)
    return row + 2


def _draw(book: "Workbook", sheet: "Worksheet", table: Table, rows: int, row: int) -> None:
    if rows == 0:
        return
    for chart in table.charts:
        if chart.style is ChartStyle.HEAT:
            _colour(sheet, table, chart, rows)
            continue
        drawn, height = native_chart(book, sheet.get_name(), table, chart, rows)
        sheet.insert_chart(row, 0, drawn)
        row += height // _ROW_HEIGHT + 2


def _colour(sheet: "Worksheet", table: Table, chart: Chart, rows: int) -> None:
    """Colour cells by their values, as they change too."""
    places = [table.keys.index(key) for key in chart.series]
    scale = {"type": "2_color_scale", "min_color": "#EDF5FF", "max_color": "#1F77B4"}
    sheet.conditional_format(1, min(places), rows, max(places), scale)


def native_chart(book: "Workbook", sheet_name: str, table: Table, chart: Chart, rows: int) -> "tuple[Any, int]":
    """Answer a chart of the program's own, which follows the cells that it shows, and its height."""
    is_line = chart.style is ChartStyle.LINE
    drawn = book.add_chart({"type": "line" if is_line else "bar"})
    across = table.keys.index(chart.across)
    for key in chart.series:
        at = table.keys.index(key)
        drawn.add_series(
            {
                "name": [sheet_name, 0, at],
                "categories": [sheet_name, 1, across, rows, across],
                "values": [sheet_name, 1, at, rows, at],
                "gap": 40,
            }
        )
    drawn.set_title({"name": chart.title, "name_font": {"size": 12}})
    drawn.set_legend({"position": "top"} if len(chart.series) > 1 else {"none": True})
    # names stand beside the picture and not across bars below zero; bars lie, from the first row down
    names = {"label_position": "low", "num_font": {"size": 8}}
    if is_line:
        is_day = table.columns[across].kind is Kind.DAY
        drawn.set_x_axis({**names, **({"date_axis": True, "num_format": "yyyy-mm-dd"} if is_day else {})})
    else:
        drawn.set_y_axis({**names, "reverse": True})
    height = _CHART_HEIGHT if is_line else _CHART_HEAD + _BAR_HEIGHT * len(chart.series) * min(rows, _BARS_MAX)
    drawn.set_size({"width": _CHART_WIDTH, "height": height})
    return drawn, height


def _write_about(book: "Workbook", paper: Paper, looks: Looks) -> None:
    sheet = book.add_worksheet(_ABOUT)
    sheet.fit_to_pages(1, 0)
    sheet.set_column(0, 0, 24)
    sheet.set_column(1, 1, 70)
    sheet.write_string(0, 0, text_of(paper.title), looks.title)
    for row, (name, value) in enumerate(about(paper), 2):
        sheet.write_string(row, 0, text_of(name), looks.bold)
        sheet.write_string(row, 1, text_of(value))


def about(paper: Paper) -> "Iterable[tuple[str, str]]":
    """Answer what stands above every report: whose it is, of what, and from when."""
    made_at = paper.made_at.astimezone(ZoneInfo(paper.time_zone))
    yield "Organisation", paper.tenant
    yield from paper.facts
    yield "Currency", paper.currency
    yield "Made at", f"{made_at:%Y-%m-%d %H:%M} ({paper.time_zone})"
