"""Reports that leave the application as files: which there are, who may have them, and what a file is made of.

A renderer knows only papers and tables; what is in a report is known by whoever lays it out.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from shared.domain import media
from shared.domain.principal import Role


class Report(StrEnum):
    """The reports that can be had as files and by mail."""

    UTILIZATION = "utilization"
    HEATMAP = "heatmap"
    IDLE_ASSETS = "idle_assets"
    ROI = "roi"
    COST_PER_MILE = "cost_per_mile"
    REPLACEMENT = "replacement"
    SUMMARY = "summary"
    TRIPS = "trips"
    ASSET_DAYS = "asset_days"

    @property
    def heading(self) -> str:
        """Answer the name for people."""
        return _TITLES[self]

    @property
    def role(self) -> Role:
        """Answer the least role that may have it."""
        return Role.MANAGER if self in _OF_COSTS else Role.DRIVER


_OF_COSTS = frozenset({Report.ROI, Report.COST_PER_MILE, Report.REPLACEMENT})
_TITLES: Mapping[Report, str] = MappingProxyType(
    {
        Report.UTILIZATION: "Utilization",
        Report.HEATMAP: "Activity by weekday and hour",
        Report.IDLE_ASSETS: "Idle assets",
        Report.ROI: "Return on investment",
        Report.COST_PER_MILE: "Cost per mile",
        Report.REPLACEMENT: "Replacement",
        Report.SUMMARY: "Fleet summary",
        Report.TRIPS: "Trips",
        Report.ASSET_DAYS: "Days of use",
    }
)


class ReportFormat(StrEnum):
    """The kinds of files."""

    CSV = "csv"
    XLSX = "xlsx"
    PDF = "pdf"

    @property
    def content_type(self) -> str:
        """Answer the media type."""
        return _CONTENT_TYPES[self]


_CONTENT_TYPES: Mapping[ReportFormat, str] = MappingProxyType(
    {
        ReportFormat.CSV: media.CSV,
        ReportFormat.XLSX: media.XLSX,
        ReportFormat.PDF: media.PDF,
    }
)


class Kind(StrEnum):
    """What a column holds, which decides how it is written and aligned."""

    TEXT = "text"
    WHOLE = "whole"
    NUMBER = "number"
    PERCENT = "percent"
    MONEY = "money"
    RATE = "rate"
    EXACT = "exact"
    DAY = "day"
    INSTANT = "instant"


@dataclass(frozen=True)
class Column:
    """One column.

    Attributes:
        key: in the rows, and the heading in CSV.
        label: the heading for people.
        width: in characters.
    """

    key: str
    label: str
    kind: Kind = Kind.TEXT
    width: int = 12


class ChartStyle(StrEnum):
    """How numbers are drawn."""

    LINE = "line"
    BAR = "bar"
    HEAT = "heat"


@dataclass(frozen=True)
class Chart:
    """A picture of a table.

    Attributes:
        across: the key of what stands along the bottom.
        series: the keys of what is drawn.
    """

    title: str
    style: ChartStyle
    across: str
    series: tuple[str, ...]


type Line = Mapping[str, Any]


@dataclass(frozen=True)
class Table:
    """Rows under headings.

    Attributes:
        name: short, of a worksheet.
        rows: by the keys of the columns; gone through once.
        totals: the last line, by the same keys.
        notes: sentences below it.
        common: what is so for every row, as CSV says it, which has no other place for it.
        is_on_paper: whether people would want to read it; else it is for programs.
    """

    name: str
    title: str
    columns: tuple[Column, ...]
    rows: Iterable[Line]
    totals: Line | None = None
    charts: tuple[Chart, ...] = ()
    notes: tuple[str, ...] = ()
    common: Mapping[str, str] = field(default_factory=dict)
    is_on_paper: bool = True

    @property
    def keys(self) -> list[str]:
        """Answer the keys of the columns, in order."""
        return [column.key for column in self.columns]


@dataclass(frozen=True)
class Paper:
    """A whole report, ready to be rendered.

    Attributes:
        tenant: whose it is, by name.
        facts: period, filters and the like, as pairs of words.
        made_at: the moment that its figures are of.
        tables: the first is what a CSV file holds.
    """

    title: str
    tenant: str
    time_zone: str
    currency: str
    facts: tuple[tuple[str, str], ...]
    made_at: datetime
    tables: tuple[Table, ...]


@dataclass(frozen=True)
class Document:
    """A file, ready to be sent."""

    name: str
    content_type: str
    content: bytes


# what a spreadsheet program may take for the beginning of a formula
_TRIGGERS = ("=", "+", "-", "@", "\t", "\r")


def harmless(text: str) -> str:
    """Answer a text that no spreadsheet program takes for a formula; numbers are no texts and are left alone."""
    return f"'{text}" if text.startswith(_TRIGGERS) else text
