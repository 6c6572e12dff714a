"""Charts on paper, drawn stroke by stroke: the library's own take longer than all the rest of a document.

This module loads reportlab; load it where a document is made.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from reportlab.lib.colors import HexColor
from reportlab.platypus import Flowable

from shared.domain.report import Chart, ChartStyle, Line
from shared.render.fonts import BOLD, REGULAR, fitting, printable, text_width
from shared.render.scales import Scale, scale_of

COLOURS = tuple(HexColor(colour) for colour in ("#1F77B4", "#FF7F0E", "#2CA02C", "#9467BD", "#8C564B", "#17BECF"))
# of more bars than these, the highest and the lowest are shown
BARS_MAX = 30
_SIZE = 7.0
_HEAD = 24.0
_FOOT = 16.0
_LINES_HEIGHT = 190.0
_BAR_ROW = 10.5
_NAME_WIDTH = 150.0
_FIGURE_WIDTH = 46.0
_GAP = 4.0
_GREY, _BLACK, _AXIS = HexColor("#D8D8D8"), HexColor("#000000"), HexColor("#808080")
_WHOLE_FROM = 1000
_LABEL_GAP = 10.0
_DOT = 2.5

type Values = list[float | None]


class Picture(Flowable):  # type: ignore[misc,unused-ignore]
    """Something drawn, of a size known before."""

    def __init__(self, width: float, height: float, paint: Callable[[Any], None]) -> None:
        super().__init__()
        self.width = width
        self.height = height
        self._paint = paint

    def draw(self) -> None:
        """Draw it, its lower left corner at the origin."""
        self._paint(self.canv)


@dataclass(frozen=True)
class Plot:
    """What is drawn.

    Attributes:
        names: along the axis.
        series: as many values each.
        labels: of the series.
    """

    title: str
    names: list[str]
    series: list[Values]
    labels: list[str]


def drawn(chart: Chart, rows: Sequence[Line], labels: dict[str, str], width: float) -> Picture:
    """Answer a picture of a table's rows, as wide as said in points; `labels` name the series."""
    said = [labels.get(key, key) for key in chart.series]
    if chart.style is ChartStyle.HEAT:
        from shared.render.heat import heat_of

        return heat_of(_plot(chart, rows, said), width)
    if chart.style is ChartStyle.LINE:
        return Picture(width, _LINES_HEIGHT, partial(_lines, _plot(chart, rows, said), width))
    shown, title = _ranked(chart, rows)
    height = _HEAD + _BAR_ROW * len(shown) + _FOOT
    plot = _plot(chart, shown, said)
    return Picture(width, height, partial(_bars, Plot(title, plot.names, plot.series, plot.labels), width))


def heading(canvas: Any, title: str, height: float) -> None:
    """Write a picture's title."""
    canvas.setFillColor(_BLACK)
    canvas.setFont(BOLD, 9)
    canvas.drawString(0, height - 11, printable(title))


def _plot(chart: Chart, rows: Sequence[Line], labels: list[str]) -> Plot:
    names = [printable(str(row.get(chart.across) or "")) for row in rows]
    return Plot(chart.title, names, [[_number(row.get(key)) for row in rows] for key in chart.series], labels)


def _number(value: Any) -> float | None:
    return None if value is None else float(value)


def _ranked(chart: Chart, rows: Sequence[Line]) -> tuple[list[Line], str]:
    """Answer the rows from the highest to the lowest, those without a figure last, and what they are called."""
    key = chart.series[0]
    known = sorted((row for row in rows if row.get(key) is not None), key=lambda row: -float(row[key]))
    unknown = [row for row in rows if row.get(key) is None]
    if len(rows) <= BARS_MAX:
        return [*known, *unknown], chart.title
    if len(known) <= BARS_MAX:
        return known, f"{chart.title}: the {len(known)} of {len(rows)} with a figure"
    half = BARS_MAX // 2
    return [*known[:half], *known[-half:]], f"{chart.title}: the {half} highest and the {half} lowest of {len(known)}"


def _scale(plot: Plot) -> Scale:
    return scale_of(value for one in plot.series for value in one if value is not None)


def _lines(plot: Plot, width: float, canvas: Any) -> None:
    heading(canvas, plot.title, _LINES_HEIGHT)
    _legend(canvas, plot.labels, width, _LINES_HEIGHT)
    scale = _scale(plot)
    left = max(text_width(scale.label(tick), REGULAR, _SIZE) for tick in scale.ticks) + _GAP
    high = _LINES_HEIGHT - _HEAD - _FOOT
    canvas.setLineWidth(0.25)
    for tick in scale.ticks:
        y = _FOOT + high * scale.share(tick)
        canvas.setStrokeColor(_AXIS if abs(tick) < scale.step / 2 else _GREY)
        canvas.line(left, y, width, y)
        _text(canvas, left - _GAP, y - 2.5, scale.label(tick), is_right=True)
    apart = (width - left) / max(1, len(plot.names))
    places = [left + apart * (at + 0.5) for at in range(len(plot.names))]
    _names_below(canvas, plot.names, places, apart)
    canvas.setLineWidth(1.2)
    for at, values in enumerate(plot.series):
        canvas.setStrokeColor(COLOURS[at % len(COLOURS)])
        canvas.setFillColor(COLOURS[at % len(COLOURS)])
        _stroke(canvas, [
            None if value is None else (x, _FOOT + high * scale.share(value))
            for x, value in zip(places, values, strict=True)
        ])  # fmt: skip


