"""Reports on paper: headings, charts, and tables that go on over pages with their headings repeated."""

from datetime import date, datetime
from decimal import Decimal
from itertools import islice
from typing import TYPE_CHECKING, Any, BinaryIO
from xml.sax.saxutils import escape
from zoneinfo import ZoneInfo

from shared.domain.report import Column, Kind, Line, Paper, Table
from shared.render import charts
from shared.render.fonts import BOLD, REGULAR, printable, register_fonts, text_width
from shared.render.spreadsheet import about

if TYPE_CHECKING:
    from reportlab.platypus import Flowable

MARGIN = 36.0
SIZE = 7.5
_PADDING = 3.0
# tables in pieces: one that is measured as a whole takes the square of its length
_PIECE = 200
_RIGHT = {Kind.WHOLE, Kind.NUMBER, Kind.PERCENT, Kind.MONEY, Kind.RATE, Kind.EXACT}
_LONGEST = 300
_NOTHING = "-"
_FRAME = 6.0
_DUST = 0.01
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

    title = ParagraphStyle("title", fontName=BOLD, fontSize=16, leading=20)
    plain = ParagraphStyle("plain", fontName=REGULAR, fontSize=8.5, leading=12)
    lines = [Paragraph(escape(printable(paper.title)), title)]
    lines += [Paragraph(f"<b>{escape(name)}:</b> {escape(printable(value))}", plain) for name, value in about(paper)]
    return [*lines, Spacer(0, 8)]


def _section(paper: Paper, table: Table, rows: list[Line], width: float) -> "list[Flowable]":
    from reportlab.lib.styles import ParagraphStyle
    from reportlab.platypus import CondPageBreak, Paragraph, Spacer

    heading = ParagraphStyle("heading", fontName=BOLD, fontSize=11, leading=15, spaceBefore=8, spaceAfter=4)
    note = ParagraphStyle("note", fontName=REGULAR, fontSize=7.5, leading=10, spaceBefore=2)
    # a heading alone at a page's foot would be none
    flow: list[Flowable] = [CondPageBreak(_ROOM_BELOW_HEADING), Paragraph(escape(printable(table.title)), heading)]
    labels = {column.key: column.label for column in table.columns}
    if rows:
        flow += [charts.drawn(chart, rows, labels, width) for chart in table.charts]
    flow += _grid(paper, table, rows, width)
    flow += [Paragraph(escape(printable(one)), note) for one in table.notes]
    return [*flow, Spacer(0, 8)]


def _grid(paper: Paper, table: Table, rows: list[Line], width: float) -> "list[Flowable]":
    from reportlab.platypus import Table as Grid

    zone = ZoneInfo(paper.time_zone)
    lines = [_texts(table.columns, row, zone) for row in rows] or [["" for _ in table.columns]]
    totals = [] if table.totals is None else [_texts(table.columns, table.totals, zone)]
    widths, size = _fit(table.columns, [*lines, *totals], width)
    heads = [_broken(column.label, widths[at], BOLD, size) for at, column in enumerate(table.columns)]
    fitted = (_fitted(table.columns, line, widths, size) for line in lines)
    pieces: list[Flowable] = []
    while piece := list(islice(fitted, _PIECE)):
        pieces.append(Grid([heads, *piece], colWidths=widths, repeatRows=1, style=_style(table.columns, size)))
    for line in totals:
        last = [text if text != _NOTHING else "" for text in _fitted(table.columns, line, widths, size)]
        pieces.append(Grid([last], colWidths=widths, style=_style(table.columns, size, total=True)))
    return pieces


def _texts(columns: tuple[Column, ...], row: Line, zone: ZoneInfo) -> list[str]:
    return [shown(row.get(column.key), column.kind, zone) for column in columns]


