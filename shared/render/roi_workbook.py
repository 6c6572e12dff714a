"""The workbook of return on investment, in which every figure reckons itself from the rows behind it."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from types import MappingProxyType
from typing import BinaryIO
from zoneinfo import ZoneInfo

from shared.domain.report import Chart, ChartStyle, Line, Paper
from shared.render import roi_formulas
from shared.render.live_sheets import LiveBook, LiveSheet
from shared.render.roi_ledgers import Ledgers, Sheets, Terms, write_ledgers
from shared.render.spreadsheet import opened

# by the column of the sheet of terms
_NAMES: Mapping[str, str] = MappingProxyType(
    {"as_of": "AsOf", "date_from": "PeriodFrom", "year_from": "YearFrom", "discount_rate": "DiscountRate"}
)
_PER_MILE = "Cost per mile"
_CHART = Chart(
    "Total cost of ownership and revenue", ChartStyle.BAR, "asset_name", ("total_cost_of_ownership", "revenue")
)


@dataclass(frozen=True)
class RoiBook:
    """What the workbook shows.

    Attributes:
        assets: what is known of each, and the figures that its formulas come to.
        totals: what the formulas of the last line come to.
        terms: what they reckon with.
        ledgers: the rows that they reckon from.
        per_mile: costs by the mile, which then stand first.
    """

    assets: list[Line]
    totals: Line
    terms: Terms
    ledgers: Ledgers
    per_mile: "PerMile | None" = None


@dataclass(frozen=True)
class PerMile:
    """What a mile costs.

    Attributes:
        group_by: what a line stands for.
        lines: with the figures that their formulas come to.
        totals: those of the last line.
    """

    group_by: str
    lines: list[Line]
    totals: Line


def write_roi(paper: Paper, content: RoiBook, target: BinaryIO) -> int:
    """Write the workbook and answer how many rows its sheets have."""
    with opened(paper, target) as (workbook, looks):
        book = LiveBook(workbook, looks, ZoneInfo(paper.time_zone))
        sheets = Sheets()
        book.add(*([_PER_MILE] if content.per_mile else []), "ROI", *sheets.names)
        for key, name in _NAMES.items():
            book.name(name, f"'{sheets.terms.name}'!${sheets.terms.letter(key)}$2")
        count = book.write(sheets.terms, [asdict(content.terms)])
        count += book.write(sheets.assets, content.assets)
        count += write_ledgers(book, sheets, content.terms, content.ledgers)
        roi = LiveSheet("ROI", roi_formulas.COLUMNS, roi_formulas.of_assets(sheets))
        roi.last = max(len(content.assets) + 1, 2)
        totals = {key: (formula, content.totals.get(key)) for key, formula in roi_formulas.of_totals(roi).items()}
        count += book.write(roi, content.assets, totals)
        book.draw(roi, _CHART)
        return count + (0 if content.per_mile is None else _write_per_mile(book, roi, content.per_mile))


def _write_per_mile(book: LiveBook, roi: LiveSheet, content: PerMile) -> int:
    columns = roi_formulas.per_mile_columns(content.group_by)
    sheet = LiveSheet(_PER_MILE, columns, roi_formulas.per_mile(roi, content.group_by))
    formulas = roi_formulas.per_mile_total(roi)
    totals = {key: (formula, content.totals.get(key)) for key, formula in formulas.items()}
    return book.write(sheet, content.lines, totals)
