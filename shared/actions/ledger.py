"""Taking in trips, maintenance, costs and revenue: what is good is kept, what was repaired or rejected is named."""

import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from shared.actions import rollups
from shared.actions.answer import Answer
from shared.actions.call import Call, Work
from shared.domain import event, ledger_csv, ledger_layout, ledger_row
from shared.domain.errors import Invalid, TooLarge
from shared.domain.ledger import (
    COST_ENTRIES,
    MAINTENANCE_RECORDS,
    MOST_ROWS,
    REVENUE_ENTRIES,
    TRIPS,
    UNREAD,
    IngestCostEntries,
    Ingested,
    IngestMaintenanceRecords,
    IngestRevenueEntries,
    IngestRows,
    Noun,
)
from shared.domain.ledger_csv import RawRow, Sheet
from shared.domain.ledger_layout import Layout
from shared.domain.ledger_row import Findings, Reading, ReadRow
from shared.domain.ledger_trips import IngestTrips
from shared.domain.media import TABLE_MAX_BYTES
from shared.store import ledger as store

# older trips lie together in the partition of what has no month
_MONTHS_BACK = timedelta(days=3_650)

# what is not reckoned by then, the sweep does within the minute
_RECKONING_SECONDS = 10

# the first and the last day that a row of money is of
_DAYS_OF_MONEY = {
    "maintenance_records": ("performed_on", "performed_on"),
    "cost_entries": ("period_start", "period_end"),
    "revenue_entries": ("earned_on", "earned_on"),
    "fuel_prices": ("valid_from", "valid_from"),
}

type Document = dict[str, Any]
type Afterwards = Callable[[Work, Sequence[Document]], None]
"""What follows from rows that were written, in the transaction that wrote them."""


def ingest_trips(call: Call, command: IngestTrips) -> Answer[Ingested]:
    """Take in trips."""
    return Ingestion(call, command, TRIPS, command.layout(), command.time_zone).run()


def ingest_maintenance_records(call: Call, command: IngestMaintenanceRecords) -> Answer[Ingested]:
    """Take in maintenance records."""
    return Ingestion(call, command, MAINTENANCE_RECORDS).run()


def ingest_cost_entries(call: Call, command: IngestCostEntries) -> Answer[Ingested]:
    """Take in cost entries."""
    return Ingestion(call, command, COST_ENTRIES).run()


def ingest_revenue_entries(call: Call, command: IngestRevenueEntries) -> Answer[Ingested]:
    """Take in revenue entries."""
    return Ingestion(call, command, REVENUE_ENTRIES).run()