def _fit(columns: tuple[Column, ...], lines: list[list[str]], width: float) -> tuple[list[float], float]:
    """Answer the columns' widths and the size of letters with which neither a number nor a heading's word is broken."""
    bare = [_least(column, at, lines) for at, column in enumerate(columns)]
    room = width - 2 * _PADDING * len(columns)
    shrunk = min(1.0, room / sum(bare))
    needed = [one * shrunk + 2 * _PADDING for one in bare]
    # texts have what they would like, as far as there is any, and all share in the rest
    wishes = [_wish(column, at, lines) * shrunk + 2 * _PADDING for at, column in enumerate(columns)]
    missing = [max(0.0, wish - one) for wish, one in zip(wishes, needed, strict=True)]
    given = min(1.0, (width - sum(needed)) / sum(missing)) if any(missing) else 0.0
    wide = [one + more * given for one, more in zip(needed, missing, strict=True)]
    return [one * width / sum(wide) for one in wide], SIZE * shrunk


def _least(column: Column, at: int, lines: list[list[str]]) -> float:
    """Answer the room that a column has to have at the usual size: for its heading's words, and for whole numbers."""
    words = max(text_width(word, BOLD, SIZE) for word in column.label.split(" "))
    if column.kind is Kind.TEXT:
        return max(words, min(_wish(column, at, lines), column.width * SIZE * 0.4))
    # the last line is bold, and digits are all of one width: the longest text is the widest
    return max(words, text_width(max((line[at] for line in lines), key=len), BOLD, SIZE))


def _wish(column: Column, at: int, lines: list[list[str]]) -> float:
    if column.kind is not Kind.TEXT:
        return 0.0
    return max((text_width(line[at], REGULAR, SIZE) for line in lines[:_PIECE]), default=0.0)


def _fitted(columns: tuple[Column, ...], line: list[str], widths: list[float], size: float) -> list[str]:
    return [
        _broken(text, widths[at], REGULAR, size) if columns[at].kind is Kind.TEXT else text
        for at, text in enumerate(line)
    ]


def _broken(text: str, width: float, font: str, size: float) -> str:
    """Break a text that is too wide into lines, between words where it can."""
    # what was reckoned to fit is not to be broken for the last bit of a fraction
    room = width - 2 * _PADDING + _DUST
    if text_width(text, font, size) <= room:
        return text
    lines, line = [], ""
    for word in text.split(" "):
        longer = f"{line} {word}" if line else word
        if line and text_width(longer, font, size) > room:
            lines.append(line)
            line = word
        else:
            line = longer
        while text_width(line, font, size) > room and len(line) > 1:
            cut = _most(line, room, font, size)
            lines.append(line[:cut])
            line = line[cut:]
    return "\n".join([*lines, line])


def _most(text: str, room: float, font: str, size: float) -> int:
    """Answer how many letters fit, at least one."""
    cut = len(text) - 1
    while cut > 1 and text_width(text[:cut], font, size) > room:
        cut -= 1
    return cut


def _style(columns: tuple[Column, ...], size: float, *, total: bool = False) -> Any:
    from reportlab.lib.colors import HexColor
    from reportlab.platypus import TableStyle

    aligned: list[Any] = [
        ("ALIGN", (at, 0), (at, -1), "RIGHT") for at, column in enumerate(columns) if column.kind in _RIGHT
    ]
    everywhere: list[Any] = [
        ("FONT", (0, 0), (-1, -1), BOLD if total else REGULAR, size, size + 2),
        ("VALIGN", (0, 0), (-1, -1), "TOP"),
        ("TOPPADDING", (0, 0), (-1, -1), 1.5),
        ("BOTTOMPADDING", (0, 0), (-1, -1), 2),
        ("LEFTPADDING", (0, 0), (-1, -1), _PADDING),
        ("RIGHTPADDING", (0, 0), (-1, -1), _PADDING),
        ("LINEBELOW", (0, 0), (-1, -1), 0.25, HexColor("#D0D0D0")),
    ]
    if total:
        return TableStyle([*everywhere, *aligned, ("LINEABOVE", (0, 0), (-1, 0), 0.8, HexColor("#1F4E79"))])
    head: list[Any] = [
        ("FONT", (0, 0), (-1, 0), BOLD, size, size + 2),
        ("BACKGROUND", (0, 0), (-1, 0), HexColor("#1F4E79")),
        ("TEXTCOLOR", (0, 0), (-1, 0), HexColor("#FFFFFF")),
    ]
    return TableStyle([*everywhere, *aligned, *head])


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
