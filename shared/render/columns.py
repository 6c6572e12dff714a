"""How wide the columns of a table on paper are, and where texts that are wider are broken."""

from shared.domain.report import Column, Kind
from shared.render.fonts import BOLD, REGULAR, text_width

SIZE = 7.5
PADDING = 3.0
# so many rows say how wide a column of texts would like to be
_SAMPLE = 200
_DUST = 0.01
# of the size: what a column's width counts in
_LETTER = 0.4
_WORD = 60.0


def fit(columns: tuple[Column, ...], lines: list[list[str]], width: float) -> tuple[list[float], float]:
    """Answer the columns' widths and the size of letters with which neither a number nor a heading's word is broken."""
    bare = [_least(column, at, lines) for at, column in enumerate(columns)]
    room = width - 2 * PADDING * len(columns)
    shrunk = min(1.0, room / sum(bare))
    needed = [one * shrunk + 2 * PADDING for one in bare]
    # texts have what they would like, as far as there is any, and all share in the rest
    wishes = [_wish(column, at, lines) * shrunk + 2 * PADDING for at, column in enumerate(columns)]
    missing = [max(0.0, wish - one) for wish, one in zip(wishes, needed, strict=True)]
    given = min(1.0, (width - sum(needed)) / sum(missing)) if any(missing) else 0.0
    wide = [one + more * given for one, more in zip(needed, missing, strict=True)]
    return [one * width / sum(wide) for one in wide], SIZE * shrunk


def _least(column: Column, at: int, lines: list[list[str]]) -> float:
    """Answer the room that a column has to have at the usual size: for its heading's words, and for whole numbers."""
    words = max(text_width(word, BOLD, SIZE) for word in column.label.split(" "))
    if column.kind is Kind.TEXT:
        return max(words, min(_wish(column, at, lines), max(column.width * SIZE * _LETTER, _longest_word(at, lines))))
    # the last line is bold, and digits are all of one width: the longest text is the widest
    return max(words, text_width(max((line[at] for line in lines), key=len), BOLD, SIZE))


def _longest_word(at: int, lines: list[list[str]]) -> float:
    """Answer how wide the longest word of a column is, but for such as only a program would write."""
    found = (text_width(word, REGULAR, SIZE) for line in lines[:_SAMPLE] for word in line[at].split(" "))
    return max((one for one in found if one <= _WORD), default=0.0)


def _wish(column: Column, at: int, lines: list[list[str]]) -> float:
    if column.kind is not Kind.TEXT:
        return 0.0
    return max((text_width(line[at], REGULAR, SIZE) for line in lines[:_SAMPLE]), default=0.0)


def broken(text: str, width: float, font: str, size: float) -> list[str]:
    """Break a text that is too wide into lines, between words where it can."""
    # what was reckoned to fit is not to be broken for the last bit of a fraction
    room = width - 2 * PADDING + _DUST
    if text_width(text, font, size) <= room:
        return [text]
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
    return [*lines, line]


def _most(text: str, room: float, font: str, size: float) -> int:
    """Answer how many letters fit, at least one."""
    cut = len(text) - 1
    while cut > 1 and text_width(text[:cut], font, size) > room:
        cut -= 1
    return cut
