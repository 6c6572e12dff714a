"""Sheets of QR labels as PDF, true to the millimetre, every code a vector that no printer blurs."""

import io
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from shared.render.fonts import BOLD, REGULAR, printable, register_fonts, text_width
from shared.render.qr import QUIET_ZONE, dark_runs, qr_matrix

if TYPE_CHECKING:
    from reportlab.pdfgen.canvas import Canvas

    from shared.render.label_sheets import SheetFormat

_MM = 72 / 25.4
_INSET = 1.5 * _MM
_GAP = 1.0 * _MM
_LEADING = 1.2
_WIDE = 1.3
_TALL = 45 * _MM
_SIZE_STEP = 0.5
_ELLIPSIS = "…"


@dataclass(frozen=True, slots=True)
class Label:
    """What is printed on one label.

    Args:
        url: the content of the QR code.
        tag: the asset's tag, or the number of a blank tag.
        name: the asset's name; empty on a blank tag.
        owner: a small last line, the tenant's name or the address of the app.
    """

    url: str
    tag: str
    name: str = ""
    owner: str = ""


class _Box(NamedTuple):
    """A rectangle on the page in points; y grows upwards and is the lower edge."""

    x: float
    y: float
    width: float
    height: float


class _Style(NamedTuple):
    font: str
    largest: float
    smallest: float
    lines: int


class _Line(NamedTuple):
    text: str
    font: str
    size: float


_BESIDE = (_Style(BOLD, 10, 6.5, 3), _Style(REGULAR, 9, 6, 1), _Style(REGULAR, 6.5, 5, 1))
_BELOW_TALL = (_Style(BOLD, 9, 6.5, 2), _Style(REGULAR, 8, 6, 1), _Style(REGULAR, 6, 5, 1))
_BELOW_SMALL = (_Style(BOLD, 8, 5.5, 1), _Style(REGULAR, 7, 5, 1))


def label_sheet(
    labels: Iterable[Label],
    sheet: "SheetFormat",
    *,
    title: str = "Labels",
    start_at: int = 1,
    outlines: bool = False,
) -> bytes:
    """Return a PDF with the labels in reading order.

    Args:
        labels: at least one.
        sheet: one of `label_sheets.SHEETS`.
        title: the document's title.
        start_at: position of the first label on the first page, counted from 1: sheets already begun can be used up.
        outlines: draw the labels' edges, for a trial on plain paper to hold against the sheet.

    Raises:
        ValueError: there is no label, or no such position on the sheet.
        TextTooLong: a URL has no room in a QR code.
    """
    if not 1 <= start_at <= sheet.labels_per_page:
        raise ValueError(f"Start at a position from 1 to {sheet.labels_per_page} on {sheet.name}, not {start_at}.")
    register_fonts()
    buffer = io.BytesIO()
    canvas = _canvas(buffer, sheet, title)
    count = 0
    for count, label in enumerate(labels, start=1):
        position = (start_at - 2 + count) % sheet.labels_per_page
        if position == 0 and count > 1:
            canvas.showPage()
        _draw_label(canvas, label, _label_box(sheet, position), outlines=outlines)
    if not count:
        raise ValueError("There are no labels to print; choose at least one asset.")
    canvas.save()
    return buffer.getvalue()


def _canvas(buffer: io.BytesIO, sheet: "SheetFormat", title: str) -> "Canvas":
    from reportlab.pdfgen.canvas import Canvas

    # Invariant: no time of making inside, so that equal labels are equal bytes.
    size = (sheet.page[0] * _MM, sheet.page[1] * _MM)
    canvas = Canvas(buffer, pagesize=size, pageCompression=1, invariant=1)
    canvas.setTitle(printable(title))
    canvas.setCreator("Motorpool")
    return canvas


def _label_box(sheet: "SheetFormat", position: int) -> _Box:
    left, top = sheet.origin(position)
    width, height = sheet.label
    return _Box(left * _MM, (sheet.page[1] - top - height) * _MM, width * _MM, height * _MM)


def _draw_label(canvas: "Canvas", label: Label, box: _Box, *, outlines: bool) -> None:
    if outlines:
        canvas.setLineWidth(0.25)
        canvas.rect(*box, stroke=1, fill=0)
    inner = _Box(box.x + _INSET, box.y + _INSET, box.width - 2 * _INSET, box.height - 2 * _INSET)
    if box.width / box.height >= _WIDE:
        _draw_beside(canvas, label, inner)
    else:
        _draw_below(canvas, label, inner)


