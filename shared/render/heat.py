"""A coloured grid on paper: how much there was of something by hour and weekday, say."""

from functools import partial
from typing import Any

from reportlab.lib.colors import Color

from shared.render.charts import Picture, Plot, heading
from shared.render.fonts import REGULAR, fitting, text_width

_HEAD = 22.0
_NAME_WIDTH = 56.0
_ROW = 18.0
_SIZE = 6.5
# from next to nothing to the most
_PALE, _DARK = (0.93, 0.96, 1.0), (0.03, 0.19, 0.42)
# letters are white where the ground is darker than that
_DARK_FROM = 0.5


def heat_of(plot: Plot, width: float) -> Picture:
    """Answer a grid with a row for each series and a column for each name."""
    return Picture(width, _HEAD + _ROW * (len(plot.series) + 1), partial(_paint, plot, width))


def _paint(plot: Plot, width: float, canvas: Any) -> None:
    height = _HEAD + _ROW * (len(plot.series) + 1)
    heading(canvas, plot.title, height)
    wide = (width - _NAME_WIDTH) / max(1, len(plot.names))
    top = height - _HEAD
    most = max((value or 0 for one in plot.series for value in one), default=0) or 1
    canvas.setFont(REGULAR, _SIZE)
    for at, name in enumerate(plot.names):
        _centred(canvas, _NAME_WIDTH + wide * (at + 0.5), top - _ROW + 6, fitting(name, wide, REGULAR, _SIZE))
    for row, (label, values) in enumerate(zip(plot.labels, plot.series, strict=True), 2):
        y = top - _ROW * row
        canvas.setFillColorRGB(0, 0, 0)
        canvas.drawString(0, y + 6, fitting(label, _NAME_WIDTH - 4, REGULAR, _SIZE))
        for at, value in enumerate(values):
            x = _NAME_WIDTH + wide * at
            share = (value or 0) / most
            canvas.setFillColor(_colour(share))
            canvas.rect(x + 0.5, y + 0.5, wide - 1, _ROW - 1, stroke=0, fill=1)
            canvas.setFillGray(1 if share >= _DARK_FROM else 0)
            _centred(canvas, x + wide / 2, y + 6, "" if value is None else f"{value:,.1f}")


def _colour(share: float) -> Color:
    return Color(*(pale + (dark - pale) * max(0.0, share) for pale, dark in zip(_PALE, _DARK, strict=True)))


def _centred(canvas: Any, x: float, y: float, text: str) -> None:
    canvas.drawString(x - text_width(text, REGULAR, _SIZE) / 2, y, text)
