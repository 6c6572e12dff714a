"""Files of a million rows beside what PostgreSQL sends: `python -m tests.benchmarks.bench_exports`.

Each is made in a process of its own that has made a small one before; memory is what its peak rose by since then. Raw
COPY is the same query without guards and without our line ends, read by the same driver into the same kind of file.
"""

import io
import re
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, datetime, timedelta
from multiprocessing import get_context
from pathlib import Path
from typing import NamedTuple

import psycopg
from pypdf import PdfReader

from shared import settings, wiring
from shared.actions import exports
from shared.actions.call import Call
from shared.domain.export import Order
from shared.domain.report import Chart, ChartStyle, Column, Kind, Paper, Report, ReportFormat, Table
from shared.render.report_pdf import write_pdf
from shared.services import Services
from shared.store.queries import statements
from tests import factories
from tests.fixtures.exports import add_trips
from tests.world import running

ROWS = 1_000_000
SHEET_ROWS = 100_000
PAGES = 50
ASSETS = 20
ROUNDS = 3
CSV_SHARE, CSV_MB = 0.7, 60
XLSX_SECONDS, XLSX_MB = 20, 60
PDF_SECONDS = 1.5


class Cost(NamedTuple):
    """What making a file cost."""

    seconds: float
    grown_mb: float
    amount: int


def measured(warm_up: Callable[[], object], work: Callable[[], int]) -> Cost:
    """Do something small of a kind, then the work, and answer what it cost beyond."""
    warm_up()
    before, began = peak_mb(), time.perf_counter()
    amount = work()
    seconds = time.perf_counter() - began
    return Cost(seconds, peak_mb() - before, amount)


def peak_mb() -> float:
    """Answer this process's own peak; what getrusage() says it has from the process that started it."""
    found = re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text(encoding="ascii"))
    assert found is not None
    return int(found[1]) / 1024


def caller(environment: dict[str, str], tenant: factories.TenantMade) -> Call:
    """Answer a manager's call in a worker of its own."""
    return factories.make_call(wiring.build(settings.read(environment)), tenant)


def exported(environment: dict[str, str], tenant: factories.TenantMade, kind: ReportFormat, asset_id: int) -> Cost:
    """Export the trips of an asset, or of all for 0."""
    call, today = caller(environment, tenant), datetime.now(UTC).date()

    def write(days: int, asset: int) -> int:
        filters = {"date_from": str(today - timedelta(days=days)), "date_to": str(today)}
        asked = {**filters, "asset_id": asset} if asset else filters
        with tempfile.TemporaryFile() as target:
            return exports._write(call, Order(Report.TRIPS, kind, asked), target, lambda _: None)

    cost = measured(lambda: write(1, 1), lambda: write(364, asset_id))
    call.services.relay.close()
    call.services.database.close()
    return cost


def copied_raw(environment: dict[str, str], tenant: factories.TenantMade) -> Cost:
    """Read the same rows as PostgreSQL writes them."""
    plain = statements("exports")["trips"].replace("harmless", "").replace("rfc3339", "")
    today = datetime.now(UTC)
    wanted = {"tenant_id": tenant.id, "since": today - timedelta(days=366), "until": today, "asset_id": None}

    def read(since: datetime) -> int:
        with (
            tempfile.TemporaryFile() as target,
            psycopg.connect(environment["DATABASE_URL"]) as connection,
            connection.cursor() as cursor,
        ):
            connection.execute("SELECT set_config('motorpool.tenant_id', %s, true)", [str(tenant.id)])
            connection.execute("SELECT set_config('statement_timeout', '9min', true)")
            asked = {**wanted, "since": since, "asset_type": None, "is_quoted": False}
            with cursor.copy(f"COPY ({plain}) TO STDOUT (FORMAT csv, HEADER)", asked) as copy:
                for line in copy:
                    target.write(line)
            return cursor.rowcount

    return measured(lambda: read(today), lambda: read(wanted["since"]))  # type: ignore[arg-type]


