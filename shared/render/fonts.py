"""The fonts of our PDFs: DejaVu Sans, which carries Latin, Greek and Cyrillic, shipped beside this file."""

import re
import unicodedata
from functools import cache
from pathlib import Path
from typing import Any

REGULAR = "DejaVuSans"
BOLD = "DejaVuSans-Bold"

_FOLDER = Path(__file__).parent / "fonts"
# what reportlab writes of a character beyond the basic plane, in the map by which readers find and copy text
_LONG_CODE = re.compile(r"(?<=> <)[0-9A-F]{5,6}(?=>)")


@cache
def register_fonts() -> None:
    """Make `REGULAR` and `BOLD` known to reportlab; call it before the first text of a document."""
    from reportlab.pdfbase import pdfmetrics
    from reportlab.pdfbase.ttfonts import TTFont

    class Font(TTFont):  # type: ignore[misc,unused-ignore]
        def addObjects(self, doc: Any) -> None:  # noqa: N802 - reportlab's name
            super().addObjects(doc)
            for name, part in doc.idToObject.items():
                if name.startswith("toUnicodeCMap:"):
                    part.content = _LONG_CODE.sub(_in_pairs, part.content)

    for name in (REGULAR, BOLD):
        pdfmetrics.registerFont(Font(name, _FOLDER / f"{name}.ttf"))
    pdfmetrics.registerFontFamily(REGULAR, normal=REGULAR, bold=BOLD, italic=REGULAR, boldItalic=BOLD)


def _in_pairs(code: re.Match[str]) -> str:
    """Answer a character's code in two halves, as PDF's maps want it."""
    return chr(int(code[0], 16)).encode("utf-16-be").hex().upper()


def printable(text: str) -> str:
    """Return text as one line that a font can draw: composed letters, no control characters.

    A character that the fonts lack (Chinese, emoji) stays and is drawn as an empty box.
    """
    if text.isascii() and text.isprintable():
        return " ".join(text.split())
    composed = unicodedata.normalize("NFC", " ".join(text.split()))
    return "".join(letter for letter in composed if unicodedata.category(letter) not in {"Cc", "Cf", "Cs", "Co", "Cn"})


class _Widths(dict[str, float]):
    """How wide the letters of a font are at the size of one point; a text is as wide as its letters together."""

    def __init__(self, font: str) -> None:
        super().__init__()
        self._font = font

    def __missing__(self, letter: str) -> float:
        from reportlab.pdfbase.pdfmetrics import stringWidth

        self[letter] = width = float(stringWidth(letter, self._font, 1))
        return width


@cache
def _widths(font: str) -> _Widths:
    return _Widths(font)


def text_width(text: str, font: str, size: float) -> float:
    """Return the width of a text in points."""
    return sum(map(_widths(font).__getitem__, text)) * size


def fitting(text: str, room: float, font: str, size: float) -> str:
    """Return a text, or as much of its beginning as there is room for."""
    if text_width(text, font, size) <= room:
        return text
    cut = len(text) - 1
    while cut > 1 and text_width(text[:cut] + "…", font, size) > room:
        cut -= 1
    return text[:cut].rstrip() + "…"
