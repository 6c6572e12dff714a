"""Tables on paper: rows drawn straight onto the page, for the library's own take many times as long.

This module loads reportlab; load it where a document is made.
"""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import accumulate
from typing import Any

from reportlab.lib.colors import HexColor
from reportlab.platypus import Flowable

from shared.render.columns import PADDING
from shared.render.fonts import BOLD, REGULAR, text_width

_ABOVE = 1.5
_BELOW = 2.0
_LEADING = 2.0
# more lines than these would fill a page
_LINES_MAX = 36
_INK, _WHITE, _HEAD, _RULE = (HexColor(colour) for colour in ("#000000", "#FFFFFF", "#1F4E79", "#D0D0D0"))

# a row's cells, each as its lines
type Cells = Sequence[Sequence[str]]


@dataclass(frozen=True)
class Lines:
    """What a table is made of.

    Attributes:
        widths: of the columns.
        is_right: which of them hold numbers.
        size: of the letters.
        total: the last line, if there is one.
        ends: how far down each row ends, as if there were no pages.
    """

    widths: Sequence[float]
    is_right: Sequence[bool]
    size: float
    head: Cells
    rows: Sequence[Cells]
    total: Cells | None
    ends: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.ends.extend(accumulate(map(self.height, self.rows), initial=0.0))

    def height(self, row: Cells) -> float:
        """Answer how high a row is."""
        lines = min(_LINES_MAX, max(len(cell) for cell in row))
        return lines * (self.size + _LEADING) + _ABOVE + _BELOW


class Grid(Flowable):  # type: ignore[misc,unused-ignore]
    """Rows of a table from one to another, under the headings; the last line follows the last of all rows."""

    def __init__(self, lines: Lines, begin: int = 0, end: int | None = None) -> None:
        super().__init__()
        self._lines = lines
        self._begin = begin
        self._end = len(lines.rows) if end is None else end
        self._total = lines.total if self._end == len(lines.rows) else None
        self.width = sum(lines.widths)
        self._head = lines.height(lines.head)
        rows = lines.ends[self._end] - lines.ends[begin]
        self.height = self._head + rows + (lines.height(self._total) if self._total else 0)

    def split(self, _: float, room: float) -> list[Flowable]:
        """Answer what there is room for, and the rest; the last line never stands alone."""
        ends = self._lines.ends
        # what was reckoned to fit is not to go over for the last bit of a fraction
        cut = bisect_right(ends, ends[self._begin] + room - self._head + 0.01) - 1
        cut = min(cut, self._end - 1)
        if cut <= self._begin:
            return []
        return [Grid(self._lines, self._begin, cut), Grid(self._lines, cut, self._end)]

    def draw(self) -> None:
        """Draw it, its lower left corner at the origin."""
        lines, canvas, top = self._lines, self.canv, self.height
        canvas.setFillColor(_HEAD)
        canvas.rect(0, top - self._head, self.width, self._head, stroke=0, fill=1)
        self._write([lines.head], top, BOLD, _WHITE)
        rows = lines.rows[self._begin : self._end]
        down = top - self._head + lines.ends[self._begin]
        self._write(rows, top - self._head, REGULAR, _INK)
        canvas.setStrokeColor(_RULE)
        canvas.setLineWidth(0.25)
        canvas.lines([
            (0, down - end, self.width, down - end) for end in lines.ends[self._begin + 1 : self._end + 1]
        ])  # fmt: skip
        if self._total:
            self._write([self._total], lines.height(self._total), BOLD, _INK)
            canvas.setStrokeColor(_HEAD)
            canvas.setLineWidth(0.8)
            canvas.line(0, lines.height(self._total), self.width, lines.height(self._total))

    def _write(self, rows: Sequence[Cells], top: float, font: str, ink: Any) -> None:
        """Write rows one below the other, as one text."""
        lines = self._lines
        text = self.canv.beginText()
        text.setFont(font, lines.size, lines.size + _LEADING)
        text.setFillColor(ink)
        lefts = [*accumulate(lines.widths, initial=0.0)]
        columns = [*zip(lefts, lefts[1:], lines.is_right, strict=False)]
        for row in rows:
            first = top - _ABOVE - lines.size
            for (left, right, is_right), cell in zip(columns, row, strict=True):
                for at, line in enumerate(cell[:_LINES_MAX]):
                    x = right - PADDING - text_width(line, font, lines.size) if is_right else left + PADDING
                    text.setTextOrigin(x, first - at * (lines.size + _LEADING))
                    text.textLine(line)
            top -= lines.height(row)
        self.canv.drawText(text)