def printed() -> Cost:
    """Print a document with charts."""
    columns = (
        Column("name", "Asset", width=24),
        Column("day", "Day", Kind.DAY),
        *(Column(f"m{at}", f"Figure {at}", Kind.MONEY) for at in range(7)),
    )
    day = datetime.now(UTC).date()
    rows = [{"name": f"Van {at}", "day": day, **{f"m{k}": at * 1.25 + k for k in range(7)}} for at in range(330)]
    chart = Chart("Figures", ChartStyle.LINE, "name", ("m1", "m2"))
    tables = [Table(f"T{at}", f"Part {at}", columns, rows, rows[0], (chart,)) for at in range(6)]

    def write(some: int) -> int:
        target = io.BytesIO()
        made_at = datetime.now(UTC)
        write_pdf(Paper("Report", "Acme", "UTC", "USD", (), made_at, tuple(tables[:some])), target)
        return len(PdfReader(target).pages) if some == 1 else target.tell()

    cost = measured(lambda: write(1), lambda: write(len(tables)))
    target = io.BytesIO()
    write_pdf(Paper("Report", "Acme", "UTC", "USD", (), datetime.now(UTC), tuple(tables)), target)
    return cost._replace(amount=len(PdfReader(target).pages))


def filled(services: Services, tenant: factories.TenantMade, owner_url: str) -> list[int]:
    """Make assets with a million trips together, whose days nobody reckons here, and answer their ids."""
    with psycopg.connect(owner_url, autocommit=True) as owner:
        owner.execute("ALTER TABLE trips DISABLE TRIGGER USER")
    since = datetime.now(UTC) - timedelta(days=360)
    ids = [factories.insert_asset(services, tenant) for _ in range(ASSETS + 1)]
    for asset_id in ids[:ASSETS]:
        add_trips(services, tenant, asset_id, (ROWS - SHEET_ROWS) // ASSETS, since)
    add_trips(services, tenant, ids[-1], SHEET_ROWS, since)
    return ids


def alone[*A](work: Callable[[*A], Cost], *arguments: *A) -> Cost:
    """Do work in a process of its own."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(work, *arguments).result()


def main() -> int:
    """Measure and print; answer 1 if a bar is missed."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        with running(Path(folder)) as world:
            clone = world.clone()
            environment = world.environment(clone, 7071)
            tenant = factories.make_tenant(clone.owner_url)
            services = wiring.build(settings.read(environment))
            ids = filled(services, tenant, clone.owner_url)
            services.relay.close()
            services.database.close()
            with psycopg.connect(clone.owner_url, autocommit=True) as owner:
                owner.execute("ANALYZE")
            # in turn, so that a busy moment of the machine touches both
            pairs = [
                (alone(copied_raw, environment, tenant), alone(exported, environment, tenant, ReportFormat.CSV, 0))
                for _ in range(ROUNDS)
            ]
            sheet = alone(exported, environment, tenant, ReportFormat.XLSX, ids[-1])
    return told(pairs, sheet, min(alone(printed) for _ in range(ROUNDS)))


def told(pairs: list[tuple[Cost, Cost]], sheet: Cost, paper: Cost) -> int:
    """Print the table and answer 1 if a bar is missed."""
    share = statistics.median(raw.seconds / csv.seconds for raw, csv in pairs)
    raw, csv = (min(costs, key=lambda one: one.seconds) for costs in zip(*pairs, strict=True))
    print(f"raw COPY, {raw.amount:,} rows: {raw.seconds:.2f} s, {raw.grown_mb:.0f} MB")
    print(f"CSV, {csv.amount:,} rows: {csv.seconds:.2f} s, {csv.grown_mb:.0f} MB (bar {CSV_MB}), ", end="")
    print(f"{share:.0%} of raw COPY (bar {CSV_SHARE:.0%})")
    print(f"XLSX, {sheet.amount:,} rows: {sheet.seconds:.1f} s (bar {XLSX_SECONDS}), ", end="")
    print(f"{sheet.grown_mb:.0f} MB (bar {XLSX_MB})")
    print(f"PDF, {paper.amount} pages with charts: {paper.seconds:.2f} s (bar {PDF_SECONDS})")
    good = (
        share >= CSV_SHARE
        and csv.grown_mb < CSV_MB
        and sheet.seconds < XLSX_SECONDS
        and sheet.grown_mb < XLSX_MB
        and paper.amount >= PAGES
        and paper.seconds < PDF_SECONDS
    )
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
