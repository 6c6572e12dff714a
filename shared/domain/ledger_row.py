"""From rows as they were sent to rows that can be written: each value repaired or refused, each row checked.

What one row has wrong with it is that row's matter; the others are taken.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from shared.domain import ledger_cell, ledger_number, ledger_time
from shared.domain.ledger import MOST_LISTED, UNREAD, Contradiction, Noun, Rejection, Repair, Values
from shared.domain.ledger_cell import Reader, Repaired, Style
from shared.domain.ledger_csv import RawRow, Sheet
from shared.domain.ledger_field import Field, Kind

_NUMBERS = {Kind.NUMBER, Kind.MONEY, Kind.PRICE}
_DAYS = {Kind.DAY, Kind.INSTANT}
# characters of what was written, in the list of repairs
_SHOWN = 200


@dataclass(frozen=True)
class ReadRow:
    """A row as it was sent, and what it says by column."""

    raw: RawRow
    values: dict[str, Any]


@dataclass
class Findings:
    """What was repaired and rejected: the first thousand of each, and how many there are.

    Attributes:
        bad: rows that were rejected for what they say; there may be more wrong with them.
    """

    repaired: list[Repair] = field(default_factory=list)
    rejected: list[Rejection] = field(default_factory=list)
    repaired_count: int = 0
    rejected_count: int = 0
    rejected_rows: set[int] = field(default_factory=set)
    bad: list[ReadRow] = field(default_factory=list)

    def repair(self, row: int, name: str, was: Any, to: Any) -> None:
        """Note a value that was written otherwise."""
        self.repaired_count += 1
        if self.repaired_count <= MOST_LISTED:
            shown = was[:_SHOWN] if isinstance(was, str) else was if isinstance(was, int | float) else None
            self.repaired.append(Repair.model_validate({"row": row, "field": name, "from": shown, "to": _shown(to)}))

    def reject(self, row: RawRow, name: str | None, detail: str) -> None:
        """Note why a row is not taken."""
        self.reject_as(Rejection(row=row.row, line=row.line, field=name, detail=detail))

    def reject_as(self, rejection: Rejection) -> None:
        """Take over what was found elsewhere."""
        self.rejected_count += 1
        self.rejected_rows.add(rejection.row)
        if self.rejected_count <= MOST_LISTED:
            self.rejected.append(rejection)


@dataclass(frozen=True)
class Reading:
    """What rows are read by.

    Attributes:
        now: the present moment.
        currency: the tenant's.
        zone: that of local times in files.
        is_text: the rows come from a file.
        makes_ids: a row without an id gets one, from its asset and its start.
    """

    now: datetime
    currency: str
    zone: ZoneInfo | None
    is_text: bool
    makes_ids: bool = False


def read(sheet: Sheet, noun: Noun, reading: Reading, findings: Findings) -> list[ReadRow]:
    """Answer the rows that can be; what was repaired and rejected goes to the findings."""
    for renamed in sheet.renamed:
        findings.repair(renamed.row, renamed.field, renamed.was, renamed.to)
    for rejection in sheet.rejected:
        findings.reject_as(rejection)
    styles = {column.name: _style(column, sheet, reading, findings) for column in noun.columns}
    readers = [(column.name, ledger_cell.reader(column, styles[column.name])) for column in noun.columns]
    known = {column.name for column in noun.columns}
    good: list[ReadRow] = []
    for raw in sheet.rows:
        before = findings.rejected_count
        values = _values(raw, readers, known, findings)
        if reading.makes_ids and values["external_id"] is None:
            values["external_id"] = _made_id(values)
        _check(raw, values, noun, findings)
        (good if findings.rejected_count == before else findings.bad).append(ReadRow(raw, values))
    return good


def _style(column: Field, sheet: Sheet, reading: Reading, findings: Findings) -> Style:
    """Look at the whole column for what a single cell cannot show."""
    measure = sheet.measures.get(column.name)
    latest = ledger_time.latest_of(reading.now)
    if not reading.is_text or column.kind not in _NUMBERS | _DAYS:
        return Style(latest, reading.currency, is_text=reading.is_text, measure=measure)
    cells = [str(row.said.get(column.name) or "") for row in sheet.rows]
    if column.kind in _NUMBERS:
        mark = ledger_number.mark_of(cells)
        return Style(latest, reading.currency, is_text=True, mark=mark, measure=measure)
    if column.kind is Kind.INSTANT and reading.zone and any(map(ledger_cell.is_without_offset, cells)):
        findings.repair(0, column.name, "local time", reading.zone.key)
    return Style(latest, reading.currency, is_text=True, zone=reading.zone, order=ledger_time.order_of(cells))


def _values(raw: RawRow, readers: Sequence[tuple[str, Reader]], known: set[str], findings: Findings) -> dict[str, Any]:
    """Answer what a row says."""
    for name in raw.said.keys() - known:
        findings.reject(raw, _name_shown(name), "This field is not known here.")
    values: dict[str, Any] = {}
    for name, read_value in readers:
        given = raw.said.get(name)
        if given is None or given == "":
            values[name] = None
            continue
        try:
            value = read_value(given)
        except ValueError as fault:
            findings.reject(raw, name, sentence(str(fault)))
            value = UNREAD
        if type(value) is Repaired:
            value = value.value
            if value is not None or not str(given).isspace():
                findings.repair(raw.row, name, given, value)
        values[name] = value
    return values


def _check(raw: RawRow, values: Values, noun: Noun, findings: Findings) -> None:
    """Find what a row must say and does not, and what it says against itself."""
    for column in noun.columns:
        if column.is_required and values[column.name] is None:
            findings.reject(raw, column.name, "This is missing.")
    if noun.is_of_asset and values["asset_id"] is None and values["asset_tag"] is None:
        findings.reject(raw, "asset_id", "Say which asset: asset_id or asset_tag.")
    for name, detail in noun.contradictions(values):
        findings.reject(raw, name, detail)


def asset_faults(values: Values, known: set[int], by_tag: Mapping[str, int]) -> Iterator[Contradiction]:
    """Find what is wrong with the asset that a row names, beside those that are there."""
    asset_id, tag = values["asset_id"], values["asset_tag"]
    if asset_id and asset_id not in known:
        yield "asset_id", "There is no such asset."
    if tag and tag not in by_tag:
        yield "asset_tag", "There is no asset with this tag."
    elif tag and asset_id in known and by_tag[tag] != asset_id:
        yield "asset_tag", "This is the tag of another asset than asset_id."


def _made_id(values: Values) -> Any:
    """Answer the id of a trip that has none of its own: it is the same whatever period a report was made for."""
    start, asset = values["start_time"], values["asset_tag"] or values["asset_id"]
    # what it would be made of is named where it is missing itself
    return f"{asset}@{start.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}" if start and asset else UNREAD


def sentence(detail: str) -> str:
    """Answer what was found as a sentence."""
    return detail[:1].upper() + detail[1:] + ("" if detail.endswith(".") else ".")


def _shown(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    return value[:_SHOWN] if isinstance(value, str) else value if isinstance(value, int | float | None) else str(value)


def _name_shown(name: str) -> str:
    return name[:64].encode("utf-8", "replace").decode()


def unique(rows: Iterable[ReadRow], key: Sequence[str], findings: Findings) -> tuple[list[ReadRow], int]:
    """Answer the last row of each key, and how many others said the same; those that said something else are rejected.

    The later row is the correction, as it would be in a call of its own.
    """
    last: dict[tuple[Any, ...], ReadRow] = {}
    same = 0
    for row in rows:
        name = tuple(row.values[column] for column in key)
        earlier = last.pop(name, None)
        if earlier is not None and earlier.values == row.values:
            same += 1
        elif earlier is not None:
            detail = f"Row {row.raw.row} has the same {' and '.join(key)} and comes later; it was taken instead."
            findings.reject(earlier.raw, key[-1], detail)
        last[name] = row
    return list(last.values()), same