def _stroke(canvas: Any, points: list[tuple[float, float] | None]) -> None:
    """Draw a line that is interrupted where there is no value; a value between two such places is a dot."""
    path, before = canvas.beginPath(), None
    for at, point in enumerate(points):
        after = points[at + 1] if at + 1 < len(points) else None
        if point is not None and before is None and after is None:
            canvas.circle(*point, _DOT, stroke=0, fill=1)
        elif point is not None:
            (path.moveTo if before is None else path.lineTo)(*point)
        before = point
    canvas.drawPath(path, stroke=1, fill=0)


def _names_below(canvas: Any, names: list[str], places: list[float], apart: float) -> None:
    """Write as many of the names as there is room for."""
    short = [fitting(name, _NAME_WIDTH, REGULAR, _SIZE) for name in names]
    room = max((text_width(name, REGULAR, _SIZE) for name in short), default=0) + _LABEL_GAP
    every = max(1, -int(-room // apart))
    canvas.setFillColor(_BLACK)
    canvas.setFont(REGULAR, _SIZE)
    for x, name in [*zip(places, short, strict=True)][::every]:
        half = text_width(name, REGULAR, _SIZE) / 2
        canvas.drawString(min(max(x - half, 0), places[-1] + apart / 2 - 2 * half), _GAP, name)


def _bars(plot: Plot, width: float, canvas: Any) -> None:
    height = _HEAD + _BAR_ROW * len(plot.names) + _FOOT
    heading(canvas, plot.title, height)
    if len(plot.series) > 1:
        _legend(canvas, plot.labels, width, height)
    scale = _scale(plot)
    # figures stand at the ends of bars, to the left of those below zero
    left = _NAME_WIDTH + 2 * _GAP + (_FIGURE_WIDTH if scale.least < 0 else 0)
    wide = width - _FIGURE_WIDTH - left
    canvas.setLineWidth(0.25)
    for tick in scale.ticks:
        x = left + wide * scale.share(tick)
        canvas.setStrokeColor(_AXIS if abs(tick) < scale.step / 2 else _GREY)
        canvas.line(x, _FOOT - 2, x, height - _HEAD)
        label = scale.label(tick)
        _text(canvas, x - text_width(label, REGULAR, _SIZE) / 2, _GAP, label)
    for at, name in enumerate(plot.names):
        y = height - _HEAD - _BAR_ROW * (at + 1)
        _text(canvas, _NAME_WIDTH, y + 3, fitting(name, _NAME_WIDTH, REGULAR, _SIZE), is_right=True)
        _row_of_bars(canvas, [one[at] for one in plot.series], (left, y, wide), scale, _places(plot))


def _row_of_bars(canvas: Any, values: Values, place: tuple[float, float, float], scale: Scale, places: int) -> None:
    left, y, wide = place
    thick = (_BAR_ROW - 2) / len(values)
    size = min(_SIZE, thick * 1.3)
    zero = left + wide * scale.share(0)
    for at, value in enumerate(values):
        low = y + 1 + thick * (len(values) - 1 - at)
        end = zero if value is None else left + wide * scale.share(value)
        canvas.setFillColor(COLOURS[at % len(COLOURS)])
        canvas.rect(min(zero, end), low, abs(end - zero), thick - 0.5, stroke=0, fill=1)
        figure = "-" if value is None else f"{value:,.{places}f}"
        is_below = value is not None and value < 0
        _text(canvas, end + (-3 if is_below else 3), low + thick / 2 - size / 3, figure, size, is_right=is_below)


def _places(plot: Plot) -> int:
    """Answer how many decimal places the figures have, all the same."""
    known = [value for one in plot.series for value in one if value is not None]
    are_whole = all(value == int(value) for value in known)
    return 0 if are_whole or max(map(abs, known)) >= _WHOLE_FROM else 2


def _text(canvas: Any, x: float, y: float, text: str, size: float = _SIZE, *, is_right: bool = False) -> None:
    canvas.setFillColor(_BLACK)
    canvas.setFont(REGULAR, size)
    (canvas.drawRightString if is_right else canvas.drawString)(x, y, text)


def _legend(canvas: Any, labels: list[str], width: float, height: float) -> None:
    x = width
    for at, label in reversed([*enumerate(labels)]):
        x -= text_width(label, REGULAR, _SIZE)
        _text(canvas, x, height - 11, label)
        x -= 10
        canvas.setFillColor(COLOURS[at % len(COLOURS)])
        canvas.rect(x, height - 11, 6, 6, stroke=0, fill=1)
        x -= 10
