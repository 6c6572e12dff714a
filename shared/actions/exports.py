"""Exports: a report as a file, at once, or in the background where it is large.

A job's file is written whole before anybody learns its name. Whoever makes it holds a lease; killed in the middle, the
job is taken up anew from its beginning, and what a maker writes that has lost its lease is found by nobody.
"""

import io
import logging
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any, BinaryIO
from uuid import uuid4

from shared.actions import papers, roi_workbook
from shared.actions.answer import Answer
from shared.actions.call import Call
from shared.domain.errors import DependencyDown, Forbidden, Invalid, NotFound, Refusal
from shared.domain.export import (
    ATTEMPTS_MAX,
    BROKEN,
    DIRECT_ROWS,
    KEPT_FOR,
    LEASE,
    LEDGER_ROWS,
    PAPER_ROWS,
    READ_MINUTES,
    RETRY_SECONDS,
    WORN_OUT,
    ExportJob,
    ExportReport,
    ExportState,
    FindExport,
    Order,
    Taken,
)
from shared.domain.principal import Principal
from shared.domain.report import Document, Line, Paper, Report, ReportFormat, Table
from shared.render import comma_separated, report_pdf, spreadsheet
from shared.services import Services
from shared.store import exports as store, tenancy
from shared.store.database import Transaction

log = logging.getLogger("motorpool.exports")

BEAT_SECONDS = 15
PAGE = 200
_ROWS_A_BEAT = 1000
_making = threading.Lock()

type Beat = Callable[[int], None]


def export_report(call: Call, command: ExportReport) -> Answer[ExportJob]:
    """Answer a report as a file, or where its file will be.

    Raises:
        Forbidden: the report is for people of a higher role.
        Invalid: the report takes no such filter, or is too long for paper.
        NotFound: there is no such asset.
    """
    order = Order(command.report, command.format, command.filters(), command.bom)
    require_role(call.principal, command.report)
    count = _measured(call, order)
    if command.background or count > DIRECT_ROWS:
        return _queued(call, order)
    document = _document(call, order)
    with call.transaction() as work:
        _audit(call, work, order)
    headers = {
        "Content-Disposition": f'attachment; filename="{document.name}"',
        "Cache-Control": "no-store",
    }
    return Answer(document.content, content_type=document.content_type, headers=headers)


def find_export(call: Call, command: FindExport) -> Answer[ExportJob]:
    """Answer how far somebody's own export has come, with a link to the file when it is whole.

    Raises:
        NotFound: there is none, or it is somebody else's.
        Forbidden: this person has lost the role that the report takes.
    """
    with call.read() as tx:
        found = store.find_job(tx, command.export_id, call.principal.user_id)
    if found is None:
        raise NotFound
    job, blob = found
    require_role(call.principal, job.report)
    headers = {"Cache-Control": "no-store"}
    if blob is None:
        waits = job.state in {ExportState.QUEUED, ExportState.RUNNING}
        return Answer(job, headers={**headers, "Retry-After": str(RETRY_SECONDS)} if waits else headers)
    until = call.services.clock.now() + timedelta(minutes=READ_MINUTES)
    name = _file_name(job.report, job.format, job)
    url = call.services.exports.read_url(blob, name, job.format.content_type, until)
    return Answer(job.model_copy(update={"url": url, "url_expires_at": until}), headers=headers)


def make_document(
    services: Services, principal: Principal, report: Report, kind: ReportFormat, filters: Mapping[str, Any]
) -> Document:
    """Make a report's file for somebody, as for a mail, with an audit row.

    Args:
        services: what may be reached.
        principal: for whom; the report is theirs to have, or this raises Forbidden.
        report: which.
        kind: of file.
        filters: of the report, as plain JSON; what it does not take, and too many rows, raise Invalid.
    """
    call, order = Call(services, principal, "timer"), Order(report, kind, filters)
    require_role(principal, report)
    if _measured(call, order) > DIRECT_ROWS:
        raise Invalid.field("/filters", f"There are more than {DIRECT_ROWS} rows; choose a shorter period.")
    document = _document(call, order)
    with call.transaction() as work:
        _audit(call, work, order)
    return document