class Ingestion:
    """One call that brings rows of a noun.

    Args:
        call: on whose behalf.
        command: the rows and how they are sent.
        noun: what they are.
        layout: how a file names its columns; as the noun itself does, unless said.
        time_zone: of a file's local times; the tenant's, unless said.
    """

    def __init__(
        self, call: Call, command: IngestRows, noun: Noun, layout: Layout | None = None, time_zone: str | None = None
    ) -> None:
        self._call = call
        self._command = command
        self._noun = noun
        self._layout = layout or ledger_layout.own(noun)
        self._time_zone = time_zone
        self._findings = Findings()

    def run(self, afterwards: Afterwards | None = None) -> Answer[Ingested]:
        """Take the rows in: those that can be are written, the others are named in the answer.

        Sending them again changes nothing. A row is whole: what it does not say is cleared.

        Raises:
            Invalid: the body holds no rows, or the file cannot be read or has other columns.
            TooLarge: there are too many bytes or rows.
        """
        reading = self._reading
        sheet = self._sheet()
        rows = ledger_row.read(sheet, self._noun, reading, self._findings)
        if not self._command.dry_run:
            self._make_months(rows)
        with self._call.transaction() as work:
            store.lock(work, self._noun)
            documents, same = self._documents(work, rows)
            merged = self._write(work, documents, afterwards)
            answer = self._answer(sheet.received, len(documents) + same, merged)
            if not self._command.dry_run:
                self._record(work, merged)
                self._tell(work, documents, merged)
            work.answer(answer)
        if merged != store.NOTHING and not self._command.dry_run:
            rollups.catch_up(self._call.services, work.tenant_id, time.monotonic() + _RECKONING_SECONDS)
        return answer

    def _sheet(self) -> Sheet:
        command = self._command
        if command.rows is not None:
            if len(command.rows) > MOST_ROWS:
                raise TooLarge(f"A call takes at most {MOST_ROWS:,} rows; send these in parts.")
            rows = [RawRow(number, None, said) for number, said in enumerate(command.rows, start=1)]
            return Sheet(rows, len(rows))
        return ledger_csv.read(self._content(), self._noun, self._layout)

    def _content(self) -> bytes:
        command = self._command
        if command.csv is not None:
            return command.csv
        if not command.file:
            raise Invalid.field("/rows", "Send rows: JSON, text/csv, or a CSV file as the part `file`.")
        (file,) = command.file
        with file.stream as stream:
            if file.size > TABLE_MAX_BYTES:
                raise TooLarge(f"A file has at most {TABLE_MAX_BYTES // 1024**2} MiB.")
            return stream.read()

    @cached_property
    def _reading(self) -> Reading:
        is_text = self._command.rows is None
        zone = _zone(self._time_zone, self._call.principal.tenant.time_zone)
        return Reading(
            now=self._call.services.clock.now(),
            currency=self._call.principal.tenant.currency,
            zone=zone if is_text else None,
            is_text=is_text,
            makes_ids=is_text and self._layout.is_foreign,
        )

    def _make_months(self, rows: Sequence[ReadRow]) -> None:
        """Make missing months in a transaction of their own: whoever makes one keeps others waiting until it ends."""
        if self._noun is not TRIPS or not rows:
            return
        earliest = self._reading.now - _MONTHS_BACK
        months = {_month(row.values["start_time"]) for row in rows if row.values["start_time"] > earliest}
        if months:
            with self._call.services.database.transaction(self._call.principal.tenant.id) as (tx, _):
                store.ensure_months(tx, sorted(months))

    def _documents(self, work: Work, rows: Sequence[ReadRow]) -> tuple[list[Document], int]:
        """Answer what is to be written, and how many rows said the same as another."""
        if self._noun.is_of_asset:
            rows = self._with_assets(work, rows)
        if self._noun is TRIPS:
            self._name_drivers(work, rows)
        last, same = ledger_row.unique(rows, self._noun.key, self._findings)
        return [self._noun.document(row.values) for row in last], same

    def _with_assets(self, work: Work, rows: Sequence[ReadRow]) -> list[ReadRow]:
        """Answer the rows whose asset is there, with its id alone; that it is not is said of rejected rows too."""
        every = [*rows, *self._findings.bad]
        ids = {row.values["asset_id"] for row in every} - {None, UNREAD}
        tags = {row.values["asset_tag"] for row in every} - {None, UNREAD}
        found = store.list_assets(work, sorted(ids), sorted(tags), sorted(tags) if self._layout.is_foreign else [])
        by_tag = _by_name(found) | {one["asset_tag"]: one["id"] for one in found}
        known = {one["id"] for one in found}
        for row in self._findings.bad:
            self._has_asset(row, known, by_tag)
        return [row for row in rows if self._has_asset(row, known, by_tag)]

    def _has_asset(self, row: ReadRow, known: set[int], by_tag: Mapping[str, int]) -> bool:
        faults = list(ledger_row.asset_faults(row.values, known, by_tag))
        for name, detail in faults:
            self._findings.reject(row.raw, name, detail)
        tag = row.values.pop("asset_tag")
        if tag and not faults:
            row.values["asset_id"] = by_tag[tag]
        return not faults

    def _name_drivers(self, work: Work, rows: Sequence[ReadRow]) -> None:
        """Put people's numbers for what tokens name them; a trip of somebody who was never seen is nobody's."""
        oids = {row.values["driver_oid"] for row in rows} - {None}
        people = store.list_people(work, sorted(oids)) if oids else {}
        for row in rows:
            oid = row.values.pop("driver_oid")
            row.values["user_id"] = people.get(oid)
            if oid is not None and oid not in people:
                self._findings.repair(row.raw.row, "driver_oid", oid, None)

    def _write(self, work: Work, documents: Sequence[Document], afterwards: Afterwards | None) -> store.Merged:
        if self._command.dry_run:
            store.begin_trial(work)
        merged = store.merge(work, self._noun, documents)
        if afterwards:
            afterwards(work, documents)
        if self._command.dry_run:
            store.end_trial(work)
        return merged

    def _record(self, work: Work, merged: store.Merged) -> None:
        action = f"{self._noun.one.replace(' ', '_')}.import"
        self._call.audit(work, action, f"{self._noun.name}/{merged.created}+{merged.updated}")

    def _tell(self, work: Work, documents: Sequence[Document], merged: store.Merged) -> None:
        """Tell that money moved; that days moved is told by whoever reckons them."""
        columns = _DAYS_OF_MONEY.get(self._noun.name)
        if columns is None or merged == store.NOTHING:
            return
        first, last = (sorted(str(one[column]) for one in documents) for column in columns)
        assets = len({one.get("asset_id") for one in documents} - {None})
        work.emit(event.costs_updated(first[0], last[-1], assets))

    def _answer(self, received: int, good: int, merged: store.Merged) -> Answer[Ingested]:
        found = self._findings
        return Answer(
            Ingested(
                received=received,
                created=merged.created,
                updated=merged.updated,
                unchanged=good - merged.created - merged.updated,
                repaired=tuple(sorted(found.repaired, key=lambda one: one.row)),
                rejected=tuple(sorted(found.rejected, key=lambda one: one.row)),
                repaired_count=found.repaired_count,
                rejected_count=found.rejected_count,
                rejected_rows=len(found.rejected_rows),
                dry_run=self._command.dry_run,
            )
        )


def _zone(asked: str | None, own: str) -> ZoneInfo | None:
    """Answer the zone that was asked for, or the tenant's if it is known here; raise Invalid if there is no such."""
    try:
        return ZoneInfo(asked or own)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        if asked is None:
            return None
        raise Invalid.field("/time_zone", "There is no such time zone; they look like Europe/Berlin.") from None


def _by_name(found: Sequence[Mapping[str, Any]]) -> dict[str, int]:
    """Answer assets by names that only one of them has."""
    names = [one["asset_name"] for one in found]
    return {one["asset_name"]: one["id"] for one in found if names.count(one["asset_name"]) == 1}


def _month(start: datetime) -> date:
    return start.astimezone(UTC).date().replace(day=1)
