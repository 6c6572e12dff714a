"""Reads CSV as spreadsheets write it into records of cells, whatever its bytes.

Cells are separated by comma, semicolon or tab; quoted ones may hold line breaks. Text is UTF-8.
"""

import codecs
import csv
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from io import StringIO
from itertools import islice
from typing import Final

LONGEST_LINE: Final = 100_000
MOST_LINES: Final = 500_000

_DELIMITERS = ",;\t"
_UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


@dataclass(frozen=True)
class Record:
    """The cells of a row, as they stand, and the line on which it begins."""

    line: int
    cells: list[str]


class Unreadable(Exception):
    """The rest of the file cannot be read."""

    def __init__(self, detail: str, line: int) -> None:
        super().__init__(detail)
        self.line = line


def decoded(content: bytes) -> str:
    """Answer the text of a file; raise Unreadable if it is no UTF-8."""
    if content.startswith(_UTF_16) or b"\0" in content[:2]:
        raise Unreadable("This is UTF-16; save the file as “CSV UTF-8”.", 1)
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise Unreadable("This is not UTF-8; save the file as “CSV UTF-8”.", line) from None


def delimiter(text: str, known: Callable[[Sequence[str]], int], depth: int = 1) -> str:
    """Answer the separator with which a row holds the most columns that are known, of the first few rows."""
    return max(_DELIMITERS, key=lambda one: max((known(cells) for cells in _first(text, one, depth)), default=0))


def _first(text: str, mark: str, depth: int) -> Iterator[Sequence[str]]:
    try:
        for record in islice(records(text, mark), depth):
            yield record.cells
    except Unreadable:
        return


def name(cell: str) -> str:
    """Answer a column's name in the spelling that all are compared in."""
    return "_".join(cell.lower().replace("-", " ").replace("_", " ").split())


def records(text: str, mark: str) -> Iterator[Record]:
    """Yield what is not empty; raise Unreadable where the file ends to be CSV."""
    reader = csv.reader(_lines(text), delimiter=mark, strict=True)
    line = 1
    while True:
        try:
            cells = next(reader, None)
        except csv.Error as error:
            raise Unreadable(f"This row cannot be read: {error}.", line) from None
        if cells is None:
            return
        if any(cell and not cell.isspace() for cell in cells):
            yield Record(line, cells)
        line = reader.line_num + 1


def _lines(text: str) -> Iterator[str]:
    """Yield the lines with their ends, as the reader wants them; not so many or long that it would take for ever."""
    for number, line in enumerate(StringIO(text, newline=""), start=1):
        if len(line) > LONGEST_LINE:
            raise Unreadable(f"This line has more than {LONGEST_LINE:,} characters.", number)
        if number > MOST_LINES:
            raise Unreadable(f"A file has at most {MOST_LINES:,} lines, empty ones too.", number)
        yield line