def require_role(principal: Principal, report: Report) -> None:
    """Return if a person may have a report; raise Forbidden."""
    if not principal.may(report.role):
        raise Forbidden(f"The report {report} takes the role {report.role.word}; yours is {principal.role.word}.")


def run_jobs(services: Services) -> int:
    """Make what waits to be made, tenant by tenant; answer how many files were made."""
    return sum(_run_jobs(services, tenant_id) for tenant_id in tenancy.list_tenant_ids(services.database))


def forget_exports(services: Services) -> int:
    """Delete files and jobs that are older than the promise, and files that no job knows."""
    now, count = services.clock.now(), 0
    for tenant_id in tenancy.list_tenant_ids(services.database):
        with services.database.read(tenant_id) as tx:
            expired = store.list_expired(tx, now, PAGE)
        for export_id, blob in expired:
            if blob is not None:
                services.exports.delete(blob)
            with services.database.transaction(tenant_id) as (tx, _):
                count += store.forget_job(tx, export_id)
    # what a maker had written when it lost its lease; a day more, so that no job still means to name it
    for name in services.exports.list_old(now - KEPT_FOR - timedelta(days=1)):
        services.exports.delete(name)
    return count


def _queued(call: Call, order: Order) -> Answer[ExportJob]:
    asked = {**order.filters, "bom": True} if order.bom else order.filters
    job = ExportJob(
        id=uuid4(),
        report=order.report,
        format=order.format,
        filters=asked,
        expires_at=call.services.clock.now() + KEPT_FOR,
    )
    with call.transaction() as work:
        made = store.insert_job(work, job, call.principal.user_id, call.principal.role)
        _audit(call, work, order)
    _start(call.services, call.principal.tenant.id)
    headers = {"Location": f"/api/exports/{job.id}", "Retry-After": str(RETRY_SECONDS), "Cache-Control": "no-store"}
    return Answer(made, 202, headers=headers)


def _start(services: Services, tenant_id: int) -> None:
    """Begin at once in this worker, if it makes nothing else; otherwise the timer comes within a minute."""

    def run() -> None:
        if not _making.acquire(blocking=False):
            return
        try:
            _run_jobs(services, tenant_id)
        except Exception:
            log.exception("an export is left to the timer")
        finally:
            _making.release()

    threading.Thread(target=run, name="export", daemon=True).start()


def _run_jobs(services: Services, tenant_id: int) -> int:
    count = 0
    while True:
        with services.database.transaction(tenant_id) as (tx, _):
            taken = store.take_job(tx, LEASE)
        if taken is None:
            return count
        count += _made(services, taken)


def _made(services: Services, taken: Taken) -> bool:
    """Make one file; answer whether it is there to be had."""
    log.info("export", extra={"export": str(taken.job.id), "attempt": taken.attempt})
    if taken.attempt > ATTEMPTS_MAX:
        return _failed(services, taken, WORN_OUT)
    holding = _Holding(services, taken)
    try:
        return _brought(services, taken, holding)
    except _Overtaken:
        return False
    except DependencyDown:
        # its lease runs out, and somebody tries again
        raise
    except Refusal as refusal:
        return _failed(services, taken, refusal.detail)
    except Exception:
        log.exception("an export failed", extra={"export": str(taken.job.id)})
        return _failed(services, taken, BROKEN)


def _failed(services: Services, taken: Taken, reason: str) -> bool:
    with services.database.transaction(taken.principal.tenant.id) as (tx, _):
        store.fail_job(tx, taken, reason)
    return False


def _brought(services: Services, taken: Taken, holding: "_Holding") -> bool:
    call = Call(services, taken.principal, f"export-{taken.job.id}")
    filters = dict(taken.job.filters)
    order = Order(taken.job.report, taken.job.format, filters, bool(filters.pop("bom", False)))
    with tempfile.TemporaryFile() as target:
        count = _write(call, order, target, holding.beat)
        target.seek(0)
        services.exports.put(taken.blob, target, order.format.content_type, lambda: holding.beat(count))
    with services.database.transaction(taken.principal.tenant.id) as (tx, _):
        is_ours = store.finish_job(tx, taken, taken.blob, count)
    if not is_ours:
        services.exports.delete(taken.blob)
    return is_ours