def _draw_beside(canvas: "Canvas", label: Label, inner: _Box) -> None:
    """Draw the code on the left, the text in the middle of what remains."""
    side = inner.height
    _draw_code(canvas, label.url, _Box(inner.x, inner.y, side, side))
    width = inner.width - side - _GAP
    lines = _fitted([label.name, label.tag, label.owner], _BESIDE, width)
    top = inner.y + (inner.height + _height(lines)) / 2
    for line in lines:
        top -= line.size * _LEADING
        canvas.setFont(line.font, line.size)
        canvas.drawString(inner.x + side + _GAP, top + line.size * 0.25, line.text)


def _draw_below(canvas: "Canvas", label: Label, inner: _Box) -> None:
    """Draw the text along the lower edge and the code as large as it gets above."""
    styles = _BELOW_TALL if inner.height >= _TALL else _BELOW_SMALL
    texts = [label.name, label.tag, label.owner][: len(styles)]
    lines = _fitted(texts, styles, inner.width)
    middle = inner.x + inner.width / 2
    side = min(inner.width, inner.height - _height(lines))
    _draw_code(canvas, label.url, _Box(middle - side / 2, inner.y + inner.height - side, side, side))
    bottom = inner.y
    for line in reversed(lines):
        canvas.setFont(line.font, line.size)
        canvas.drawCentredString(middle, bottom + line.size * 0.25, line.text)
        bottom += line.size * _LEADING


def _draw_code(canvas: "Canvas", url: str, box: _Box) -> None:
    """Draw all dark modules as one path: many shapes would show hairlines between rows on a screen."""
    from reportlab.pdfgen.pathobject import PDFPathObject

    matrix = qr_matrix(url)
    modules = len(matrix)
    canvas.saveState()
    canvas.translate(box.x, box.y + box.height)
    canvas.scale(box.width / (modules + 2 * QUIET_ZONE), -box.height / (modules + 2 * QUIET_ZONE))
    # Written as PDF operators: reportlab formats each number of `rect` at ten times the cost.
    code = [f"{x + QUIET_ZONE} {y + QUIET_ZONE} {length} 1 re" for x, y, length in dark_runs(matrix)]
    canvas.drawPath(PDFPathObject(code=["n", *code]), stroke=0, fill=1)
    canvas.restoreState()


def _height(lines: list[_Line]) -> float:
    return sum(line.size * _LEADING for line in lines)


def _fitted(texts: list[str], styles: tuple[_Style, ...], width: float) -> list[_Line]:
    """Set each text that is not empty in its style, so that no line is wider than `width`."""
    lines: list[_Line] = []
    for text, style in zip(map(printable, texts), styles, strict=True):
        if text:
            lines += _set(text, style, width)
    return lines


def _set(text: str, style: _Style, width: float) -> list[_Line]:
    """Wrap a text at the largest size at which it fits; at the smallest, cut it with an ellipsis."""
    size = style.largest
    while size > style.smallest:
        wrapped = _wrapped(text, style.font, size, width)
        if len(wrapped) <= style.lines:
            return [_Line(line, style.font, size) for line in wrapped]
        size -= _SIZE_STEP
    wrapped = _wrapped(text, style.font, style.smallest, width)
    if len(wrapped) > style.lines:
        last = " ".join(wrapped[style.lines - 1 :])
        wrapped = [*wrapped[: style.lines - 1], _cut(last, style.font, style.smallest, width)]
    return [_Line(line, style.font, style.smallest) for line in wrapped]


def _wrapped(text: str, font: str, size: float, width: float) -> list[str]:
    """Break a text into lines between words, and inside a word only where it is wider than a line."""
    lines = [""]
    for word in text.split():
        joined = f"{lines[-1]} {word}".lstrip()
        if text_width(joined, font, size) <= width:
            lines[-1] = joined
            continue
        pieces = _pieces(word, font, size, width)
        lines = lines + pieces if lines[-1] else pieces
    return lines


def _pieces(word: str, font: str, size: float, width: float) -> list[str]:
    pieces = [""]
    for letter in word:
        if pieces[-1] and text_width(pieces[-1] + letter, font, size) > width:
            pieces.append("")
        pieces[-1] += letter
    return pieces


def _cut(text: str, font: str, size: float, width: float) -> str:
    while text and text_width(text.rstrip() + _ELLIPSIS, font, size) > width:
        text = text[:-1]
    return text.rstrip() + _ELLIPSIS
