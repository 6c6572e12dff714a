"""The fonts of our PDFs: DejaVu Sans, which carries Latin, Greek and Cyrillic, shipped beside this file."""

import unicodedata
from functools import cache
from pathlib import Path

REGULAR = "DejaVuSans"
BOLD = "DejaVuSans-Bold"

_FOLDER = Path(__file__).parent / "fonts"


@cache
def register_fonts() -> None:
    """Make `REGULAR` and `BOLD` known to reportlab; call it before the first text of a document."""
    from reportlab.pdfbase import pdfmetrics
    from reportlab.pdfbase.ttfonts import TTFont

    for name in (REGULAR, BOLD):
        pdfmetrics.registerFont(TTFont(name, _FOLDER / f"{name}.ttf"))
    pdfmetrics.registerFontFamily(REGULAR, normal=REGULAR, bold=BOLD, italic=REGULAR, boldItalic=BOLD)


def printable(text: str) -> str:
    """Return text as one line that a font can draw: composed letters, no control characters.

    A character that the fonts lack (Chinese, emoji) stays and is drawn as an empty box.
    """
    composed = unicodedata.normalize("NFC", " ".join(text.split()))
    return "".join(letter for letter in composed if unicodedata.category(letter) not in {"Cc", "Cf", "Cs", "Co", "Cn"})


def text_width(text: str, font: str, size: float) -> float:
    """Return the width of a text in points."""
    from reportlab.pdfbase.pdfmetrics import stringWidth

    return float(stringWidth(text, font, size))