class _Overtaken(Exception):
    """Somebody else makes this file by now."""


@dataclass
class _Holding:
    """Holds a job by prolonging its lease now and then."""

    services: Services
    taken: Taken
    told_at: float = field(default_factory=time.monotonic)

    def beat(self, rows: int) -> None:
        """Say that the work goes on; raise _Overtaken if it is somebody else's."""
        if time.monotonic() - self.told_at < BEAT_SECONDS:
            return
        self.told_at = time.monotonic()
        # how much is to come is not known: the nearer, the slower
        progress = int(95 * rows / (rows + DIRECT_ROWS * 5))
        with self.services.database.transaction(self.taken.principal.tenant.id) as (tx, _):
            if not store.prolong_lease(tx, self.taken, progress, LEASE):
                raise _Overtaken


def _measured(call: Call, order: Order) -> int:
    """Count the rows of reports that may be long; raise Invalid or NotFound for what cannot be made."""
    papers.check(call, order)
    if roi_workbook.reckons(order):
        count = roi_workbook.count_rows(call, order)
        if count > LEDGER_ROWS:
            raise Invalid.field("/format", f"A workbook of this report holds {LEDGER_ROWS} rows at most; narrow it.")
        return count
    rows = papers.ROWS.get(order.report)
    if rows is None:
        return 0
    with call.read() as tx:
        count = store.count_rows(tx, rows.kind, papers.rows_wanted(call, order))
    if order.format is ReportFormat.PDF and count > PAPER_ROWS:
        raise Invalid.field("/format", f"Paper holds at most {PAPER_ROWS} rows; choose a shorter period, csv or xlsx.")
    return count


def _document(call: Call, order: Order) -> Document:
    target = io.BytesIO()
    _write(call, order, target, lambda _: None)
    return Document(_file_name(order.report, order.format), order.format.content_type, target.getvalue())


def _write(call: Call, order: Order, target: BinaryIO, beat: Beat) -> int:
    """Write a report's file and answer how many rows it holds."""
    if order.format is ReportFormat.CSV and order.bom:
        target.write(comma_separated.BOM)
    if order.format is ReportFormat.CSV and order.report in papers.ROWS:
        return _copied(call, order, target, beat)
    if roi_workbook.reckons(order):
        return roi_workbook.write_workbook(call, order, target, beat)
    with papers.laid_out(call, order) as paper:
        return _RENDERED[order.format](_beating(paper, beat), target)


def _copied(call: Call, order: Order, target: BinaryIO, beat: Beat) -> int:
    written = 0

    def write(piece: bytes) -> None:
        nonlocal written
        target.write(piece)
        written += piece.count(b"\n")
        beat(written)

    with call.read() as tx:
        return store.copy_rows(tx, papers.ROWS[order.report].kind, papers.rows_wanted(call, order), write)


def _beating(paper: Paper, beat: Beat) -> Paper:
    return replace(paper, tables=tuple(replace(table, rows=_counted(table, beat)) for table in paper.tables))


def _counted(table: Table, beat: Beat) -> Iterator[Line]:
    for count, row in enumerate(table.rows):
        if count % _ROWS_A_BEAT == 0:
            beat(count)
        yield row


_RENDERED: dict[ReportFormat, Callable[[Paper, BinaryIO], int]] = {
    ReportFormat.CSV: comma_separated.write_csv,
    ReportFormat.XLSX: spreadsheet.write_xlsx,
    ReportFormat.PDF: report_pdf.write_pdf,
}


def _file_name(report: Report, kind: ReportFormat, job: ExportJob | None = None) -> str:
    day = f"-{job.created_at:%Y-%m-%d}" if job is not None and job.created_at is not None else ""
    return f"{report.replace('_', '-')}{day}.{kind}"


def _audit(call: Call, work: Transaction, order: Order) -> None:
    call.audit(work, "export", f"report/{order.report}.{order.format}")
