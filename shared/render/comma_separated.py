"""Tables as CSV after RFC 4180."""

import csv
import io
from collections.abc import Iterable
from datetime import date, datetime
from typing import Any, BinaryIO
from zoneinfo import ZoneInfo

from shared.domain.report import Column, Kind, Paper, harmless

_PLACES = {Kind.MONEY: 2, Kind.RATE: 4}
BOM = "\ufeff".encode()


def write_csv(paper: Paper, target: BinaryIO) -> int:
    """Write the first table of a paper, without its totals, and answer how many rows it has."""
    table, zone = paper.tables[0], ZoneInfo(paper.time_zone)
    text = io.TextIOWrapper(target, encoding="utf-8", newline="", write_through=True)
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow([*table.keys, *table.common])
    count = 0
    for row in table.rows:
        writer.writerow([*_cells(table.columns, row, zone), *table.common.values()])
        count += 1
    text.detach()
    return count


def _cells(columns: Iterable[Column], row: Any, zone: ZoneInfo) -> list[str]:
    return [_cell(row.get(column.key), column.kind, zone) for column in columns]


def _cell(value: Any, kind: Kind, zone: ZoneInfo) -> str:
    """Answer one value; of these only texts may look like formulas, and a number may begin with a minus."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.astimezone(zone).isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, str):
        return harmless(value)
    # money and rates always with all their places
    return f"{value:.{_PLACES[kind]}f}" if kind in _PLACES else str(value)
