"""50,000 trips taken in: new, the same again, all corrected; beside a bare COPY of the same rows.

python -m tests.benchmarks.bench_ingestion [--rows 50000] [--assets 200]
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psutil
import psycopg

from shared import settings, wiring
from shared.actions import ledger
from shared.actions.call import Call
from shared.domain.ledger import Ingested
from shared.domain.ledger_trips import IngestTrips
from tests.factories import insert_asset, make_call, make_tenant
from tests.world import Clone, World, running

BEGIN = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
COLUMNS = "source,external_id,asset_tag,start_time,end_time,distance_miles,idle_minutes"
BAR_SECONDS = 8


def main() -> int:
    """Measure and print; answer 1 if new trips take longer than the bar, by the processors' clock too."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.bench_ingestion", description=__doc__)
    parser.add_argument("--rows", type=int, default=50_000)
    parser.add_argument("--assets", type=int, default=200)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="motorpool-bench-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        with running(folder) as world, _dispatcher(world, asked.assets) as (call, clone):
            # open until its processor time is known
            with psycopg.connect(clone.owner_url) as owner:
                bare = _measure("a bare COPY", asked.rows, lambda: _copy(owner, asked.rows, asked.assets))
            content = _file(asked.rows, asked.assets, 20.5)
            new = _measure("new", asked.rows, lambda: _take_in(call, content))
            _measure("the same again", asked.rows, lambda: _take_in(call, content))
            corrected = _file(asked.rows, asked.assets, 21.5)
            _measure("all corrected", asked.rows, lambda: _take_in(call, corrected))
    times = new.processor / bare.processor
    print(f"new trips cost {times:.0f} times as much as the bare COPY (bar {BAR_SECONDS} s)")
    return int(min(new.seconds, new.processor) > BAR_SECONDS)


@contextmanager
def _dispatcher(world: World, assets: int) -> Iterator[tuple[Call, Clone]]:
    clone = world.clone()
    tenant = make_tenant(clone.owner_url)
    services = wiring.build(settings.read(world.environment(clone, 7071)))
    for number in range(assets):
        insert_asset(services, tenant, asset_tag=f"T-{number}")
    yield make_call(services, tenant, "dispatcher"), clone
    services.relay.close()
    services.database.close()


def _lines(rows: int, assets: int, miles: float) -> Iterator[str]:
    for number in range(rows):
        start = BEGIN + timedelta(hours=number // assets, minutes=number % 7)
        end = start + timedelta(minutes=45)
        yield f"bulk,{number},T-{number % assets},{start.isoformat()},{end.isoformat()},{miles},3"


def _file(rows: int, assets: int, miles: float) -> bytes:
    return "\n".join([COLUMNS, *_lines(rows, assets, miles)]).encode()


def _take_in(call: Call, content: bytes) -> str:
    body = ledger.ingest_trips(call, IngestTrips(csv=content)).body
    assert isinstance(body, Ingested)
    return f"{body.created} made, {body.updated} corrected, {body.unchanged} as they were"


def _copy(owner: psycopg.Connection, rows: int, assets: int) -> str:
    """Write the same lines to a table without keys, checks or marks."""
    owner.execute(
        "CREATE TABLE bare (source text, external_id text, asset_tag text, start_time timestamptz,"
        " end_time timestamptz, distance_miles double precision, idle_minutes double precision)"
    )
    with owner.cursor().copy("COPY bare FROM STDIN (FORMAT csv)") as copied:
        copied.write("\n".join(_lines(rows, assets, 20.5)))
    owner.commit()
    return "no key, no check, no mark"


@dataclass(frozen=True)
class Spent:
    """Seconds of a clock, and of processor time: on a machine that others use too, the latter say more."""

    seconds: float
    processor: float


def _processors() -> tuple[float, dict[int, float]]:
    """Answer the processor time so far of this process, and of each of the database's."""
    servers = (one for one in psutil.Process().children(recursive=True) if one.name() == "postgres")
    return time.process_time(), {one.pid: sum(one.cpu_times()[:2]) for one in servers}


def _measure(what: str, rows: int, work: Callable[[], str]) -> Spent:
    (python, servers), began = _processors(), time.perf_counter()
    said = work()
    seconds = time.perf_counter() - began
    ours, theirs = _processors()
    python = ours - python
    database = sum(spent - servers.get(pid, 0) for pid, spent in theirs.items())
    print(
        f"{what}: {seconds:.2f} s, {rows / seconds:,.0f} rows/s; processor {python:.2f} s of Python,"
        f" {database:.2f} s of PostgreSQL; {said}"
    )
    return Spent(seconds, python + database)


if __name__ == "__main__":
    sys.exit(main())
