"""Charts on paper."""

import math
from typing import Any

from shared.domain.report import Chart, ChartStyle, Line
from shared.render.fonts import REGULAR

COLOURS = ("#1F77B4", "#FF7F0E", "#2CA02C", "#9467BD", "#8C564B", "#17BECF")
# more bars or labels than this run into each other
BARS_MAX = 40
LABELS_MAX = 12
_HEIGHT = 190.0
_LABEL_LETTERS = 14


def drawn(chart: Chart, rows: list[Line], labels: dict[str, str], width: float) -> Any:
    """Answer a drawing of a table's rows, as wide as said in points; `labels` name the series."""
    from reportlab.graphics.shapes import Drawing, String

    shown = rows[:BARS_MAX] if chart.style is ChartStyle.BAR else rows
    drawing = Drawing(width, _HEIGHT)
    drawing.add(String(0, _HEIGHT - 12, chart.title, fontName=REGULAR, fontSize=10))
    series = {key: [_number(row.get(key)) for row in shown] for key in chart.series}
    lines = {key: line for key, values in series.items() if (line := _line(values)) is not None}
    # what makes no line at all is drawn as bars
    make, series = (_lines, lines) if chart.style is ChartStyle.LINE and lines else (_bars, series)
    drawing.add(make([*series.values()], [str(row.get(chart.across) or "") for row in shown], width))
    if len(chart.series) > 1:
        drawing.add(_legend([labels.get(key, key) for key in series], width))
    return drawing


def _line(values: list[float | None]) -> list[float | None] | None:
    """Answer what of some values makes a line, or None: a point without a neighbour cannot be drawn as one."""
    around = [None, *values, None]
    kept = [
        value if before is not None or after is not None else None
        for before, value, after in zip(around, values, around[2:], strict=False)
    ]
    return kept if any(value is not None for value in kept) else None


def _number(value: Any) -> float | None:
    return None if value is None else float(value)


def _lines(series: list[list[float | None]], names: list[str], width: float) -> Any:
    from reportlab.graphics.charts.linecharts import HorizontalLineChart
    from reportlab.lib.colors import HexColor

    made = HorizontalLineChart()
    for at in range(len(series)):
        made.lines[at].strokeColor = HexColor(COLOURS[at % len(COLOURS)])
        made.lines[at].strokeWidth = 1.2
    return _placed(made, series, names, width)


def _bars(series: list[list[float | None]], names: list[str], width: float) -> Any:
    from reportlab.graphics.charts.barcharts import VerticalBarChart
    from reportlab.lib.colors import HexColor

    made = VerticalBarChart()
    for at in range(len(series)):
        made.bars[at].fillColor = HexColor(COLOURS[at % len(COLOURS)])
        made.bars[at].strokeColor = None
    made.groupSpacing = 4
    return _placed(made, [[value or 0 for value in one] for one in series], names, width)


def _placed(made: Any, series: list[list[float | None]] | list[list[float]], names: list[str], width: float) -> Any:
    from reportlab.lib.colors import HexColor

    made.x, made.y, made.width, made.height = 46, 44, width - 60, _HEIGHT - 84
    made.data = series
    made.categoryAxis.categoryNames = _thinned(names)
    labels = made.categoryAxis.labels
    labels.fontName, labels.fontSize, labels.angle, labels.boxAnchor = REGULAR, 7, 30, "ne"
    labels.dx, labels.dy = -2, -2
    made.categoryAxis.visibleTicks = 0
    made.valueAxis.labels.fontName, made.valueAxis.labels.fontSize = REGULAR, 7
    made.valueAxis.labelTextFormat = _shown
    made.valueAxis.visibleGrid, made.valueAxis.gridStrokeWidth = 1, 0.25
    made.valueAxis.gridStrokeColor = HexColor("#C0C0C0")
    made.valueAxis.valueMin = math.floor(min([0.0, *(value for one in series for value in one if value is not None)]))
    if not any(value for one in series for value in one):
        # nothing has no scale of its own
        made.valueAxis.valueMax, made.valueAxis.valueStep = 1, 1
    return made


def _shown(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= LABELS_MAX or value == int(value) else f"{value:,.2f}"


def _thinned(names: list[str]) -> list[str]:
    """Leave out names where there is no room for all of them, and shorten those that stay."""
    step = -(-len(names) // LABELS_MAX) if len(names) > BARS_MAX // 2 else 1
    return [_short(name) if at % step == 0 else "" for at, name in enumerate(names)]


def _short(name: str) -> str:
    return name if len(name) <= _LABEL_LETTERS else name[: _LABEL_LETTERS - 1] + "…"


def _legend(names: list[str], width: float) -> Any:
    from reportlab.graphics.charts.legends import Legend
    from reportlab.lib.colors import HexColor

    legend: Any = Legend()
    legend.x, legend.y, legend.boxAnchor = width, _HEIGHT - 4, "ne"
    legend.fontName, legend.fontSize, legend.alignment = REGULAR, 7, "right"
    legend.columnMaximum, legend.dx, legend.dy, legend.deltax = 1, 6, 6, 60
    legend.strokeWidth = 0
    legend.colorNamePairs = [(HexColor(COLOURS[at % len(COLOURS)]), name) for at, name in enumerate(names)]
    return legend
