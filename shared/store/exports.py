"""Exports: rows streamed out, and the jobs that make large files."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from shared.domain.export import ExportJob, Taken
from shared.domain.principal import Principal, Role, Tenant
from shared.store.database import Row, Transaction
from shared.store.jsonb import jsonb
from shared.store.queries import Queries

_SQL = Queries("exports")

# a job is taken up anew when its worker ends, which the platform sees to after ten minutes
_PATIENCE = "9min"

type Write = Callable[[bytes], object]


@dataclass(frozen=True)
class _Statements:
    """How rows of one kind are listed and counted."""

    rows: str
    count: str


_OF = {
    "trips": _Statements("trips", "count_trips"),
    "asset_days": _Statements("asset_days", "count_asset_days"),
}


def prepare(tx: Transaction) -> None:
    """Make a transaction ready for much to be read in it, slowly, by the tenant's clocks."""
    tx.one(_SQL["prepare_export"], patience=_PATIENCE)


def copy_rows(tx: Transaction, kind: str, wanted: Mapping[str, Any], write: Write) -> int:
    """Write rows as lines of CSV, headings first, as fast as PostgreSQL tells them; answer how many there were."""
    prepare(tx)
    return tx.copy(_SQL[_OF[kind].rows], write, is_quoted=True, **wanted)


def stream_rows(tx: Transaction, kind: str, wanted: Mapping[str, Any]) -> Iterator[Row]:
    """Yield rows without ever holding many of them, texts as they are, for whoever draws or quotes them."""
    prepare(tx)
    return tx.stream(_SQL[_OF[kind].rows], is_quoted=False, **wanted)


def count_rows(tx: Transaction, kind: str, wanted: Mapping[str, Any]) -> int:
    """Count rows."""
    return int(tx.one(_SQL[_OF[kind].count], **wanted)["row_count"])


def insert_job(tx: Transaction, job: ExportJob, user_id: int, role: Role) -> ExportJob:
    """Record that a file is to be made."""
    row = tx.one(
        _SQL["insert_job"],
        export_id=job.id,
        user_id=user_id,
        role=role.word,
        report=job.report,
        format=job.format,
        filters=jsonb(dict(job.filters)),
        expires_at=job.expires_at,
    )
    return _job(row)


def find_job(tx: Transaction, export_id: UUID, user_id: int) -> tuple[ExportJob, str | None] | None:
    """Answer somebody's own job with the name of its file, or None."""
    row = tx.find(_SQL["find_job"], export_id=export_id, user_id=user_id)
    return None if row is None else (_job(row), row["blob"])


def take_job(tx: Transaction, lease: timedelta) -> Taken | None:
    """Take the oldest job that nobody makes, or None if there is none."""
    row = tx.find(_SQL["take_job"], lease=lease)
    if row is None:
        return None
    tenant = Tenant(row["tenant_id"], row["tid"], row["tenant_name"], row["time_zone"], row["currency"])
    role = Role.named(row["role"]) or Role.DRIVER
    return Taken(_job(row), row["attempts"], Principal(tenant, row["user_id"], row["oid"], row["name"], role))


def prolong_lease(tx: Transaction, taken: Taken, progress: int, lease: timedelta) -> bool:
    """Hold a job for longer; answer False if somebody else has it."""
    touched = tx.run(
        _SQL["prolong_lease"], export_id=taken.job.id, attempt=taken.attempt, progress=progress, lease=lease
    )
    return touched > 0


def finish_job(tx: Transaction, taken: Taken, blob: str, row_count: int) -> bool:
    """Let a whole file be had; answer False if somebody else has the job."""
    finished = tx.run(_SQL["finish_job"], export_id=taken.job.id, attempt=taken.attempt, blob=blob, row_count=row_count)
    return finished > 0


def fail_job(tx: Transaction, taken: Taken, reason: str) -> bool:
    """Give a job up for good; answer False if somebody else has it."""
    return tx.run(_SQL["fail_job"], export_id=taken.job.id, attempt=taken.attempt, reason=reason) > 0


def list_expired(tx: Transaction, now: datetime, most: int) -> list[tuple[UUID, str | None]]:
    """Answer jobs that are not kept any longer, with their files."""
    return [(row["id"], row["blob"]) for row in tx.all(_SQL["list_expired"], now=now, most=most)]


def forget_job(tx: Transaction, export_id: UUID) -> bool:
    """Delete a job; answer whether it was there to delete."""
    return tx.run(_SQL["forget_job"], export_id=export_id) > 0


def _job(row: Row) -> ExportJob:
    names = ("id", "report", "format", "filters", "state", "progress", "created_at", "finished_at", "expires_at")
    return ExportJob(**{name: row[name] for name in names}, rows=row["row_count"], reason=row["reason"])
