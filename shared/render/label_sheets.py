"""The label sheets and rolls that labels are printed on, in millimetres as their makers publish them."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

_INCH = 25.4
_LETTER = (8.5 * _INCH, 11 * _INCH)
_A4 = (210.0, 297.0)


@dataclass(frozen=True, slots=True)
class SheetFormat:
    """A page of equal labels; margins are those of the first label, pitch runs from label to label (mm)."""

    name: str
    page: tuple[float, float]
    grid: tuple[int, int]
    label: tuple[float, float]
    margin: tuple[float, float]
    pitch: tuple[float, float]

    @property
    def labels_per_page(self) -> int:
        """Columns times rows."""
        return self.grid[0] * self.grid[1]

    def origin(self, position: int) -> tuple[float, float]:
        """Return how far the label at a position, counted from 0 in reading order, is from the left and the top."""
        row, column = divmod(position, self.grid[0])
        return self.margin[0] + column * self.pitch[0], self.margin[1] + row * self.pitch[1]


def _roll(name: str, width: float, height: float) -> SheetFormat:
    return SheetFormat(name, (width, height), (1, 1), (width, height), (0, 0), (width, height))


def _letter(
    name: str,
    grid: tuple[int, int],
    label: tuple[float, float],
    margin: tuple[float, float],
    pitch: tuple[float, float],
) -> SheetFormat:
    """Return a sheet of US letter size whose measures are given in inches."""
    label, margin, pitch = ((a * _INCH, b * _INCH) for a, b in (label, margin, pitch))
    return SheetFormat(name, _LETTER, grid, label, margin, pitch)


_ALL = {
    "avery-5160": _letter('Avery 5160, 2⅝" x 1", 30 on letter', (3, 10), (2.625, 1), (0.1875, 0.5), (2.75, 1)),
    "avery-22806": _letter('Avery 22806, 2" x 2", 12 on letter', (3, 4), (2, 2), (0.625, 0.625), (2.625, 2.5833)),
    "avery-l7160": SheetFormat(
        "Avery L7160, 63.5 x 38.1 mm, 21 on A4", _A4, (3, 7), (63.5, 38.1), (7.21, 15.15), (66.04, 38.1)
    ),
    "avery-l7120": SheetFormat(
        "Avery L7120, 35 x 35 mm, 35 on A4", _A4, (5, 7), (35.0, 35.0), (7.5, 11.0), (40.0, 40.0)
    ),
    "dymo-30334": _roll("DYMO 30334, 57 x 32 mm, roll", 57.0, 32.0),
    "brother-dk-11209": _roll("Brother DK-11209, 62 x 29 mm, roll", 62.0, 29.0),
}

SHEETS: Mapping[str, SheetFormat] = MappingProxyType(_ALL)
"""Every sheet by the name that a request gives."""
