"""Exports: what is asked for, and the jobs that make what is too large to wait for."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Annotated, Any
from uuid import UUID

from pydantic import Field

from shared.domain.asset import AssetType
from shared.domain.model import Command, Day, Flag, Identifier, Instant, Integer, Model
from shared.domain.principal import Principal
from shared.domain.report import Report, ReportFormat

# more than this is made in the background: an answer lies in the worker's memory whole
DIRECT_ROWS = 20_000
# a workbook that reckons so many rows by itself is slow to open, and one of a million impossible
LEDGER_ROWS = 500_000
# a page of a document holds some forty rows; what is longer nobody reads
PAPER_ROWS = 10_000
READ_MINUTES = 5
KEPT_FOR = timedelta(days=7)
LEASE = timedelta(minutes=2)
ATTEMPTS_MAX = 3
RETRY_SECONDS = 2

BROKEN = "The file could not be made; the fault is on record."
WORN_OUT = "The file could not be made: whoever began it never came to its end. Ask for less at once."


class ExportState(StrEnum):
    """How far a job has come."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


class ExportReport(Command):
    """A report as a file, with the filters that the report itself takes."""

    report: Annotated[Report, Field(description="which; `roi`, `cost_per_mile` and `replacement` are for managers")]
    format: Annotated[ReportFormat, Field(description="the kind of file")] = ReportFormat.CSV
    bom: Annotated[Flag, Field(description="begin CSV with a byte order mark, as Excel wants UTF-8")] = False
    background: Annotated[Flag, Field(description="make it in the background, whatever its size")] = False
    date_from: Annotated[Day, Field(description="the first day, in the organisation's time zone")] | None = None
    date_to: Annotated[Day, Field(description="the last day, inclusive")] | None = None
    asset_id: Annotated[Identifier, Field(description="only this asset")] | None = None
    asset_type: Annotated[AssetType, Field(description="only assets of this type")] | None = None
    group_by: Annotated[str, Field(max_length=20, description="as the report's own")] | None = None
    base: Annotated[str, Field(max_length=20, description="as the report's own")] | None = None
    min_days: Annotated[Integer, Field(description="of idle assets: idle for at least so many days")] | None = None

    def filters(self) -> dict[str, Any]:
        """Answer what was asked of the report itself, as plain JSON."""
        own = {"report", "format", "bom", "background"}
        return self.model_dump(mode="json", exclude=own, exclude_none=True)


class FindExport(Command):
    """One export that is or was made in the background."""

    export_id: UUID


class ExportJob(Model):
    """A file that is made in the background.

    `url` saves the file and is good for minutes; ask again for a new one.
    """

    id: UUID
    report: Report
    format: ReportFormat
    filters: Annotated[Mapping[str, Any], Field(description="as they were asked for")]
    state: ExportState = ExportState.QUEUED
    progress: Annotated[int, Field(ge=0, le=100, description="per cent, as far as it can be told")] = 0
    rows: Annotated[int | None, Field(description="how many rows the file holds, when it is done")] = None
    reason: Annotated[str | None, Field(description="why it failed")] = None
    created_at: Instant | None = None
    finished_at: Instant | None = None
    expires_at: Annotated[Instant, Field(description="when the file is deleted")]
    url: str | None = None
    url_expires_at: Instant | None = None


@dataclass(frozen=True)
class Taken:
    """A job in the hands of whoever makes it.

    Attributes:
        attempt: its number; a later attempt makes this one void.
        principal: for whom, with the role that they had when they asked.
    """

    job: ExportJob
    attempt: int
    principal: Principal

    @property
    def blob(self) -> str:
        """Answer the name of this attempt's file."""
        return f"{self.principal.tenant.id}/{self.job.id}/{self.attempt}.{self.job.format}"


@dataclass(frozen=True)
class Order:
    """What is to be made.

    Attributes:
        filters: of the report, as plain JSON, without defaults.
    """

    report: Report
    format: ReportFormat
    filters: Mapping[str, Any]
    bom: bool = False
