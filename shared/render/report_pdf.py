"""Reports on paper: headings, charts, and tables that go on over pages with their headings repeated."""

from datetime import date, datetime
from decimal import Decimal
from html import escape
from typing import TYPE_CHECKING, Any, BinaryIO
from zoneinfo import ZoneInfo

from shared.domain.report import Column, Kind, Line, Paper, Table
from shared.render.columns import broken, fit
from shared.render.fonts import BOLD, REGULAR, printable, register_fonts
from shared.render.spreadsheet import about

if TYPE_CHECKING:
    from reportlab.platypus import Flowable

MARGIN = 36.0
_RIGHT = {Kind.WHOLE, Kind.NUMBER, Kind.PERCENT, Kind.MONEY, Kind.RATE, Kind.EXACT}
_LONGEST = 300
_NOTHING = "-"
_NO_ROWS = "There is nothing to show here."
_FRAME = 6.0
_HEADING = 30.0
_ROOM_BELOW_HEADING = 70.0


def write_pdf(paper: Paper, target: BinaryIO) -> int:
    """Write a paper as PDF and answer how many rows its tables have."""
    from reportlab.lib.pagesizes import A4, landscape
    from reportlab.platypus import SimpleDocTemplate

    register_fonts()
    page = landscape(A4)
    document = SimpleDocTemplate(
        target,
        pagesize=page,
        leftMargin=MARGIN,
        rightMargin=MARGIN,
        topMargin=MARGIN + 12,
        bottomMargin=MARGIN + 8,
        title=printable(paper.title),
        author=printable(paper.tenant),
    )
    width = page[0] - 2 * (MARGIN + _FRAME)
    flow, count = _head(paper), 0
    for table in (table for table in paper.tables if table.is_on_paper):
        rows = list(table.rows)
        count += len(rows)
        flow += _section(paper, table, rows, width)
    document.build(flow, canvasmaker=_numbered(paper))
    return count


def shown(value: Any, kind: Kind, zone: ZoneInfo) -> str:
    """Answer a value as a reader wants it."""
    if value is None:
        return _NOTHING
    if isinstance(value, datetime):
        return f"{value.astimezone(zone):%Y-%m-%d %H:%M}"
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, str):
        text = printable(value)
        return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"
    return str(value) if kind is Kind.TEXT else _number(value, kind)


def _number(value: float | Decimal, kind: Kind) -> str:
    if kind is Kind.WHOLE or isinstance(value, int):
        return f"{value:,.0f}"
    if kind is Kind.RATE:
        return f"{value:,.4f}"
    return f"{value:,.2f}%" if kind is Kind.PERCENT else f"{value:,.2f}"


def _head(paper: Paper) -> "list[Flowable]":
    from reportlab.lib.styles import ParagraphStyle
    from reportlab.platypus import Paragraph, Spacer

    title = ParagraphStyle("title", fontName=BOLD, fontSize=16, leading=20, spaceAfter=4)
    plain = ParagraphStyle("plain", fontName=REGULAR, fontSize=8.5, leading=12)
    lines = [Paragraph(escape(printable(paper.title)), title)]
    lines += [Paragraph(f"<b>{escape(name)}:</b> {escape(printable(value))}", plain) for name, value in about(paper)]
    return [*lines, Spacer(0, 8)]


def _section(paper: Paper, table: Table, rows: list[Line], width: float) -> "list[Flowable]":
    from reportlab.lib.styles import ParagraphStyle
    from reportlab.platypus import CondPageBreak, Paragraph, Spacer

    from shared.render import charts

    heading = ParagraphStyle("heading", fontName=BOLD, fontSize=11, leading=15, spaceBefore=8, spaceAfter=4)
    labels = {column.key: column.label for column in table.columns}
    note = ParagraphStyle("note", fontName=REGULAR, fontSize=7.5, leading=10, spaceBefore=2)
    pictures = [charts.drawn(chart, rows, labels, width) for chart in table.charts] if rows else []
    room = pictures[0].height + _HEADING if pictures else _ROOM_BELOW_HEADING
    # a heading alone at a page's foot would be none
    flow: list[Flowable] = [CondPageBreak(room), Paragraph(escape(printable(table.title)), heading)]
    for picture in pictures:
        flow += [picture, Spacer(0, 6)]
    flow.append(_grid(paper, table, rows, width))
    notes = table.notes if rows else (_NO_ROWS, *table.notes)
    flow += [Paragraph(escape(printable(one)), note) for one in notes]
    return [*flow, Spacer(0, 8)]


def _grid(paper: Paper, table: Table, rows: list[Line], width: float) -> "Flowable":
    from shared.render.grids import Grid, Lines

    zone = ZoneInfo(paper.time_zone)
    lines = [_texts(table.columns, row, zone) for row in rows] or [["" for _ in table.columns]]
    last = None if table.totals is None else _texts(table.columns, table.totals, zone)
    widths, size = fit(table.columns, [*lines, *([last] if last else [])], width)
    return Grid(
        Lines(
            widths=widths,
            is_right=[column.kind in _RIGHT for column in table.columns],
            size=size,
            head=[broken(column.label, widths[at], BOLD, size) for at, column in enumerate(table.columns)],
            rows=[_fitted(table.columns, line, widths, size) for line in lines],
            total=last and _fitted(table.columns, ["" if text == _NOTHING else text for text in last], widths, size),
        )
    )


def _texts(columns: tuple[Column, ...], row: Line, zone: ZoneInfo) -> list[str]:
    return [shown(row.get(column.key), column.kind, zone) for column in columns]


def _fitted(columns: tuple[Column, ...], line: list[str], widths: list[float], size: float) -> list[list[str]]:
    return [
        broken(text, widths[at], REGULAR, size) if columns[at].kind is Kind.TEXT else [text]
        for at, text in enumerate(line)
    ]


def _numbered(paper: Paper) -> Any:
    """Answer a canvas that writes the foot of each page when it knows how many there are."""
    from reportlab.pdfgen.canvas import Canvas

    class Numbered(Canvas):  # type: ignore[misc,unused-ignore]
        def __init__(self, *args: Any, **more: Any) -> None:
            super().__init__(*args, **more)
            self._pages: list[dict[str, Any]] = []

        def showPage(self) -> None:  # noqa: N802 - reportlab's name
            self._pages.append(dict(self.__dict__))
            self._startPage()  # type: ignore[attr-defined]

        def save(self) -> None:
            for number, page in enumerate(self._pages, 1):
                self.__dict__.update(page)
                _foot(self, paper, number, len(self._pages))
                super().showPage()
            super().save()

    return Numbered


def _foot(canvas: Any, paper: Paper, number: int, count: int) -> None:
    from reportlab.lib.pagesizes import A4

    width = max(A4)
    canvas.setFont(REGULAR, 7.5)
    canvas.setFillGray(0.35)
    canvas.drawString(MARGIN, MARGIN - 8, printable(f"{paper.tenant} · {paper.title}"))
    canvas.drawRightString(width - MARGIN, MARGIN - 8, f"Page {number} of {count}")
